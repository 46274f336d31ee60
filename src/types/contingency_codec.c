/*
 * contingency_codec.c
 *		Bytes and text of mlops.contingency.  See contingency_codec.h and
 *		doc/formats.md.
 */
#include "types/contingency_codec.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/summary/bins.h"

/* Bytes of a category on the wire beside its label. */
#define WIRE_CATEGORY 20

_Static_assert(sizeof(mlops_contingency) == 40, "the image of a contingency table is a file format");

static int
by_label(const void *a, const void *b)
{
	const mlops_category *x = a;
	const mlops_category *y = b;
	uint32_t	shorter = x->length < y->length ? x->length : y->length;
	int			c = shorter > 0 ? memcmp(x->label, y->label, shorter) : 0;

	if (c != 0)
		return c;
	return (x->length > y->length) - (x->length < y->length);
}

const char *
mlops_category_list_check(mlops_category_list *list)
{
	int64_t		rows[6] = {list->null_count[0], list->null_count[1], list->unassigned};
	size_t		bytes = 0;
	bool		sorted = true;

	if (list->n > MLOPS_CONTINGENCY_MAX_CATEGORIES)
		return "there are more than 1048576 categories";
	if (!mlops_counts_sum(rows, 3, &rows[3]))
		return "a count is negative, or their sum is out of range";
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_category *c = &list->item[i];

		if (c->length > 0 && memchr(c->label, '\0', c->length) != NULL)
			return "a label contains a null byte";
		bytes += c->length;
		rows[4] = c->count[0];
		rows[5] = c->count[1];
		if (rows[4] == 0 && rows[5] == 0)
			return "a category has no rows";
		if (!mlops_counts_sum(&rows[3], 3, &rows[3]))
			return "a count is negative, or their sum is out of range";
		sorted = sorted && (i == 0 || by_label(c - 1, c) < 0);
	}
	if (bytes > MLOPS_CONTINGENCY_MAX_LABEL_BYTES)
		return "the labels take more than 64 MB";
	if (sorted)
		return NULL;
	qsort(list->item, list->n, sizeof(mlops_category), by_label);
	for (uint32_t i = 1; i < list->n; i++)
		if (by_label(&list->item[i - 1], &list->item[i]) == 0)
			return "a category is listed twice";
	return NULL;
}

/*
 * Bytes: u8 version, u32 categories, i64 null[2], i64 unassigned, then for
 * every category u32 length, label, i64 count[2].
 */

const char *
mlops_contingency_read_count(mlops_reader r, uint32_t *n)
{
	uint8_t		version = mlops_read_u8(&r);

	if (r.bad || version != MLOPS_CONTINGENCY_VERSION)
		return "the version of the contingency table is not known";
	*n = mlops_read_u32(&r);
	if (r.bad || *n > mlops_reader_left(&r) / WIRE_CATEGORY)
		return "the value is too short";
	if (*n > MLOPS_CONTINGENCY_MAX_CATEGORIES)
		return "there are more than 1048576 categories";
	return NULL;
}

const char *
mlops_contingency_read(mlops_reader *r, mlops_category_list *list)
{
	const char *why = mlops_contingency_read_count(*r, &list->n);

	if (why != NULL)
		return why;
	mlops_read_u8(r);
	mlops_read_u32(r);
	list->null_count[0] = mlops_read_i64(r);
	list->null_count[1] = mlops_read_i64(r);
	list->unassigned = mlops_read_i64(r);
	for (uint32_t i = 0; i < list->n && !r->bad; i++)
	{
		mlops_category *c = &list->item[i];

		c->length = mlops_read_u32(r);
		c->label = (const char *) mlops_read_bytes(r, c->length);
		c->count[0] = mlops_read_i64(r);
		c->count[1] = mlops_read_i64(r);
	}
	if (r->bad)
		return "the value is too short";
	if (!mlops_reader_done(r))
		return "there is something after the end of the value";
	return NULL;
}

void
mlops_contingency_write(mlops_writer *w, const mlops_category_list *list)
{
	mlops_write_u8(w, MLOPS_CONTINGENCY_VERSION);
	mlops_write_u32(w, list->n);
	mlops_write_i64(w, list->null_count[0]);
	mlops_write_i64(w, list->null_count[1]);
	mlops_write_i64(w, list->unassigned);
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_category *c = &list->item[i];

		mlops_write_u32(w, c->length);
		mlops_write_bytes(w, c->label, c->length);
		mlops_write_i64(w, c->count[0]);
		mlops_write_i64(w, c->count[1]);
	}
}

/*
 * Text: ("a" 3 4, "b" 0 1) null 0 0 unassigned 0; the two numbers are the
 * reference and the current rows.
 */

