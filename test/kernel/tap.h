/*
 * tap.h
 *		Unit tests of the kernels, in TAP, in one header.
 *
 * A test is a main() that calls ok(), is_close() ... and ends with
 * `return done_testing();`.  Golden vectors are read with golden_open() and
 * golden_next(): lines that start with '#' say where the numbers come from,
 * the first other line names the columns, every other line is one row.
 * Tests run with test/kernel as working directory.
 */
#ifndef MLOPS_TEST_TAP_H
#define MLOPS_TEST_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_MAX_FIELDS 64
#define GOLDEN_MAX_LINE 65536

typedef struct golden
{
	FILE	   *file;
	char		path[512];
	int			line;
	int			nfields;
	char	   *field[GOLDEN_MAX_FIELDS];	/* point into buffer */
	char		buffer[GOLDEN_MAX_LINE];
} golden;

static int	tap_run = 0;
static int	tap_failed = 0;

#define TAP_UNUSED __attribute__((unused))
#define TAP_PRINTF(f, a) __attribute__((format(printf, f, a)))

static TAP_UNUSED void
diag(const char *fmt,...)
{
	va_list		ap;

	va_start(ap, fmt);
	printf("#   ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

/* One test point; returns whether it passed, so that a caller can add diag(). */
TAP_PRINTF(2, 3)
static TAP_UNUSED bool
ok(bool passed, const char *fmt,...)
{
	va_list		ap;

	tap_run++;
	if (!passed)
		tap_failed++;
	printf("%sok %d - ", passed ? "" : "not ", tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	return passed;
}

/* |got - want| <= tol * |want|; infinities and NaN must be the same. */
static TAP_UNUSED bool
close_to(double got, double want, double tol)
{
	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got);
	if (isinf(want) || isinf(got))
		return got == want;
	return fabs(got - want) <= tol * fabs(want);
}

TAP_PRINTF(4, 5)
static TAP_UNUSED bool
is_close(double got, double want, double tol, const char *fmt,...)
{
	char		name[1024];
	va_list		ap;
	bool		passed = close_to(got, want, tol);

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	ok(passed, "%s", name);
	if (!passed)
		diag("got %.17g, want %.17g, relative difference %.3g > %.3g", got, want,
			 want != 0 ? fabs(got - want) / fabs(want) : fabs(got), tol);
	return passed;
}

static TAP_UNUSED bool
is_int(int64_t got, int64_t want, const char *name)
{
	bool		passed = got == want;

	ok(passed, "%s", name);
	if (!passed)
		diag("got %" PRId64 ", want %" PRId64, got, want);
	return passed;
}

static TAP_UNUSED int
done_testing(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed == 0 && tap_run > 0 ? 0 : 1;
}

/* Split one line at commas, in place. */
static TAP_UNUSED void
golden_split(golden *g)
{
	char	   *p = g->buffer;

	p[strcspn(p, "\r\n")] = '\0';
	g->nfields = 0;
	for (;;)
	{
		if (g->nfields == GOLDEN_MAX_FIELDS)
		{
			printf("Bail out! %s:%d: more than %d fields\n", g->path, g->line, GOLDEN_MAX_FIELDS);
			exit(2);
		}
		g->field[g->nfields++] = p;
		p = strchr(p, ',');
		if (p == NULL)
			return;
		*p++ = '\0';
	}
}

/* Next data row; false at the end of the file. */
static TAP_UNUSED bool
golden_next(golden *g)
{
	while (fgets(g->buffer, sizeof(g->buffer), g->file) != NULL)
	{
		g->line++;
		if (g->buffer[0] == '#' || g->buffer[0] == '\n')
			continue;
		golden_split(g);
		return true;
	}
	fclose(g->file);
	g->file = NULL;
	return false;
}

/*
 * Open golden/NAME and read the line with the column names, which must be
 * exactly `columns`: a reordered file is not silently accepted.  The file has
 * to say where it comes from.
 */
static TAP_UNUSED void
golden_open(golden *g, const char *name, const char *columns)
{
	bool		provenance = false;

	snprintf(g->path, sizeof(g->path), "golden/%s", name);
	g->line = 0;
	g->nfields = 0;
	g->file = fopen(g->path, "r");
	if (g->file == NULL)
	{
		printf("Bail out! cannot open %s\n", g->path);
		exit(2);
	}
	while (fgets(g->buffer, sizeof(g->buffer), g->file) != NULL)
	{
		g->line++;
		if (strncmp(g->buffer, "# provenance:", 13) == 0)
			provenance = true;
		if (g->buffer[0] == '#' || g->buffer[0] == '\n')
			continue;
		g->buffer[strcspn(g->buffer, "\r\n")] = '\0';
		if (strcmp(g->buffer, columns) == 0 && provenance)
			return;
		break;
	}
	printf("Bail out! %s has columns \"%s\" (want \"%s\"), provenance %s\n",
		   g->path, g->buffer, columns, provenance ? "given" : "missing");
	exit(2);
}

static TAP_UNUSED double
golden_double(const golden *g, int i)
{
	char	   *end;
	double		v;

	if (i < g->nfields)
	{
		v = strtod(g->field[i], &end);
		if (end != g->field[i] && *end == '\0')
			return v;
	}
	printf("Bail out! %s:%d: field %d is not a number\n", g->path, g->line, i + 1);
	exit(2);
}

static TAP_UNUSED const char *
golden_text(const golden *g, int i)
{
	if (i < g->nfields)
		return g->field[i];
	printf("Bail out! %s:%d: no field %d\n", g->path, g->line, i + 1);
	exit(2);
}

/*
 * Field i is a list of numbers separated by semicolons; returns how many were
 * written to out.
 */
static TAP_UNUSED int
golden_list(const golden *g, int i, double *out, int max)
{
	const char *p = golden_text(g, i);
	int			n = 0;

	while (*p != '\0')
	{
		char	   *end;
		double		v = strtod(p, &end);

		if (end == p || n == max || (*end != '\0' && *end != ';'))
		{
			printf("Bail out! %s:%d: field %d is not a list\n", g->path, g->line, i + 1);
			exit(2);
		}
		out[n++] = v;
		p = *end == ';' ? end + 1 : end;
	}
	return n;
}

#endif
