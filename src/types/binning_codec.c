/*
 * binning_codec.c
 *		Bytes and text of mlops.binning.  See binning_codec.h, doc/formats.md.
 */
#include "types/binning_codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_MANY "there are more than 1000 edges or labels"

_Static_assert(sizeof(mlops_binning) == 40, "the image of a binning is a file format");
_Static_assert(MLOPS_BINNING_MAX_ITEMS == 1000, "message out of step");

bool
mlops_binning_equal(const mlops_binning *a, const mlops_binning *b)
{
	size_t		skip = offsetof(mlops_binning, version);

	return a->fingerprint == b->fingerprint && a->kind == b->kind &&
		a->items == b->items && a->label_bytes == b->label_bytes &&
		memcmp((const char *) a + skip, (const char *) b + skip,
			   mlops_binning_size(a) - skip) == 0;
}

void
mlops_binning_prepare(mlops_binning *b, mlops_binning_kind kind, int items, size_t label_bytes)
{
	memset(b, 0, mlops_binning_image_size(kind, items, label_bytes));
	b->version = MLOPS_BINNING_VERSION;
	b->kind = (uint8_t) kind;
	b->items = items;
	b->label_bytes = (int32_t) label_bytes;
}

static const char *
check_edges(double *edges, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (!isfinite(edges[i]))
			return "an edge is not finite";
		edges[i] += 0.0;		/* -0.0 becomes 0.0 */
		if (i > 0 && !(edges[i - 1] < edges[i]))
			return "the edges are not strictly increasing";
	}
	return NULL;
}

static const char *
check_labels(const mlops_binning *b)
{
	const uint32_t *ends = mlops_binning_ends(b);
	const char *bytes = mlops_binning_labels(b);
	uint16_t	slot[4096];
	uint32_t	start = 0;

	for (int i = 0; i < b->items; i++)
	{
		if (ends[i] < start || ends[i] > (uint32_t) b->label_bytes)
			return "the labels do not lie one after another";
		if (ends[i] - start > MLOPS_BINNING_MAX_LABEL)
			return "a label is longer than 2048 bytes";
		if (memchr(bytes + start, 0, ends[i] - start) != NULL)
			return "a label contains a null byte";
		start = ends[i];
	}
	if (start != (uint32_t) b->label_bytes)
		return "the labels do not lie one after another";
	if (mlops_label_index(slot, mlops_label_slots(b->items), ends, bytes, b->items) != MLOPS_OK)
		return "a label occurs twice";
	return NULL;
}

const char *
mlops_binning_seal(mlops_binning *b)
{
	size_t		skip = offsetof(mlops_binning, items);
	const char *why;

	if (b->items < 0 || b->items > MLOPS_BINNING_MAX_ITEMS)
		return TOO_MANY;
	if (b->kind == MLOPS_BINNING_NUMERIC)
		why = check_edges(mlops_binning_edges(b), b->items);
	else
		why = check_labels(b);
	if (why != NULL)
		return why;
	if (b->has_range)
	{
		if (b->kind != MLOPS_BINNING_NUMERIC)
			return "a list of labels has no range";
		if (!isfinite(b->reference_min) || !isfinite(b->reference_max) ||
			b->reference_min > b->reference_max)
			return "the range is not finite or not in order";
		b->reference_min += 0.0;
		b->reference_max += 0.0;
	}
	b->fingerprint = mlops_fingerprint((const char *) b + skip, mlops_binning_size(b) - skip,
									   b->kind * 2u + b->has_range);
	return NULL;
}

double
mlops_edge_between(double low, double high)
{
	double		middle = low / 2 + high / 2;
	double		quarter = high / 4 - low / 4;
	char		buf[MLOPS_FLOAT_TEXT_SIZE];

	for (int digits = 1; digits <= 17; digits++)
	{
		double		v;

		snprintf(buf, sizeof(buf), "%.*g", digits, middle);
		v = strtod(buf, NULL);
		if (v > low && v < high && fabs(v - middle) <= quarter)
			return v + 0.0;
	}
	return high;
}

/*
 * Bytes: u8 version, u8 kind, u8 has_range, u32 items, then f64 min, f64 max
 * if has_range, then the items: f64 edge, or u32 length and bytes of a label
 * (UTF-8; the server converts).
 */

