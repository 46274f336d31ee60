/*
 * group_moments_codec.c
 *		Bytes and text of mlops.group_moments.  See group_moments_codec.h and
 *		doc/formats.md.
 */
#include "types/group_moments_codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/summary/bins.h"

/* Bytes of a group on the wire beside its label. */
#define WIRE_GROUP 60

_Static_assert(sizeof(mlops_group_moments) == 56 && sizeof(mlops_mean3) == 56,
			   "the image of moments by group is a file format");

static int
by_label(const void *a, const void *b)
{
	const mlops_group_item *x = a;
	const mlops_group_item *y = b;
	uint32_t	shorter = x->length < y->length ? x->length : y->length;
	int			c = shorter > 0 ? memcmp(x->label, y->label, shorter) : 0;

	if (c != 0)
		return c;
	return (x->length > y->length) - (x->length < y->length);
}

/* Is it a sum of two doubles that do not overlap?  -0 becomes 0. */
static bool
settle(mlops_dd *d)
{
	d->hi += 0.0;
	d->lo += 0.0;
	return isfinite(d->lo) && d->hi + d->lo == d->hi && !(isinf(d->hi) && d->lo != 0);
}

/* Every value that mlops_mean3 can have passes; NULL or what is wrong. */
static const char *
check_moments(mlops_mean3 *all)
{
	mlops_mean2 *m = &all->base;

	if (m->n < 1)
		return "a group has no rows";
	if (!settle(&m->mean) || !isfinite(m->mean.hi))
		return "a mean is not a finite number and its rest";
	if (!settle(&m->m2) || m->m2.hi < 0)
		return "a sum of squares is not a number and its rest, or negative";
	if (m->n == 1 && (m->m2.hi > 0 || m->mean.lo != 0))
		return "a single row has a rest or a sum of squares";
	if (!settle(&all->m3) || all->m3.hi == -INFINITY)
		return "a sum of cubes is not a number and its rest";
	if ((!(m->m2.hi > 0) && all->m3.hi != 0) || (isinf(m->m2.hi) && !isinf(all->m3.hi)))
		return "a sum of cubes does not fit the sum of squares";
	return NULL;
}

bool
mlops_group_list_rows(const mlops_group_list *list, int64_t *rows)
{
	if (!mlops_counts_sum(list->left_out, MLOPS_LEFT_OUT, rows))
		return false;
	for (uint32_t i = 0; i < list->n; i++)
	{
		int64_t		pair[2] = {*rows, list->item[i].moments.base.n};

		if (!mlops_counts_sum(pair, 2, rows))
			return false;
	}
	return true;
}

const char *
mlops_group_list_check(mlops_group_list *list)
{
	int64_t		rows;
	size_t		bytes = 0;
	bool		sorted = true;

	if (list->n > MLOPS_GROUP_MOMENTS_MAX_GROUPS)
		return "there are more than 1048576 groups";
	if (!mlops_group_list_rows(list, &rows))
		return "a count is negative, or their sum is out of range";
	for (uint32_t i = 0; i < list->n; i++)
	{
		mlops_group_item *g = &list->item[i];
		const char *why = check_moments(&g->moments);

		if (why != NULL)
			return why;
		if (g->length > 0 && memchr(g->label, '\0', g->length) != NULL)
			return "a label contains a null byte";
		bytes += g->length;
		sorted = sorted && (i == 0 || by_label(g - 1, g) < 0);
	}
	if (bytes > MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES)
		return "the labels take more than 64 MB";
	if (sorted)
		return NULL;
	qsort(list->item, list->n, sizeof(mlops_group_item), by_label);
	for (uint32_t i = 1; i < list->n; i++)
		if (by_label(&list->item[i - 1], &list->item[i]) == 0)
			return "a group is listed twice";
	return NULL;
}

/*
 * Bytes: u8 version, u32 groups, i64 left_out[5], then for every group
 * u32 length, label, i64 n, f64 mean[2], f64 m2[2], f64 m3[2].
 */

