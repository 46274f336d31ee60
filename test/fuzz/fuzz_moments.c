/*
 * fuzz_moments.c
 *		Hostile bytes and text for mlops.moments.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must
 * survive both round trips unchanged; merging and the accessors must not
 * trip over any value, and what they return is in its range.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/moments_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_moments *
from_bytes(const uint8_t *data, size_t size)
{
	mlops_reader r;
	size_t		need = 0;
	mlops_moments *m;

	mlops_reader_init(&r, data, size);
	if (mlops_moments_read_size(r, &need) != NULL)
		return NULL;
	m = malloc(need);
	if (mlops_moments_read(&r, m) != NULL || !mlops_reader_done(&r))
	{
		free(m);
		return NULL;
	}
	return m;
}

static mlops_moments *
from_text(const char *text, size_t size)
{
	mlops_scanner s;
	size_t		need = 0;
	mlops_moments *m;

	mlops_scanner_init(&s, text, size);
	if (mlops_moments_scan_size(s, &need) != NULL)
		return NULL;
	m = malloc(need);
	if (mlops_moments_scan(&s, m) != NULL)
	{
		free(m);
		return NULL;
	}
	CHECK(mlops_moments_size(m->variables) == need);
	return m;
}

static void
round_trips(const mlops_moments *m)
{
	mlops_writer w;
	uint8_t    *buf;
	mlops_moments *again;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_moments *) = text ? mlops_moments_print : mlops_moments_write;

		mlops_writer_init(&w, NULL, 0);
		put(&w, m);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, m);
		CHECK(!mlops_writer_full(&w));
		again = text ? from_text((const char *) buf, w.used) : from_bytes(buf, w.used);
		CHECK(again != NULL && memcmp(again, m, mlops_moments_size(m->variables)) == 0);
		free(again);
		free(buf);
	}
}

static void
use(const mlops_moments *m)
{
	size_t		size = mlops_moments_size(m->variables);
	mlops_moments *sum = malloc(size);

	for (int i = 0; i < m->variables; i++)
		for (int j = 0; j < m->variables; j++)
		{
			double		r;

			if (mlops_correlation(m->variables, m->n, mlops_moments_comoment(m), i, j, &r) == MLOPS_OK)
				CHECK(r >= -1 && r <= 1);
			if (mlops_covariance(m->variables, m->n, mlops_moments_comoment(m), i, j, &r) == MLOPS_OK)
				CHECK(isfinite(r));
		}
	memcpy(sum, m, size);
	if (mlops_moments_add(sum, m))
		CHECK(sum->n == 2 * m->n);
	else
		CHECK(memcmp(sum, m, size) == 0);
	mlops_moments_prepare(sum, m->variables);
	CHECK(mlops_moments_add(sum, m));
	free(sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_moments *m;

	if (size < 1)
		return 0;
	m = data[0] % 2 ? from_text((const char *) data + 1, size - 1) : from_bytes(data + 1, size - 1);
	if (m != NULL)
	{
		round_trips(m);
		use(m);
		free(m);
	}
	return 0;
}
