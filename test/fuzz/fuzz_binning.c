/*
 * fuzz_binning.c
 *		Hostile bytes and text for mlops.binning.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must be a
 * valid binning, survive both round trips unchanged, and be one into which
 * values can be counted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/binning_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_binning *
from_bytes(const uint8_t *data, size_t size)
{
	mlops_reader r;
	size_t		need = 0;
	mlops_binning *b;

	mlops_reader_init(&r, data, size);
	if (mlops_binning_read_size(r, &need) != NULL)
		return NULL;
	b = malloc(need);
	if (mlops_binning_read(&r, b) != NULL || !mlops_reader_done(&r))
	{
		free(b);
		return NULL;
	}
	CHECK(mlops_binning_size(b) == need);
	return b;
}

static mlops_binning *
from_text(const char *text, size_t size)
{
	mlops_scanner s;
	size_t		need = 0;
	mlops_binning *b;

	mlops_scanner_init(&s, text, size);
	if (mlops_binning_scan_size(s, &need) != NULL)
		return NULL;
	b = malloc(need);
	if (mlops_binning_scan(&s, b) != NULL || !mlops_scan_end(&s))
	{
		free(b);
		return NULL;
	}
	CHECK(mlops_binning_size(b) == need);
	return b;
}

/* The bin of every edge or label is the one it should be. */
static void
use(const mlops_binning *b)
{
	if (b->kind == MLOPS_BINNING_NUMERIC)
	{
		const double *edge = mlops_binning_edges(b);
		mlops_bin_table *t = malloc(mlops_bin_table_size(b->items));

		mlops_bin_table_build(t, edge, b->items);
		for (int i = 0; i < b->items; i++)
		{
			double		below = nextafter(edge[i], -INFINITY);

			CHECK(mlops_bin_find(t, edge, edge[i]) == i + 1);
			CHECK(!isfinite(below) || mlops_bin_find(t, edge, below) == i);
			CHECK(mlops_bin_search(edge, b->items, edge[i]) == i + 1);
		}
		free(t);
	}
	else
	{
		uint32_t	slots = mlops_label_slots(b->items);
		uint16_t   *slot = malloc(slots * sizeof(uint16_t));

		CHECK(mlops_label_index(slot, slots, mlops_binning_ends(b), mlops_binning_labels(b), b->items) == MLOPS_OK);
		for (int i = 0; i < b->items; i++)
		{
			int			len;
			const char *label = mlops_binning_label(b, i, &len);

			CHECK(mlops_label_find(slot, slots, mlops_binning_ends(b), mlops_binning_labels(b), label, (size_t) len) == i);
		}
		free(slot);
	}
}

static void
round_trips(const mlops_binning *b)
{
	mlops_writer w;
	uint8_t    *buf;
	mlops_binning *again;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_binning *) = text ? mlops_binning_print : mlops_binning_write;

		mlops_writer_init(&w, NULL, 0);
		put(&w, b);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, b);
		CHECK(!mlops_writer_full(&w));
		again = text ? from_text((const char *) buf, w.used) : from_bytes(buf, w.used);
		CHECK(again != NULL && mlops_binning_equal(again, b));
		CHECK(memcmp(again, b, mlops_binning_size(b)) == 0);
		free(again);
		free(buf);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_binning *b;

	if (size < 1)
		return 0;
	b = data[0] % 2 ? from_text((const char *) data + 1, size - 1) : from_bytes(data + 1, size - 1);
	if (b != NULL)
	{
		round_trips(b);
		use(b);
		free(b);
	}
	return 0;
}
