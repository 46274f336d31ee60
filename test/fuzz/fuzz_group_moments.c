/*
 * fuzz_group_moments.c
 *		Hostile bytes and text for mlops.group_moments.
 *
 * First byte even: binary input, odd: text.  Whatever is accepted must be
 * sorted, survive both round trips and the stored image unchanged, and neither
 * merging nor the tests may trip over any of its numbers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/groups/anova.h"
#include "kernel/twosample/ttest.h"
#include "types/group_moments_codec.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x) do { if (!(x)) abort(); } while (0)

/* The labels of what is returned live in *buf, or in the data. */
static bool
parse(bool text, const char *data, size_t size, mlops_group_list *list, char **buf)
{
	const char *why;

	*buf = NULL;
	list->item = NULL;
	if (text)
	{
		mlops_scanner s;

		mlops_scanner_init(&s, data, size);
		if (mlops_group_moments_scan_count(s, &list->n) != NULL)
			return false;
		list->item = malloc((list->n + 1) * sizeof(mlops_group_item));
		*buf = malloc(size + 1);
		why = mlops_group_moments_scan(&s, *buf, size, list);
	}
	else
	{
		mlops_reader r;

		mlops_reader_init(&r, data, size);
		if (mlops_group_moments_read_count(r, &list->n) != NULL)
			return false;
		list->item = malloc((list->n + 1) * sizeof(mlops_group_item));
		why = mlops_group_moments_read(&r, list);
	}
	return why == NULL && mlops_group_list_check(list) == NULL;
}

static mlops_group_moments *
image(const mlops_group_list *list, size_t *size)
{
	mlops_group_moments *c;

	*size = mlops_group_moments_image_size(list->n, mlops_group_list_label_bytes(list));
	c = calloc(1, *size);
	mlops_group_moments_build(list, c);
	return c;
}

static void
round_trips(const mlops_group_list *list)
{
	size_t		size;
	size_t		size_again;
	mlops_group_moments *c = image(list, &size);
	mlops_group_moments *again;
	mlops_group_list copy;

	for (int text = 0; text < 2; text++)
	{
		void		(*put) (mlops_writer *, const mlops_group_list *) = text ? mlops_group_moments_print : mlops_group_moments_write;
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
	copy.item = malloc((list->n + 1) * sizeof(mlops_group_item));
	CHECK(mlops_group_moments_list(c, size, &copy));
	again = image(&copy, &size_again);
	CHECK(size == size_again && memcmp(c, again, size) == 0);
	free(again);
	free(copy.item);
	free(c);
}

/* A sum of doubles that do not overlap, as the codec demands of all numbers. */
static bool
normal(const mlops_dd *d)
{
	return isfinite(d->lo) && d->hi + d->lo == d->hi;
}

static void
use(const mlops_group_list *list)
{
	mlops_mean3 *group = malloc((list->n + 1) * sizeof(mlops_mean3));
	mlops_mean3 all = {0};
	mlops_anova a = {0};
	mlops_group_test f;
	mlops_test	t;

	for (uint32_t i = 0; i < list->n; i++)
	{
		group[i] = list->item[i].moments;
		CHECK(i == 0 || list->item[i - 1].length > 0 || list->item[i].length > 0);
		mlops_anova_add(&a, &group[i].base);
		mlops_mean3_merge(&all, &group[i]);
		/* what is merged could be written and read again */
		CHECK(normal(&a.total.mean) && isfinite(a.total.mean.hi) && normal(&a.total.m2) && a.total.m2.hi >= 0);
		CHECK(memcmp(&all.base, &a.total, sizeof(a.total)) == 0 && normal(&all.m3) && all.m3.hi != -INFINITY);
		CHECK((isinf(all.m3.hi) || !isinf(all.base.m2.hi)) && (all.base.m2.hi > 0 || all.m3.hi == 0));
	}
	if (mlops_anova_finish(&a, &f) == MLOPS_OK)
		CHECK(f.p >= 0 && f.p <= 1 && f.statistic >= 0 && f.effect >= 0 && f.effect <= 1);
	if (list->n < 8)
		mlops_anova_interval(&f);
	CHECK(!(f.effect_lower < 0) && !(f.effect_upper > 1));
	if (mlops_welch_anova(group, list->n, &f) == MLOPS_OK)
	{
		double		ln_p = f.ln_p;

		CHECK(f.p >= 0 && f.p <= 1 && f.statistic >= 0);
		CHECK(mlops_group_mean_test(group, list->n, &f) == MLOPS_OK && f.p <= 1 && f.ln_p >= ln_p);
	}
	if (list->n >= 2 && mlops_welch_test(&group[0].base, &group[1].base, &t) == MLOPS_OK)
	{
		double		ln_p = t.ln_p;

		CHECK(t.p >= 0 && t.p <= 1 && t.ln_p <= 0 && !(t.effect_lower > t.effect_upper));
		CHECK(mlops_mean_test(&group[0], &group[1], &t) == MLOPS_OK && t.p <= 1 && t.ln_p >= ln_p && !(t.effect_lower > t.effect_upper));
	}
	free(group);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mlops_group_list list;
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
