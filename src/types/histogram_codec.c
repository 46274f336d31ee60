/*
 * histogram_codec.c
 *		Bytes and text of mlops.histogram.  See histogram_codec.h and
 *		doc/formats.md.
 */
#include "types/histogram_codec.h"

#include <string.h>

_Static_assert(offsetof(mlops_histogram, binning) == 24, "the image of a histogram is a file format");

bool
mlops_histogram_rows(const mlops_histogram *h, int64_t *rows)
{
	int64_t		part[3] = {h->null_count, h->unseen_count, 0};

	return mlops_counts_sum(mlops_histogram_counts(h), mlops_binning_bins(&h->binning), &part[2]) &&
		mlops_counts_sum(part, 3, rows);
}

const char *
mlops_histogram_check(const mlops_histogram *h)
{
	int64_t		rows;

	return mlops_histogram_rows(h, &rows) ? NULL : "a count is negative, or their sum is out of range";
}

bool
mlops_histogram_add(mlops_histogram *a, const mlops_histogram *b)
{
	int			bins = mlops_binning_bins(&a->binning);
	int64_t    *to = mlops_histogram_counts(a);
	const int64_t *from = mlops_histogram_counts(b);
	int64_t		rows[2];
	int64_t		sum;

	/* If the sum of all fits, every single one does. */
	if (!mlops_histogram_rows(a, &rows[0]) || !mlops_histogram_rows(b, &rows[1]) ||
		!mlops_counts_sum(rows, 2, &sum))
		return false;
	for (int i = 0; i < bins; i++)
		to[i] += from[i];
	a->null_count += b->null_count;
	a->unseen_count += b->unseen_count;
	return true;
}

bool
mlops_histogram_subtract(mlops_histogram *a, const mlops_histogram *b)
{
	int			bins = mlops_binning_bins(&a->binning);
	int64_t    *to = mlops_histogram_counts(a);
	const int64_t *from = mlops_histogram_counts(b);

	for (int i = 0; i < bins; i++)
		if (to[i] < from[i])
			return false;
	if (a->null_count < b->null_count || a->unseen_count < b->unseen_count)
		return false;
	for (int i = 0; i < bins; i++)
		to[i] -= from[i];
	a->null_count -= b->null_count;
	a->unseen_count -= b->unseen_count;
	return true;
}

static void
set_header(mlops_histogram *h)
{
	memset(h, 0, offsetof(mlops_histogram, binning));
	h->version = MLOPS_HISTOGRAM_VERSION;
}

/* An image's size from that of its binning, which tells the number of bins. */
static size_t
size_with_counts(size_t binning_size, int bins)
{
	return offsetof(mlops_histogram, binning) + binning_size + (size_t) bins * sizeof(int64_t);
}

/*
 * Bytes: u8 version, the binning, i64 null, i64 unseen, i64 count of each bin.
 */

const char *
mlops_histogram_read_size(mlops_reader r, size_t *size)
{
	mlops_reader b;
	size_t		binning_size;
	uint8_t		version = mlops_read_u8(&r);
	uint8_t		kind;
	uint32_t	items;
	const char *why;

	if (r.bad || version != MLOPS_HISTOGRAM_VERSION)
		return "the version of the histogram is not known";
	why = mlops_binning_read_size(r, &binning_size);
	if (why != NULL)
		return why;
	b = r;
	mlops_read_u8(&b);
	kind = mlops_read_u8(&b);
	mlops_read_u8(&b);
	items = mlops_read_u32(&b);
	*size = size_with_counts(binning_size, (int) items + (kind == MLOPS_BINNING_NUMERIC));
	return NULL;
}

const char *
mlops_histogram_read(mlops_reader *r, mlops_histogram *h)
{
	const char *why;
	int			bins;

	mlops_read_u8(r);
	set_header(h);
	why = mlops_binning_read(r, &h->binning);
	if (why != NULL)
		return why;
	h->null_count = mlops_read_i64(r);
	h->unseen_count = mlops_read_i64(r);
	bins = mlops_binning_bins(&h->binning);
	for (int i = 0; i < bins; i++)
		mlops_histogram_counts(h)[i] = mlops_read_i64(r);
	if (r->bad)
		return "the value is too short";
	return mlops_histogram_check(h);
}

void
mlops_histogram_write(mlops_writer *w, const mlops_histogram *h)
{
	int			bins = mlops_binning_bins(&h->binning);

	mlops_write_u8(w, h->version);
	mlops_binning_write(w, &h->binning);
	mlops_write_i64(w, h->null_count);
	mlops_write_i64(w, h->unseen_count);
	for (int i = 0; i < bins; i++)
		mlops_write_i64(w, mlops_histogram_counts(h)[i]);
}

/*
 * Text: the binning, then: counts (3, 0, 1) null 2 unseen 0
 */

/* Not less than the image takes: the caller trims what is too much. */
const char *
mlops_histogram_scan_size(mlops_scanner s, size_t *size)
{
	size_t		binning_size;
	size_t		bins;
	const char *why = mlops_binning_scan_size(s, &binning_size);

	if (why != NULL)
		return why;
	/* As many bins as such a binning can have at most. */
	bins = (binning_size - sizeof(mlops_binning)) / sizeof(uint32_t) + 1;
	if (bins > MLOPS_BINNING_MAX_ITEMS + 1)
		bins = MLOPS_BINNING_MAX_ITEMS + 1;
	*size = size_with_counts(binning_size, (int) bins);
	return NULL;
}

const char *
mlops_histogram_scan(mlops_scanner *s, mlops_histogram *h)
{
	const char *why;
	int			bins;

	set_header(h);
	why = mlops_binning_scan(s, &h->binning);
	if (why != NULL)
		return why;
	bins = mlops_binning_bins(&h->binning);
	if (!mlops_scan_word(s, "counts"))
		mlops_scan_fail(s, "\"counts\" is expected");
	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	for (int i = 0; i < bins && s->why == NULL; i++)
	{
		if (i > 0)
			mlops_scan_expect(s, ',', "there are fewer counts than bins");
		mlops_histogram_counts(h)[i] = mlops_scan_int(s);
	}
	mlops_scan_expect(s, ')', "there are more counts than bins");
	if (!mlops_scan_word(s, "null"))
		mlops_scan_fail(s, "\"null\" is expected");
	h->null_count = mlops_scan_int(s);
	if (!mlops_scan_word(s, "unseen"))
		mlops_scan_fail(s, "\"unseen\" is expected");
	h->unseen_count = mlops_scan_int(s);
	if (!mlops_scan_end(s))
		return s->why;
	return mlops_histogram_check(h);
}

void
mlops_histogram_print(mlops_writer *w, const mlops_histogram *h)
{
	int			bins = mlops_binning_bins(&h->binning);

	mlops_binning_print(w, &h->binning);
	mlops_write_cstring(w, " counts (");
	for (int i = 0; i < bins; i++)
	{
		if (i > 0)
			mlops_write_cstring(w, ", ");
		mlops_write_int_text(w, mlops_histogram_counts(h)[i]);
	}
	mlops_write_cstring(w, ") null ");
	mlops_write_int_text(w, h->null_count);
	mlops_write_cstring(w, " unseen ");
	mlops_write_int_text(w, h->unseen_count);
}
