/*
 * fuzz_evidence.c
 *		Hostile bytes and text for mlops.evidence.
 *
 * First byte: text or binary input.  Whatever is accepted must survive both
 * round trips unchanged, and take a look and have an interval, or say why not.
 */
#include <stdlib.h>
#include <string.h>

#include "types/evidence_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_evidence *
parse(bool text, const void *data, size_t size)
{
	size_t		need = 0;
	mlops_evidence *e;
	mlops_reader r;
	mlops_scanner s;
	const char *why;

	mlops_reader_init(&r, data, size);
	mlops_scanner_init(&s, data, size);
	why = text ? mlops_evidence_scan_size(s, &need) : mlops_evidence_read_size(r, &need);
	if (why != NULL)
		return NULL;
	CHECK(need <= mlops_evidence_size((uint32_t) size / 20 + 1));
	e = malloc(need);
	why = text ? mlops_evidence_scan(&s, e) : mlops_evidence_read(&r, e);
	if (why == NULL)
	{
		CHECK(mlops_evidence_size(e->state.phases) == need);
		return e;
	}
	free(e);
	return NULL;
}

static void
round_trips(const mlops_evidence *e)
{
	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_evidence *) = text ? mlops_evidence_print : mlops_evidence_write;
		mlops_writer w;
		uint8_t    *buf;
		mlops_evidence *again;

		mlops_writer_init(&w, NULL, 0);
		put(&w, e);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, e);
		CHECK(!mlops_writer_full(&w));
		again = parse(text, buf, w.used);
		/* the length word is the server's */
		CHECK(again != NULL && memcmp((char *) again + 4, (const char *) e + 4, mlops_evidence_size(e->state.phases) - 4) == 0);
		free(again);
		free(buf);
	}
}

static void
use(mlops_evidence *e)
{
	mlops_evidence_interval interval;
	int64_t		looks = e->state.looks;
	double		before = e->state.max_ln_e;
	double		ln_e = 0;

	if (mlops_evidence_look(&e->state, e->phase) == MLOPS_OK)
	{
		CHECK(mlops_evidence_ln_e(&e->state, e->phase, &ln_e) == MLOPS_OK);
		CHECK(e->state.looks == looks + 1 && e->state.max_ln_e >= before && e->state.max_ln_e >= ln_e);
		round_trips(e);
	}
	if (e->state.phases < 8 && mlops_evidence_interval_of(&e->state, e->phase, &interval) == MLOPS_OK)
		CHECK(!(interval.lower > interval.upper));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_evidence *e;

	if (size < 1)
		return 0;
	e = parse(data[0] % 2, data + 1, size - 1);
	if (e != NULL)
	{
		round_trips(e);
		use(e);
		free(e);
	}
	return 0;
}
