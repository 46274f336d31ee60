/*
 * fuzz_histogram.c
 *		Hostile bytes and text for mlops.histogram.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must
 * survive both round trips unchanged, and adding it to itself and subtracting
 * it again must give it back, or be refused without a change.
 */
#include <stdlib.h>
#include <string.h>

#include "types/histogram_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

static mlops_histogram *
from_bytes(const uint8_t *data, size_t size)
{
	mlops_reader r;
	size_t		need = 0;
	mlops_histogram *h;

	mlops_reader_init(&r, data, size);
	if (mlops_histogram_read_size(r, &need) != NULL)
		return NULL;
	h = malloc(need);
	if (mlops_histogram_read(&r, h) != NULL || !mlops_reader_done(&r))
	{
		free(h);
		return NULL;
	}
	CHECK(mlops_histogram_image_size(&h->binning) == need);
	return h;
}

static mlops_histogram *
from_text(const char *text, size_t size)
{
	mlops_scanner s;
	size_t		need = 0;
	mlops_histogram *h;

	mlops_scanner_init(&s, text, size);
	if (mlops_histogram_scan_size(s, &need) != NULL)
		return NULL;
	h = malloc(need);
	if (mlops_histogram_scan(&s, h) != NULL)
	{
		free(h);
		return NULL;
	}
	CHECK(mlops_histogram_image_size(&h->binning) <= need);
	return h;
}

static bool
same(const mlops_histogram *a, const mlops_histogram *b)
{
	size_t		size = mlops_histogram_image_size(&a->binning);

	return mlops_histogram_image_size(&b->binning) == size && memcmp(a, b, size) == 0;
}

static void
round_trips(const mlops_histogram *h)
{
	mlops_writer w;
	uint8_t    *buf;
	mlops_histogram *again;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_histogram *) = text ? mlops_histogram_print : mlops_histogram_write;

		mlops_writer_init(&w, NULL, 0);
		put(&w, h);
		buf = malloc(w.used);
		mlops_writer_init(&w, buf, w.used);
		put(&w, h);
		CHECK(!mlops_writer_full(&w));
		again = text ? from_text((const char *) buf, w.used) : from_bytes(buf, w.used);
		CHECK(again != NULL && same(again, h));
		free(again);
		free(buf);
	}
}

static void
arithmetic(const mlops_histogram *h)
{
	size_t		size = mlops_histogram_image_size(&h->binning);
	mlops_histogram *sum = malloc(size);
	int64_t		rows = -1;
	int64_t		twice = -1;

	memcpy(sum, h, size);
	CHECK(mlops_histogram_rows(h, &rows) && rows >= 0);
	if (mlops_histogram_add(sum, h))
	{
		CHECK(mlops_histogram_rows(sum, &twice) && twice == 2 * rows);
		CHECK(mlops_histogram_subtract(sum, h));
	}
	else
		CHECK(rows > INT64_MAX / 2);
	CHECK(same(sum, h));
	free(sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_histogram *h;

	if (size < 1)
		return 0;
	h = data[0] % 2 ? from_text((const char *) data + 1, size - 1) : from_bytes(data + 1, size - 1);
	if (h != NULL)
	{
		round_trips(h);
		arithmetic(h);
		free(h);
	}
	return 0;
}