const char *
mlops_group_moments_read_count(mlops_reader r, uint32_t *n)
{
	uint8_t		version = mlops_read_u8(&r);

	if (r.bad || version != MLOPS_GROUP_MOMENTS_VERSION)
		return "the version of the moments by group is not known";
	*n = mlops_read_u32(&r);
	if (r.bad || *n > mlops_reader_left(&r) / WIRE_GROUP)
		return "the value is too short";
	if (*n > MLOPS_GROUP_MOMENTS_MAX_GROUPS)
		return "there are more than 1048576 groups";
	return NULL;
}

const char *
mlops_group_moments_read(mlops_reader *r, mlops_group_list *list)
{
	const char *why = mlops_group_moments_read_count(*r, &list->n);

	if (why != NULL)
		return why;
	mlops_read_u8(r);
	mlops_read_u32(r);
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
		list->left_out[i] = mlops_read_i64(r);
	for (uint32_t i = 0; i < list->n && !r->bad; i++)
	{
		mlops_group_item *g = &list->item[i];

		g->length = mlops_read_u32(r);
		g->label = (const char *) mlops_read_bytes(r, g->length);
		g->moments.base.n = mlops_read_i64(r);
		g->moments.base.mean.hi = mlops_read_f64(r);
		g->moments.base.mean.lo = mlops_read_f64(r);
		g->moments.base.m2.hi = mlops_read_f64(r);
		g->moments.base.m2.lo = mlops_read_f64(r);
		g->moments.m3.hi = mlops_read_f64(r);
		g->moments.m3.lo = mlops_read_f64(r);
	}
	if (r->bad)
		return "the value is too short";
	if (!mlops_reader_done(r))
		return "there is something after the end of the value";
	return NULL;
}

void
mlops_group_moments_write(mlops_writer *w, const mlops_group_list *list)
{
	mlops_write_u8(w, MLOPS_GROUP_MOMENTS_VERSION);
	mlops_write_u32(w, list->n);
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
		mlops_write_i64(w, list->left_out[i]);
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_group_item *g = &list->item[i];

		mlops_write_u32(w, g->length);
		mlops_write_bytes(w, g->label, g->length);
		mlops_write_i64(w, g->moments.base.n);
		mlops_write_f64(w, g->moments.base.mean.hi);
		mlops_write_f64(w, g->moments.base.mean.lo);
		mlops_write_f64(w, g->moments.base.m2.hi);
		mlops_write_f64(w, g->moments.base.m2.lo);
		mlops_write_f64(w, g->moments.m3.hi);
		mlops_write_f64(w, g->moments.m3.lo);
	}
}

/*
 * Text: ("a" 3 2.5 0 4.5 0 1.5 0, "b" 1 7 0 0 0 0 0) null 0 nan 0 infinity 0 0
 * unassigned 0; for each group rows, mean, its rest, sum of squares, its rest, sum
 * of cubes, its rest; of infinities the positive ones first.
 */

static const char *const left_out_word[MLOPS_LEFT_OUT] = {"null", "nan", "infinity", NULL, "unassigned"};

