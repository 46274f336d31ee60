/*
 * fuzz_online_fdr.c
 *		Hostile bytes and text for mlops.online_fdr.
 *
 * First byte: bit 0 text or binary input, the rest says what is tested then.
 * Whatever is accepted must survive both round trips unchanged, have a level
 * at once (whatever it claims to have rejected), and go on: what tests make of
 * it is a state that is accepted again.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/online_fdr_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_online_fdr *
parse(bool text, const void *data, size_t size)
{
	size_t		need = 0;
	mlops_online_fdr *f;
	mlops_reader r;
	mlops_scanner s;
	const char *why;

	mlops_reader_init(&r, data, size);
	mlops_scanner_init(&s, data, size);
	why = text ? mlops_online_fdr_scan_size(s, &need) : mlops_online_fdr_read_size(r, &need);
	if (why != NULL)
		return NULL;
	CHECK(need <= mlops_online_fdr_size((uint32_t) size / 3 + 1));
	f = malloc(need);
	why = text ? mlops_online_fdr_scan(&s, f) : mlops_online_fdr_read(&r, f);
	if (why == NULL)
	{
		CHECK(mlops_online_fdr_size(f->stream.runs) == need);
		return f;
	}
	free(f);
	return NULL;
}

static void
round_trips(const mlops_online_fdr *f)
{
	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_online_fdr *) = text ? mlops_online_fdr_print : mlops_online_fdr_write;
		mlops_writer w;
		uint8_t    *buf;
		mlops_online_fdr *again;

		mlops_writer_init(&w, NULL, 0);
		put(&w, f);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, f);
		CHECK(!mlops_writer_full(&w));
		again = parse(text, buf, w.used);
		/* the length word is the server's */
		CHECK(again != NULL && memcmp((char *) again + 4, (const char *) f + 4, mlops_online_fdr_size(f->stream.runs) - 4) == 0);
		free(again);
		free(buf);
	}
}

static void
use(const mlops_online_fdr *f, uint8_t what)
{
	size_t		size = mlops_online_fdr_size(f->stream.runs);
	mlops_online_fdr *g = malloc(mlops_online_fdr_size(f->stream.runs + 8));
	uint32_t	capacity = f->stream.runs + 8;

	if (capacity > MLOPS_ONLINE_FDR_MAX_RUNS)
		capacity = MLOPS_ONLINE_FDR_MAX_RUNS;
	memcpy(g, f, size);
	for (int i = 0; i < 7; i++)
	{
		mlops_online_stream *s = &g->stream;
		int64_t		tests = s->tests;
		double		level = mlops_online_level(s, g->run);
		double		p[4] = {0, 1, level, s->lambda};
		double		tested = p[(what >> i) & 3] <= 1 ? p[(what >> i) & 3] : 1;
		mlops_status status;

		CHECK(level >= 0 && level <= (s->lambda > 0 ? s->lambda : s->alpha));
		status = mlops_online_test(s, g->run, capacity, tested);
		if (status == MLOPS_NOSPACE)
			break;
		CHECK(status == MLOPS_OK && s->tests == tests + 1 && s->last_level == level && s->last_rejected == (tested <= level));
		round_trips(g);
	}
	free(g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_online_fdr *f;

	if (size < 1)
		return 0;
	f = parse(data[0] % 2, data + 1, size - 1);
	if (f != NULL)
	{
		round_trips(f);
		use(f, data[0] >> 1);
		free(f);
	}
	return 0;
}