typedef struct wire_header
{
	mlops_binning_kind kind;
	bool		has_range;
	int			items;
	double		range[2];
} wire_header;

static const char *
read_header(mlops_reader *r, wire_header *h)
{
	uint8_t		version = mlops_read_u8(r);
	uint8_t		kind = mlops_read_u8(r);
	uint8_t		has_range = mlops_read_u8(r);
	uint32_t	items = mlops_read_u32(r);

	if (r->bad)
		return "the value is too short";
	if (version != MLOPS_BINNING_VERSION)
		return "the version of the binning is not known";
	if ((kind != MLOPS_BINNING_NUMERIC && kind != MLOPS_BINNING_CATEGORICAL) || has_range > 1)
		return "the kind of the binning is not known";
	if (items > MLOPS_BINNING_MAX_ITEMS)
		return TOO_MANY;
	h->kind = (mlops_binning_kind) kind;
	h->has_range = has_range;
	h->items = (int) items;
	if (has_range)
	{
		h->range[0] = mlops_read_f64(r);
		h->range[1] = mlops_read_f64(r);
	}
	return NULL;
}

const char *
mlops_binning_read_size(mlops_reader r, size_t *size)
{
	wire_header h = {0};
	size_t		label_bytes = 0;
	const char *why = read_header(&r, &h);

	if (why != NULL)
		return why;
	for (int i = 0; i < h.items; i++)
	{
		uint32_t	len = 8;

		if (h.kind == MLOPS_BINNING_CATEGORICAL)
		{
			len = mlops_read_u32(&r);
			if (len > MLOPS_BINNING_MAX_LABEL)
				return "a label is longer than 2048 bytes";
			label_bytes += len;
		}
		mlops_read_bytes(&r, len);
	}
	if (r.bad)
		return "the value is too short";
	*size = mlops_binning_image_size(h.kind, h.items, label_bytes);
	return NULL;
}

const char *
mlops_binning_read(mlops_reader *r, mlops_binning *b)
{
	wire_header h = {0};
	size_t		size;
	size_t		label_bytes;
	uint32_t	at = 0;
	const char *why = mlops_binning_read_size(*r, &size);

	if (why != NULL)
		return why;
	read_header(r, &h);
	/* what the labels take: the sum of their lengths, each read once more */
	label_bytes = 0;
	if (h.kind == MLOPS_BINNING_CATEGORICAL)
	{
		mlops_reader ahead = *r;

		for (int i = 0; i < h.items; i++)
		{
			uint32_t	len = mlops_read_u32(&ahead);

			mlops_read_bytes(&ahead, len);
			label_bytes += len;
		}
	}
	mlops_binning_prepare(b, h.kind, h.items, label_bytes);
	b->has_range = h.has_range;
	b->reference_min = h.range[0];
	b->reference_max = h.range[1];
	for (int i = 0; i < h.items; i++)
	{
		if (h.kind == MLOPS_BINNING_NUMERIC)
			mlops_binning_edges(b)[i] = mlops_read_f64(r);
		else
		{
			uint32_t	len = mlops_read_u32(r);
			const uint8_t *p = mlops_read_bytes(r, len);

			if (p == NULL)
				return "the value is too short";
			memcpy(mlops_binning_labels(b) + at, p, len);
			at += len;
			mlops_binning_ends(b)[i] = at;
		}
	}
	return mlops_binning_seal(b);
}

void
mlops_binning_write(mlops_writer *w, const mlops_binning *b)
{
	mlops_write_u8(w, b->version);
	mlops_write_u8(w, b->kind);
	mlops_write_u8(w, b->has_range);
	mlops_write_u32(w, (uint32_t) b->items);
	if (b->has_range)
	{
		mlops_write_f64(w, b->reference_min);
		mlops_write_f64(w, b->reference_max);
	}
	for (int i = 0; i < b->items; i++)
	{
		if (b->kind == MLOPS_BINNING_NUMERIC)
			mlops_write_f64(w, mlops_binning_edges(b)[i]);
		else
		{
			int			len;
			const char *label = mlops_binning_label(b, i, &len);

			mlops_write_u32(w, (uint32_t) len);
			mlops_write_bytes(w, label, (size_t) len);
		}
	}
}

/*
 * Text: numeric(1, 2.5) | numeric(1, 2.5) range [0, 9] | categorical("a", "b")
 */

