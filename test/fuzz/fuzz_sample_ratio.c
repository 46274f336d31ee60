/*
 * fuzz_sample_ratio.c
 *		Hostile bytes and text for mlops.sample_ratio_evidence.
 *
 * First byte: bit 0 text or binary input.  Whatever is accepted must survive
 * both round trips unchanged and have evidence that is a number.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/sample_ratio_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static double work[2 * MLOPS_SAMPLE_RATIO_MAX_ARMS];

static mlops_sample_ratio_evidence *
parse(bool text, const void *data, size_t size)
{
	uint32_t	arms = 0;
	mlops_sample_ratio_evidence *e;
	mlops_reader r;
	mlops_scanner s;
	const char *why;

	mlops_reader_init(&r, data, size);
	mlops_scanner_init(&s, data, size);
	why = text ? mlops_sample_ratio_scan_size(s, &arms) : mlops_sample_ratio_read_size(r, &arms);
	if (why != NULL)
		return NULL;
	CHECK(arms <= size / 3 + 1);
	e = malloc(mlops_sample_ratio_evidence_size(arms));
	why = text ? mlops_sample_ratio_scan(&s, e) : mlops_sample_ratio_read(&r, e);
	if (why == NULL)
	{
		CHECK(e->arms == arms);
		why = mlops_sample_ratio_evidence_check(e, work);
	}
	if (why == NULL)
		return e;
	free(e);
	return NULL;
}

static void
round_trips(const mlops_sample_ratio_evidence *e)
{
	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_sample_ratio_evidence *) = text ? mlops_sample_ratio_print : mlops_sample_ratio_write;
		mlops_writer w;
		uint8_t    *buf;
		mlops_sample_ratio_evidence *again;

		mlops_writer_init(&w, NULL, 0);
		put(&w, e);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, e);
		CHECK(!mlops_writer_full(&w));
		again = parse(text, buf, w.used);
		/* the length word is the server's */
		CHECK(again != NULL && memcmp((char *) again + 4, (const char *) e + 4, mlops_sample_ratio_evidence_size(e->arms) - 4) == 0);
		free(again);
		free(buf);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_sample_ratio_evidence *e;
	double		ln_e;

	if (size < 1)
		return 0;
	e = parse(data[0] % 2, data + 1, size - 1);
	if (e != NULL)
	{
		round_trips(e);
		CHECK(mlops_sample_ratio_evidence_ln(e, work, &ln_e) && !isnan(ln_e));
		free(e);
	}
	return 0;
}
