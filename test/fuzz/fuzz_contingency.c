/*
 * fuzz_contingency.c
 *		Hostile bytes and text for mlops.contingency.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must be
 * sorted, survive both round trips and the stored image unchanged, and the
 * tests must not trip over any of its counts.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/categories/gof.h"
#include "kernel/categories/twobytwo.h"
#include "types/contingency_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

/* Longer sums than this would make the fuzzer slow, not wiser. */
#define FISHER_ROWS 1e9

/* The labels of what is returned live in *buf, or in the data. */
static bool
parse(bool text, const char *data, size_t size, mlops_category_list *list, char **buf)
{
	const char *why;

	*buf = NULL;
	list->item = NULL;
	if (text)
	{
		mlops_scanner s;

		mlops_scanner_init(&s, data, size);
		if (mlops_contingency_scan_count(s, &list->n) != NULL)
			return false;
		list->item = malloc((list->n + 1) * sizeof(mlops_category));
		*buf = malloc(size + 1);
		why = mlops_contingency_scan(&s, *buf, size, list);
	}
	else
	{
		mlops_reader r;

		mlops_reader_init(&r, data, size);
		if (mlops_contingency_read_count(r, &list->n) != NULL)
			return false;
		list->item = malloc((list->n + 1) * sizeof(mlops_category));
		why = mlops_contingency_read(&r, list);
	}
	return why == NULL && mlops_category_list_check(list) == NULL;
}

static mlops_contingency *
image(const mlops_category_list *list, size_t *size)
{
	mlops_contingency *c;

	*size = mlops_contingency_image_size(list->n, mlops_category_list_label_bytes(list));
	c = calloc(1, *size);
	mlops_contingency_build(list, c);
	return c;
}

static void
round_trips(const mlops_category_list *list)
{
	size_t		size;
	size_t		size_again;
	mlops_contingency *c = image(list, &size);
	mlops_contingency *again;
	mlops_category_list copy;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_category_list *) = text ? mlops_contingency_print : mlops_contingency_write;
		mlops_writer w;
		char	   *bytes;
		char	   *buf;

		mlops_writer_init(&w, NULL, 0);
		put(&w, list);
		bytes = malloc(w.used);
		mlops_writer_init(&w, bytes, w.used);
		put(&w, list);
		CHECK(!mlops_writer_full(&w));
		CHECK(parse(text, bytes, w.used, &copy, &buf));
		again = image(&copy, &size_again);
		CHECK(size == size_again && memcmp(c, again, size) == 0);
		free(again);
		free(copy.item);
		free(buf);
		free(bytes);
	}
	copy.item = malloc((list->n + 1) * sizeof(mlops_category));
	CHECK(mlops_contingency_list(c, size, &copy));
	again = image(&copy, &size_again);
	CHECK(size == size_again && memcmp(c, again, size) == 0);
	free(again);
	free(copy.item);
	free(c);
}

static void
use(const mlops_category_list *list)
{
	double	   *n = malloc((list->n + 1) * 2 * sizeof(double));
	double	   *m = n + list->n + 1;
	mlops_test	t;

	for (uint32_t i = 0; i < list->n; i++)
	{
		n[i] = (double) list->item[i].count[0];
		m[i] = (double) list->item[i].count[1];
		CHECK(i == 0 || list->item[i - 1].length > 0 || list->item[i].length > 0);
	}
	n[list->n] = (double) list->null_count[0];
	m[list->n] = (double) list->null_count[1];
	if (mlops_chi2_test(n, m, list->n + 1, NULL, &t) == MLOPS_OK)
		CHECK(t.p >= 0 && t.p <= 1 && t.statistic >= 0);
	if (list->n >= 1)
	{
		mlops_twobytwo table = {n[1], n[0], m[1], m[0]};

		if (mlops_z_test(&table, &t) == MLOPS_OK)
			CHECK(t.p >= 0 && t.p <= 1 && t.ln_p <= 0);
		if (n[0] + n[1] + m[0] + m[1] < FISHER_ROWS && mlops_fisher_test(&table, &t) == MLOPS_OK)
			CHECK(t.p >= 0 && t.p <= 1 && t.ln_p <= 0 && t.effect >= 0);
	}
	free(n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_category_list list;
	char	   *buf = NULL;

	if (size < 1)
		return 0;
	if (parse(data[0] % 2, (const char *) data + 1, size - 1, &list, &buf))
	{
		round_trips(&list);
		use(&list);
	}
	free(list.item);
	free(buf);
	return 0;
}