/* What one pass over the text found; fills b if it is not NULL. */
static void
scan_items(mlops_scanner *s, mlops_binning *b, wire_header *h, size_t *label_bytes)
{
	uint32_t	at = 0;

	if (mlops_scan_word(s, "numeric"))
		h->kind = MLOPS_BINNING_NUMERIC;
	else if (mlops_scan_word(s, "categorical"))
		h->kind = MLOPS_BINNING_CATEGORICAL;
	else
	{
		mlops_scan_fail(s, "\"numeric\" or \"categorical\" is expected");
		return;
	}
	mlops_scan_expect(s, '(', "an opening parenthesis is expected");
	h->items = 0;
	*label_bytes = 0;
	if (mlops_scan_accept(s, ')'))
		return;
	do
	{
		if (h->items >= MLOPS_BINNING_MAX_ITEMS)
			mlops_scan_fail(s, TOO_MANY);
		else if (h->kind == MLOPS_BINNING_NUMERIC)
		{
			double		edge = mlops_scan_float(s);

			if (b != NULL && s->why == NULL)
				mlops_binning_edges(b)[h->items] = edge;
		}
		else
		{
			char	   *to = b != NULL ? mlops_binning_labels(b) + at : NULL;
			size_t		room = b != NULL ? (size_t) b->label_bytes - at : 0;
			size_t		len = mlops_scan_quoted(s, to, room);

			if (len > MLOPS_BINNING_MAX_LABEL)
				mlops_scan_fail(s, "a label is longer than 2048 bytes");
			else
				at += (uint32_t) len;
			if (b != NULL && s->why == NULL)
				mlops_binning_ends(b)[h->items] = at;
		}
		h->items++;
	} while (s->why == NULL && mlops_scan_accept(s, ','));
	mlops_scan_expect(s, ')', "a comma or a closing parenthesis is expected");
	*label_bytes = at;
}

static void
scan_range(mlops_scanner *s, wire_header *h)
{
	h->has_range = s->why == NULL && mlops_scan_word(s, "range");
	if (!h->has_range)
		return;
	mlops_scan_expect(s, '[', "an opening bracket is expected");
	h->range[0] = mlops_scan_float(s);
	mlops_scan_expect(s, ',', "a comma is expected");
	h->range[1] = mlops_scan_float(s);
	mlops_scan_expect(s, ']', "a closing bracket is expected");
}

const char *
mlops_binning_scan_size(mlops_scanner s, size_t *size)
{
	wire_header h = {0};
	size_t		label_bytes = 0;

	scan_items(&s, NULL, &h, &label_bytes);
	if (s.why == NULL)
		*size = mlops_binning_image_size(h.kind, h.items, label_bytes);
	return s.why;
}

const char *
mlops_binning_scan(mlops_scanner *s, mlops_binning *b)
{
	wire_header h = {0};
	size_t		label_bytes = 0;
	mlops_scanner first = *s;

	scan_items(&first, NULL, &h, &label_bytes);
	if (first.why != NULL)
		return first.why;
	mlops_binning_prepare(b, h.kind, h.items, label_bytes);
	scan_items(s, b, &h, &label_bytes);
	scan_range(s, &h);
	if (s->why != NULL)
		return s->why;
	b->has_range = h.has_range;
	b->reference_min = h.range[0];
	b->reference_max = h.range[1];
	return mlops_binning_seal(b);
}

void
mlops_binning_print(mlops_writer *w, const mlops_binning *b)
{
	mlops_write_cstring(w, b->kind == MLOPS_BINNING_NUMERIC ? "numeric(" : "categorical(");
	for (int i = 0; i < b->items; i++)
	{
		if (i > 0)
			mlops_write_cstring(w, ", ");
		if (b->kind == MLOPS_BINNING_NUMERIC)
			mlops_write_float_text(w, mlops_binning_edges(b)[i]);
		else
		{
			int			len;
			const char *label = mlops_binning_label(b, i, &len);

			mlops_write_quoted(w, label, (size_t) len);
		}
	}
	mlops_write_cstring(w, ")");
	if (b->has_range)
	{
		mlops_write_cstring(w, " range [");
		mlops_write_float_text(w, b->reference_min);
		mlops_write_cstring(w, ", ");
		mlops_write_float_text(w, b->reference_max);
		mlops_write_cstring(w, "]");
	}
}
