/*
 * codec.c
 *		Bounded reading and writing of bytes and text.  See codec.h.
 */
#include "types/codec.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest spelling of a number that is looked at: longer ones are refused. */
#define NUMBER_TEXT_MAX 400

/* Bytes in. */

void
mlops_reader_init(mlops_reader *r, const void *data, size_t size)
{
	r->p = data;
	r->end = r->p + size;
	r->bad = false;
}

size_t
mlops_reader_left(const mlops_reader *r)
{
	return r->bad ? 0 : (size_t) (r->end - r->p);
}

const uint8_t *
mlops_read_bytes(mlops_reader *r, size_t n)
{
	const uint8_t *at = r->p;

	if (r->bad || (size_t) (r->end - r->p) < n)
	{
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return at;
}

/* Unsigned little-endian integer of n bytes; 0 when they are not there. */
static uint64_t
read_le(mlops_reader *r, size_t n)
{
	const uint8_t *b = mlops_read_bytes(r, n);
	uint64_t	v = 0;

	if (b == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t) b[i] << (8 * i);
	return v;
}

uint8_t
mlops_read_u8(mlops_reader *r)
{
	return (uint8_t) read_le(r, 1);
}

uint16_t
mlops_read_u16(mlops_reader *r)
{
	return (uint16_t) read_le(r, 2);
}

uint32_t
mlops_read_u32(mlops_reader *r)
{
	return (uint32_t) read_le(r, 4);
}

uint64_t
mlops_read_u64(mlops_reader *r)
{
	return read_le(r, 8);
}

int64_t
mlops_read_i64(mlops_reader *r)
{
	uint64_t	u = read_le(r, 8);
	int64_t		v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

double
mlops_read_f64(mlops_reader *r)
{
	uint64_t	u = read_le(r, 8);
	double		v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

bool
mlops_reader_done(const mlops_reader *r)
{
	return !r->bad && r->p == r->end;
}

/* Bytes out. */

void
mlops_writer_init(mlops_writer *w, void *data, size_t size)
{
	w->data = data;
	w->size = data == NULL ? 0 : size;
	w->used = 0;
}

bool
mlops_writer_full(const mlops_writer *w)
{
	return w->used > w->size;
}

void
mlops_write_bytes(mlops_writer *w, const void *data, size_t n)
{
	if (w->data != NULL && n > 0 && w->used <= w->size && n <= w->size - w->used)
		memcpy(w->data + w->used, data, n);
	w->used += n;
}

static void
write_le(mlops_writer *w, uint64_t v, size_t n)
{
	uint8_t		b[8];

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t) (v >> (8 * i));
	mlops_write_bytes(w, b, n);
}

void
mlops_write_u8(mlops_writer *w, uint8_t v)
{
	write_le(w, v, 1);
}

void
mlops_write_u16(mlops_writer *w, uint16_t v)
{
	write_le(w, v, 2);
}

void
mlops_write_u32(mlops_writer *w, uint32_t v)
{
	write_le(w, v, 4);
}

void
mlops_write_u64(mlops_writer *w, uint64_t v)
{
	write_le(w, v, 8);
}

void
mlops_write_i64(mlops_writer *w, int64_t v)
{
	write_le(w, (uint64_t) v, 8);
}

void
mlops_write_f64(mlops_writer *w, double v)
{
	uint64_t	u;

	memcpy(&u, &v, sizeof(u));
	write_le(w, u, 8);
}

void
mlops_write_cstring(mlops_writer *w, const char *s)
{
	mlops_write_bytes(w, s, strlen(s));
}

void
mlops_write_int_text(mlops_writer *w, int64_t v)
{
	char		buf[32];

	mlops_write_bytes(w, buf, (size_t) snprintf(buf, sizeof(buf), "%" PRId64, v));
}

void
mlops_write_float_text(mlops_writer *w, double v)
{
	char		buf[MLOPS_FLOAT_TEXT_SIZE];

	mlops_write_bytes(w, buf, (size_t) mlops_format_float(v, buf));
}

void
mlops_write_quoted(mlops_writer *w, const char *s, size_t n)
{
	mlops_write_u8(w, '"');
	for (size_t i = 0; i < n; i++)
	{
		if (s[i] == '"' || s[i] == '\\')
			mlops_write_u8(w, '\\');
		mlops_write_u8(w, (uint8_t) s[i]);
	}
	mlops_write_u8(w, '"');
}

int
mlops_format_float(double v, char *buf)
{
	int			n = 0;

	if (isnan(v))
		return snprintf(buf, MLOPS_FLOAT_TEXT_SIZE, "NaN");
	if (isinf(v))
		return snprintf(buf, MLOPS_FLOAT_TEXT_SIZE, v > 0 ? "Infinity" : "-Infinity");
	for (int digits = 15; digits <= 17; digits++)
	{
		n = snprintf(buf, MLOPS_FLOAT_TEXT_SIZE, "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	return n;
}

/* Text in. */

void
mlops_scanner_init(mlops_scanner *s, const char *text, size_t size)
{
	s->p = text;
	s->end = text + size;
	s->why = NULL;
}

void
mlops_scan_fail(mlops_scanner *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	s->p = s->end;
}

static void
skip_space(mlops_scanner *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

bool
mlops_scan_accept(mlops_scanner *s, char c)
{
	skip_space(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

bool
mlops_scan_word(mlops_scanner *s, const char *word)
{
	size_t		n = strlen(word);

	skip_space(s);
	if ((size_t) (s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	/* "null" must not match the beginning of "nullable" */
	if ((size_t) (s->end - s->p) > n &&
		((s->p[n] >= 'a' && s->p[n] <= 'z') || s->p[n] == '_'))
		return false;
	s->p += n;
	return true;
}

void
mlops_scan_expect(mlops_scanner *s, char c, const char *why)
{
	if (!mlops_scan_accept(s, c))
		mlops_scan_fail(s, why);
}

double
mlops_scan_float(mlops_scanner *s)
{
	char		buf[NUMBER_TEXT_MAX + 1];
	size_t		n = 0;
	char	   *stop;
	double		v;

	skip_space(s);
	/* Only these characters: no hexadecimal, no words, no locale. */
	while (s->p + n < s->end && n < NUMBER_TEXT_MAX &&
		   ((s->p[n] >= '0' && s->p[n] <= '9') ||
			s->p[n] == '+' || s->p[n] == '-' || s->p[n] == '.' ||
			s->p[n] == 'e' || s->p[n] == 'E'))
	{
		buf[n] = s->p[n];
		n++;
	}
	buf[n] = '\0';
	if (n == 0 || n == NUMBER_TEXT_MAX)
	{
		mlops_scan_fail(s, "a finite number is expected");
		return 0;
	}
	v = strtod(buf, &stop);
	if (*stop != '\0' || !isfinite(v))
	{
		mlops_scan_fail(s, "a finite number is expected");
		return 0;
	}
	s->p += n;
	return v;
}

double
mlops_scan_any_float(mlops_scanner *s)
{
	if (mlops_scan_word(s, "NaN"))
		return (double) NAN;
	if (mlops_scan_word(s, "Infinity"))
		return (double) INFINITY;
	if (mlops_scan_word(s, "-Infinity"))
		return -(double) INFINITY;
	return mlops_scan_float(s);
}

int64_t
mlops_scan_int(mlops_scanner *s)
{
	char		buf[24];
	size_t		n = 0;
	char	   *stop;
	long long	v;

	skip_space(s);
	while (s->p + n < s->end && n < sizeof(buf) - 1 &&
		   ((s->p[n] >= '0' && s->p[n] <= '9') || (n == 0 && s->p[n] == '-')))
	{
		buf[n] = s->p[n];
		n++;
	}
	buf[n] = '\0';
	errno = 0;
	v = strtoll(buf, &stop, 10);
	if (stop == buf || *stop != '\0' || errno != 0 || n == sizeof(buf) - 1)
	{
		mlops_scan_fail(s, "an integer of 64 bits is expected");
		return 0;
	}
	s->p += n;
	return v;
}

size_t
mlops_scan_quoted(mlops_scanner *s, char *buf, size_t size)
{
	size_t		n = 0;

	mlops_scan_expect(s, '"', "a string in double quotes is expected");
	while (s->p < s->end && *s->p != '"')
	{
		if (*s->p == '\\')
		{
			s->p++;
			if (s->p >= s->end || (*s->p != '"' && *s->p != '\\'))
			{
				mlops_scan_fail(s, "a backslash must be followed by a double quote or a backslash");
				return 0;
			}
		}
		if (buf != NULL && n < size)
			buf[n] = *s->p;
		n++;
		s->p++;
	}
	if (s->why == NULL && s->p >= s->end)
		mlops_scan_fail(s, "the closing double quote is missing");
	else if (s->why == NULL)
		s->p++;
	return s->why == NULL ? n : 0;
}

bool
mlops_scan_end(mlops_scanner *s)
{
	skip_space(s);
	if (s->p < s->end)
		mlops_scan_fail(s, "there is something after the end of the value");
	return s->why == NULL;
}
