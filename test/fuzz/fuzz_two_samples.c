/*
 * fuzz_two_samples.c
 *		Hostile bytes and text for mlops.two_samples.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must
 * survive both round trips unchanged; merging and the tests must not trip over
 * any value, and a p-value is between 0 and 1.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/multivariate/pca.h"
#include "types/two_samples_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_two_samples *
from_bytes(const uint8_t *data, size_t size)
{
	mlops_reader r;
	size_t		need = 0;
	mlops_two_samples *s;

	mlops_reader_init(&r, data, size);
	if (mlops_two_samples_read_size(r, &need) != NULL)
		return NULL;
	s = malloc(need);
	if (mlops_two_samples_read(&r, s) != NULL || !mlops_reader_done(&r))
	{
		free(s);
		return NULL;
	}
	return s;
}

static mlops_two_samples *
from_text(const char *text, size_t size)
{
	mlops_scanner scanner;
	size_t		need = 0;
	mlops_two_samples *s;

	mlops_scanner_init(&scanner, text, size);
	if (mlops_two_samples_scan_size(scanner, &need) != NULL)
		return NULL;
	s = malloc(need);
	if (mlops_two_samples_scan(&scanner, s) != NULL)
	{
		free(s);
		return NULL;
	}
	return s;
}

static void
round_trips(const mlops_two_samples *s)
{
	mlops_writer w;
	uint8_t    *buf;
	mlops_two_samples *again;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_two_samples *) = text ? mlops_two_samples_print : mlops_two_samples_write;

		mlops_writer_init(&w, NULL, 0);
		put(&w, s);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, s);
		CHECK(!mlops_writer_full(&w));
		again = text ? from_text((const char *) buf, w.used) : from_bytes(buf, w.used);
		CHECK(again != NULL && memcmp(again, s, mlops_two_samples_size(s->kind, 0)) == 0);
		free(again);
		free(buf);
	}
}

static void
use(const mlops_two_samples *s)
{
	size_t		size = mlops_two_samples_size(s->kind, 0);
	mlops_two_samples *sum = malloc(size);
	int			k = s->variables;
	double	   *work = malloc((size_t) k * (k + 1) * sizeof(double));
	mlops_moments *side[2] = {mlops_two_samples_side(s, 0), mlops_two_samples_side(s, 1)};
	int64_t		n[2] = {side[0]->n, side[1]->n};
	double	   *mean[2] = {mlops_moments_mean(side[0]), mlops_moments_mean(side[1])};
	double	   *comoment[2] = {mlops_moments_comoment(side[0]), mlops_moments_comoment(side[1])};
	mlops_test	test;

	memcpy(sum, s, size);
	if (mlops_two_samples_add(sum, s) != NULL)
		CHECK(memcmp(sum, s, size) == 0);
	if (s->kind == MLOPS_SAMPLES_FOURIER)
		mlops_mmd_test(k, n, mean, comoment, work, &test);
	else
		mlops_pca_test(n, (double[2]) {mean[0][0], mean[1][0]}, (double[2]) {comoment[0][0], comoment[1][0]}, &test);
	CHECK(isnan(test.p) ? 1 : test.p >= 0 && test.p <= 1 && test.ln_p <= 0);
	free(work);
	free(sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_two_samples *s;

	if (size < 1)
		return 0;
	s = data[0] % 2 ? from_text((const char *) data + 1, size - 1) : from_bytes(data + 1, size - 1);
	if (s != NULL)
	{
		round_trips(s);
		use(s);
		free(s);
	}
	return 0;
}
