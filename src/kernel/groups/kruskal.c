/*
 * kruskal.c
 *		Kruskal-Wallis test: analysis of variance of the ranks.
 *
 * Ranks are taken from their mean, (N + 1) / 2, so that H is
 *
 *		(N - 1) (sum of R^2 / n over the groups) / (sum of r^2 over the rows)
 *
 * with midranks r and their sums R by group.  That is the usual H divided by
 * 1 - sum(t^3 - t) / (N^3 - N), without the cancellation of either.
 */
#include "kernel/groups/ksample.h"

#include <math.h>

#include "kernel/special/dd.h"
#include "kernel/special/special.h"

/* An exact p is not thought of beyond so many rows. */
#define EXACT_ROWS 64

/* Sums of squares as large as the observed one but for rounding count as such. */
#define TIE 1e-10

typedef struct kruskal
{
	size_t		k;
	double		n;
	double		before;			/* rows below the tie that is being read */
	double		tied;			/* rows in it */
	double		x;				/* its value */
	mlops_dd	spread;			/* sum of squared ranks */
	size_t		touched;		/* groups in the tie */
	size_t		rows;			/* first EXACT_ROWS ranks, doubled */
	double		rank[EXACT_ROWS];
} kruskal;

/* Behind the struct. */
typedef struct group_ranks
{
	double		size;
	double		sum;			/* of the ranks */
	double		tied;			/* rows in the tie */
	size_t		touched;		/* entry i: the i-th group in the tie */
} group_ranks;

static group_ranks *
groups_of(kruskal *s)
{
	return (group_ranks *) (s + 1);
}

static size_t
state_size(size_t k)
{
	return sizeof(kruskal) + k * sizeof(group_ranks);
}

static void
begin(void *state, size_t k, const int64_t *rows)
{
	kruskal    *s = state;

	s->k = k;
	for (size_t i = 0; i < k; i++)
	{
		groups_of(s)[i].size = (double) rows[i];
		s->n += (double) rows[i];
	}
}

/* The tie is complete: its rows have the mean of its ranks. */
static void
close_tie(kruskal *s)
{
	group_ranks *g = groups_of(s);
	double		rank = s->before + 0.5 * (s->tied + 1) - 0.5 * (s->n + 1);
	mlops_dd	square = mlops_dd_mul((mlops_dd) {rank, 0}, (mlops_dd) {rank, 0});

	for (size_t i = 0; i < s->touched; i++)
	{
		group_ranks *t = &g[g[i].touched];

		t->sum += t->tied * rank;
		t->tied = 0;
	}
	s->spread = mlops_dd_add(s->spread, mlops_dd_mul(square, (mlops_dd) {s->tied, 0}));
	for (double i = 0; i < s->tied && s->rows < EXACT_ROWS; i++)
		s->rank[s->rows++] = 2 * rank;
	s->before += s->tied;
	s->tied = 0;
	s->touched = 0;
}

static void
step(void *state, const mlops_group_value *value, size_t n)
{
	kruskal    *s = state;
	group_ranks *g = groups_of(s);

	for (size_t i = 0; i < n; i++)
	{
		group_ranks *t = &g[value[i].group];

		if (value[i].x != s->x || s->tied == 0)
		{
			if (s->tied > 0)
				close_tie(s);
			s->x = value[i].x;
		}
		if (t->tied == 0)
			g[s->touched++].touched = (size_t) value[i].group;
		t->tied++;
		s->tied++;
	}
}

/* How many ways there are to give the rows to the groups; stops beyond the limit. */
static double
assignments(kruskal *s)
{
	group_ranks *g = groups_of(s);
	double		ways = 1;
	double		n = 0;

	for (size_t i = 0; i < s->k; i++)
		for (double j = 1; j <= g[i].size; j++)
		{
			n++;
			/* a binomial coefficient after every step: whole while it is small */
			ways = round(ways * n / j);
			if (ways > MLOPS_KRUSKAL_EXACT)
				return ways;
		}
	return ways;
}

typedef struct enumeration
{
	const double *rank;
	size_t		rows;
	size_t		k;
	double		size[EXACT_ROWS];
	double		left[EXACT_ROWS];
	double		sum[EXACT_ROWS];
	double		least;			/* the observed sum of squares, less rounding */
	double		count;			/* assignments that reach it */
} enumeration;

/* Rows from i on; none is left: compare. */
static void
enumerate(enumeration *e, size_t i)
{
	double		q = 0;

	if (i < e->rows)
	{
		for (size_t g = 0; g < e->k; g++)
		{
			if (!(e->left[g] > 0))
				continue;
			e->left[g]--;
			e->sum[g] += e->rank[i];
			enumerate(e, i + 1);
			e->sum[g] -= e->rank[i];
			e->left[g]++;
		}
		return;
	}
	for (size_t g = 0; g < e->k; g++)
		q += e->sum[g] * e->sum[g] / e->size[g];
	e->count += q >= e->least;
}

/* between: sum of R^2 / n of the ranks, not doubled. */
static double
exact_p(kruskal *s, double between, double ways)
{
	enumeration e = {.rank = s->rank, .rows = s->rows, .k = s->k, .least = 4 * between * (1 - TIE)};

	for (size_t g = 0; g < s->k; g++)
		e.size[g] = e.left[g] = groups_of(s)[g].size;
	enumerate(&e, 0);
	return e.count / ways;
}

static void
finish(void *state, mlops_group_test *out)
{
	kruskal    *s = state;
	mlops_tails tails;
	mlops_dd	sum = {0, 0};	/* the order of the groups must not matter */
	double		between;
	double		ways;

	if (s->tied > 0)
		close_tie(s);
	*out = MLOPS_NO_GROUP_TEST((double) s->k, s->n);
	if (s->k < 2)
	{
		out->reason = s->k > 0 ? MLOPS_REASON_ONE_GROUP : MLOPS_REASON_NO_ROWS;
		return;
	}
	out->df1 = (double) s->k - 1;
	if (!(s->spread.hi > 0))
	{
		out->reason = MLOPS_REASON_ALL_EQUAL;
		return;
	}
	for (size_t i = 0; i < s->k; i++)
	{
		const group_ranks *g = &groups_of(s)[i];

		sum = mlops_dd_add(sum, (mlops_dd) {g->sum * g->sum / g->size, 0});
	}
	between = sum.hi;
	out->statistic = (s->n - 1) * (between / s->spread.hi);
	out->effect = fmin(between / s->spread.hi, 1);
	out->measure = "epsilon squared";
	ways = s->n <= EXACT_ROWS ? assignments(s) : INFINITY;
	if (ways <= MLOPS_KRUSKAL_EXACT)
	{
		out->p = exact_p(s, between, ways);
		out->ln_p = log(out->p);
		out->variant = "exact";
	}
	else if (mlops_chi2_tails(out->statistic, out->df1, &tails) == MLOPS_OK)
	{
		out->p = tails.upper;
		out->ln_p = tails.ln_upper;
		out->variant = "limiting";
	}
	else
		out->reason = MLOPS_REASON_OUT_OF_RANGE;
}

const mlops_ksample_method mlops_kruskal_method = {
	"kruskal_wallis_test", state_size, begin, step, NULL, finish
};