/* With list NULL it only counts. */
static uint32_t
scan_groups(mlops_scanner *s, char *buf, size_t size, mlops_group_list *list)
{
	uint32_t	n = 0;

	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	if (s->why == NULL && mlops_scan_accept(s, ')'))
		return 0;
	do
	{
		mlops_group_item g;

		g.length = (uint32_t) mlops_scan_quoted(s, buf, size);
		g.label = buf;
		g.moments.base.n = mlops_scan_int(s);
		g.moments.base.mean.hi = mlops_scan_float(s);
		g.moments.base.mean.lo = mlops_scan_float(s);
		g.moments.base.m2.hi = mlops_scan_any_float(s);
		g.moments.base.m2.lo = mlops_scan_float(s);
		g.moments.m3.hi = mlops_scan_any_float(s);
		g.moments.m3.lo = mlops_scan_float(s);
		if (n >= MLOPS_GROUP_MOMENTS_MAX_GROUPS)
			mlops_scan_fail(s, "there are more than 1048576 groups");
		if (s->why != NULL)
			return 0;
		if (list != NULL)
		{
			list->item[n] = g;
			buf += g.length;
			size -= g.length;
		}
		n++;
	} while (mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	return n;
}

const char *
mlops_group_moments_scan_count(mlops_scanner s, uint32_t *n)
{
	*n = scan_groups(&s, NULL, 0, NULL);
	return s.why;
}

const char *
mlops_group_moments_scan(mlops_scanner *s, char *buf, size_t size, mlops_group_list *list)
{
	list->n = scan_groups(s, buf, size, list);
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
	{
		if (left_out_word[i] != NULL && s->why == NULL && !mlops_scan_word(s, left_out_word[i]))
			mlops_scan_fail(s, "\"null\", \"nan\", \"infinity\", \"unassigned\" and their counts are expected");
		list->left_out[i] = mlops_scan_int(s);
	}
	mlops_scan_end(s);
	return s->why;
}

static void
print_number(mlops_writer *w, double x)
{
	mlops_write_cstring(w, " ");
	mlops_write_float_text(w, x);
}

void
mlops_group_moments_print(mlops_writer *w, const mlops_group_list *list)
{
	mlops_write_cstring(w, "(");
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_group_item *g = &list->item[i];

		if (i > 0)
			mlops_write_cstring(w, ", ");
		mlops_write_quoted(w, g->label, g->length);
		mlops_write_cstring(w, " ");
		mlops_write_int_text(w, g->moments.base.n);
		print_number(w, g->moments.base.mean.hi);
		print_number(w, g->moments.base.mean.lo);
		print_number(w, g->moments.base.m2.hi);
		print_number(w, g->moments.base.m2.lo);
		print_number(w, g->moments.m3.hi);
		print_number(w, g->moments.m3.lo);
	}
	mlops_write_cstring(w, ")");
	for (int i = 0; i < MLOPS_LEFT_OUT; i++)
	{
		if (left_out_word[i] != NULL)
		{
			mlops_write_cstring(w, " ");
			mlops_write_cstring(w, left_out_word[i]);
		}
		mlops_write_cstring(w, " ");
		mlops_write_int_text(w, list->left_out[i]);
	}
}

/* The image. */

size_t
mlops_group_moments_image_size(uint32_t groups, uint32_t label_bytes)
{
	return sizeof(mlops_group_moments) +
		(size_t) groups * (sizeof(mlops_mean3) + sizeof(uint32_t)) + label_bytes;
}

uint32_t
mlops_group_list_label_bytes(const mlops_group_list *list)
{
	uint32_t	bytes = 0;

	for (uint32_t i = 0; i < list->n; i++)
		bytes += list->item[i].length;
	return bytes;
}

void
mlops_group_moments_build(const mlops_group_list *list, mlops_group_moments *g)
{
	mlops_mean3 *moments = (mlops_mean3 *) (g + 1);
	uint32_t   *end = (uint32_t *) (moments + list->n);
	char	   *labels = (char *) (end + list->n);
	uint32_t	at = 0;

	g->version = MLOPS_GROUP_MOMENTS_VERSION;
	g->working = 0;
	g->reserved = 0;
	g->groups = list->n;
	memcpy(g->left_out, list->left_out, sizeof(g->left_out));
	for (uint32_t i = 0; i < list->n; i++)
	{
		const mlops_group_item *item = &list->item[i];

		moments[i] = item->moments;
		if (item->length > 0)
			memcpy(labels + at, item->label, item->length);
		at += item->length;
		end[i] = at;
	}
	g->label_bytes = at;
}

bool
mlops_group_moments_list(const mlops_group_moments *g, size_t size, mlops_group_list *list)
{
	const mlops_mean3 *moments = (const mlops_mean3 *) (g + 1);
	const uint32_t *end = (const uint32_t *) (moments + g->groups);
	const char *labels = (const char *) (end + g->groups);
	uint32_t	at = 0;

	if (size != mlops_group_moments_image_size(g->groups, g->label_bytes))
		return false;
	list->n = g->groups;
	memcpy(list->left_out, g->left_out, sizeof(list->left_out));
	for (uint32_t i = 0; i < list->n; i++)
	{
		mlops_group_item *item = &list->item[i];

		if (end[i] < at || end[i] > g->label_bytes)
			return false;
		item->label = labels + at;
		item->length = end[i] - at;
		item->moments = moments[i];
		at = end[i];
	}
	return true;
}