/* With list NULL it only counts. */
static uint32_t
scan_categories(mlops_scanner *s, char *buf, size_t size, mlops_category_list *list)
{
	uint32_t	n = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	if (s->why == NULL && mlops_scan_accept(s, ')'))
		return 0;
	do
	{
		mlops_category c;

		c.length = (uint32_t) mlops_scan_quoted(s, buf, size);
		c.label = buf;
		c.count[0] = mlops_scan_int(s);
		c.count[1] = mlops_scan_int(s);
		if (n >= MLOPS_CONTINGENCY_MAX_CATEGORIES)
			mlops_scan_fail(s, "there are more than 1048576 categories");
		if (s->why != NULL)
			return 0;
		if (list != NULL)
		{
			list->item[n] = c;
			buf += c.length;
			size -= c.length;
		}
		n++;
	} while (mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	return n;
}

const char *
mlops_contingency_scan_count(mlops_scanner s, uint32_t *n)
{
	*n = scan_categories(&s, NULL, 0, NULL);
	return s.why;
}

static void
expect_word(mlops_scanner *s, const char *word, const char *why)
{
	if (s->why == NULL && !mlops_scan_word(s, word))
		mlops_scan_fail(s, why);
}

const char *
mlops_contingency_scan(mlops_scanner *s, char *buf, size_t size, mlops_category_list *list)
{
	list->n = scan_categories(s, buf, size, list);
	expect_word(s, "null", "\"null\" and two counts are expected");
	list->null_count[0] = mlops_scan_int(s);
	list->null_count[1] = mlops_scan_int(s);
	expect_word(s, "unassigned", "\"unassigned\" and a count are expected");
	list->unassigned = mlops_scan_int(s);
	mlops_scan_end(s);
	return s->why;
}

static void
print_pair(mlops_writer *w, const int64_t *count)
{
	mlops_write_cstring(w, " ");
	mlops_write_int_text(w, count[0]);
	mlops_write_cstring(w, " ");
	mlops_write_int_text(w, count[1]);
}

void
mlops_contingency_print(mlops_writer *w, const mlops_category_list *list)
{
	mlops_write_cstring(w, "(");
	for (uint32_t i = 0; i < list->n; i++)
	{
		if (i > 0)
			mlops_write_cstring(w, ", ");
		mlops_write_quoted(w, list->item[i].label, list->item[i].length);
		print_pair(w, list->item[i].count);
	}
	mlops_write_cstring(w, ") null");
	print_pair(w, list->null_count);
	mlops_write_cstring(w, " unassigned ");
	mlops_write_int_text(w, list->unassigned);
}

/* The image. */

size_t
mlops_contingency_image_size(uint32_t categories, uint32_t label_bytes)
{
	return sizeof(mlops_contingency) +
		(size_t) categories * (2 * sizeof(int64_t) + sizeof(uint32_t)) + label_bytes;
}

uint32_t
mlops_category_list_label_bytes(const mlops_category_list *list)
{
	uint32_t	bytes = 0;

	for (uint32_t i = 0; i < list->n; i++)
		bytes += list->item[i].length;
	return bytes;
}

void
mlops_contingency_build(const mlops_category_list *list, mlops_contingency *c)
{
	int64_t    *count = (int64_t *) (c + 1);
	uint32_t   *end = (uint32_t *) (count + 2 * (size_t) list->n);
	char	   *labels = (char *) (end + list->n);
	uint32_t	at = 0;

	c->version = MLOPS_CONTINGENCY_VERSION;
	c->working = 0;
	c->reserved = 0;
	c->categories = list->n;
	c->null_count[0] = list->null_count[0];
	c->null_count[1] = list->null_count[1];
	c->unassigned = list->unassigned;
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_category *item = &list->item[i];

		count[2 * i] = item->count[0];
		count[2 * i + 1] = item->count[1];
		if (item->length > 0)
			memcpy(labels + at, item->label, item->length);
		at += item->length;
		end[i] = at;
	}
	c->label_bytes = at;
}

bool
mlops_contingency_list(const mlops_contingency *c, size_t size, mlops_category_list *list)
{
	const int64_t *count = (const int64_t *) (c + 1);
	const uint32_t *end = (const uint32_t *) (count + 2 * (size_t) c->categories);
	const char *labels = (const char *) (end + c->categories);
	uint32_t	at = 0;

	if (size != mlops_contingency_image_size(c->categories, c->label_bytes))
		return false;
	list->n = c->categories;
	list->null_count[0] = c->null_count[0];
	list->null_count[1] = c->null_count[1];
	list->unassigned = c->unassigned;
	for (uint32_t i = 0; i < list->n; i++)
	{
		mlops_category *item = &list->item[i];

		if (end[i] < at || end[i] > c->label_bytes)
			return false;
		item->label = labels + at;
		item->length = end[i] - at;
		item->count[0] = count[2 * i];
		item->count[1] = count[2 * i + 1];
		at = end[i];
	}
	return true;
}
