/*
 * test_quantile.c
 *		The quantile sketch against exact ranks: orders made to hurt, sampling,
 *		random trees of merges, and the bound that the sketch states.
 */
#include "tap.h"

#include "kernel/summary/hash.h"
#include "kernel/summary/quantile.h"

#define MAX_N 400000

static double data[MAX_N];
static double ordered[MAX_N];

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
uniform(uint64_t *state)
{
	return (double) (mlops_random_next(state) >> 11) * 0x1p-53;
}

/* What the aggregate does with a batch. */
static void
feed(mlops_kll *s, const double *x, size_t n)
{
	for (size_t at = 0; at < n; at += MLOPS_BATCH)
	{
		size_t		count = n - at < MLOPS_BATCH ? n - at : MLOPS_BATCH;
		uint32_t	level = mlops_kll_sample_level(s->n);
		double		drawn[MLOPS_BATCH + 1];
		uint64_t	rest;
		size_t		blocks = mlops_kll_sample(s, x + at, count, level, drawn, &rest);

		if (rest > 0)
			mlops_kll_insert_weighted(s, drawn[blocks], rest);
		mlops_sort_doubles(drawn, blocks);
		mlops_kll_insert(s, drawn, (uint32_t) blocks, level);
	}
}

/* Weight, order and count of the items hold together. */
static bool
sound(const mlops_kll *s)
{
	uint64_t	weight = 0;
	uint32_t	at = 0;

	if (s->total > mlops_kll_budget(s->nlevels) || s->nlevels > MLOPS_KLL_LEVELS)
		return false;
	for (uint32_t h = s->nlevels; h-- > 0;)
	{
		weight += (uint64_t) s->count[h] << h;
		for (uint32_t i = 1; i < s->count[h]; i++)
			if (s->item[at + i] < s->item[at + i - 1])
				return false;
		at += s->count[h];
	}
	return weight == s->n && at == s->total;
}

static double
estimated_rank(const mlops_kll *s, double x)
{
	uint64_t	rank = 0;
	uint32_t	at = 0;

	for (uint32_t h = s->nlevels; h-- > 0;)
		for (uint32_t i = 0; i < s->count[h]; i++)
			rank += (uint64_t) (s->item[at++] <= x) << h;
	return (double) rank;
}

/* Values <= x in ordered[0..n). */
static double
true_rank(size_t n, double x)
{
	size_t		lo = 0;
	size_t		hi = n;

	while (lo < hi)
	{
		size_t		mid = (lo + hi) / 2;

		if (ordered[mid] <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (double) lo;
}

/* Largest error of 99 ranks, as a share of n; *outside counts those beyond the bound. */
static double
worst_error(const mlops_kll *s, size_t n, int *outside)
{
	double		worst = 0;
	double		bound = mlops_kll_rank_error(s);

	for (int q = 1; q < 100; q++)
	{
		double		x = ordered[n * q / 100];
		double		error = fabs(estimated_rank(s, x) - true_rank(n, x)) / (double) n;

		worst = error > worst ? error : worst;
		*outside += error > bound;
	}
	return worst;
}

static void
make_order(int order, size_t n)
{
	uint64_t	seed = (uint64_t) order + 1;

	for (size_t i = 0; i < n; i++)
	{
		double		u = uniform(&seed);

		switch (order)
		{
			case 0:				/* random */
				data[i] = u;
				break;
			case 1:				/* ascending */
				data[i] = (double) i;
				break;
			case 2:				/* descending */
				data[i] = -(double) i;
				break;
			case 3:				/* from both ends to the middle */
				data[i] = i % 2 ? (double) i : -(double) i;
				break;
			case 4:				/* few values, many ties */
				data[i] = floor(u * 300);
				break;
			case 5:				/* heavy tail */
				data[i] = pow(1 - u, -3);
				break;
			case 6:				/* period of one batch */
				data[i] = (double) (i % MLOPS_BATCH) + u / 2;
				break;
			case 7:				/* half of it the same, at the end */
				data[i] = i < n / 2 ? u : 0.25;
				break;
			default:			/* period of two */
				data[i] = (i % 2) + u / 4;
		}
	}
	memcpy(ordered, data, n * sizeof(double));
	qsort(ordered, n, sizeof(double), compare);
}

static void
test_sort(void)
{
	uint64_t	seed = 7;
	bool		good = true;

	for (size_t n = 0; n <= MLOPS_BATCH; n++)
	{
		double		x[MLOPS_BATCH];
		double		y[MLOPS_BATCH];

		for (size_t i = 0; i < n; i++)
			x[i] = y[i] = n % 3 ? uniform(&seed) - 0.5 : floor(uniform(&seed) * 10);
		qsort(x, n, sizeof(double), compare);
		mlops_sort_doubles(y, n);
		good = good && memcmp(x, y, n * sizeof(double)) == 0;
	}
	ok(good, "batches of every length are sorted");
}

static void
test_orders(void)
{
	static const size_t sizes[] = {100, 376, 377, 5000, 32767, 40000, MAX_N};
	static mlops_kll s;
	int			outside = 0;
	int			looked = 0;

	for (int order = 0; order <= 8; order++)
	{
		bool		whole = true;
		double		worst = 0;
		double		bound = 0;

		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		{
			double		error;

			make_order(order, sizes[k]);
			mlops_kll_init(&s, 42 + k);
			feed(&s, data, sizes[k]);
			whole = whole && sound(&s) && s.n == sizes[k];
			error = worst_error(&s, sizes[k], &outside);
			looked += 99;
			if (sizes[k] <= 376)
				whole = whole && error == 0 && mlops_kll_rank_error(&s) == 0;
			worst = error > worst ? error : worst;
			bound = mlops_kll_rank_error(&s) > bound ? mlops_kll_rank_error(&s) : bound;
		}
		ok(whole, "order %d: weights and order hold, exact up to 376 values", order);
		ok(worst < 0.02, "order %d: ranks are off by less than .02 (%.4f, stated bound up to %.4f)",
		   order, worst, bound);
		ok(bound > 0 && bound < 0.03, "order %d: the stated bound is below .03", order);
	}
	ok(outside <= looked / 100, "at most one rank in a hundred is outside the stated bound (%d of %d)",
	   outside, looked);
}

/* A random tree over data[from..to): leaves of 1 to 3000 values. */
static void
tree(mlops_kll *s, size_t from, size_t to, uint64_t *seed)
{
	size_t		n = to - from;

	if (n <= 3000 && (n < 2 || uniform(seed) < 0.5))
	{
		mlops_kll_init(s, mlops_random_next(seed));
		feed(s, data + from, n);
	}
	else
	{
		static mlops_kll pool[64];
		static int	used = 0;
		mlops_kll  *other = &pool[used++];
		size_t		cut = from + 1 + (size_t) (uniform(seed) * (double) (n - 1));

		tree(s, from, cut, seed);
		tree(other, cut, to, seed);
		mlops_kll_merge(s, other);
		used--;
	}
}

static void
test_merges(void)
{
	static mlops_kll s;
	uint64_t	seed = 99;
	int			outside = 0;
	double		worst = 0;
	bool		whole = true;

	for (int round = 0; round < 40; round++)
	{
		size_t		n = 200000;
		double		error;

		make_order(round % 9, n);
		tree(&s, 0, n, &seed);
		whole = whole && sound(&s) && s.n == n;
		error = worst_error(&s, n, &outside);
		worst = error > worst ? error : worst;
	}
	ok(whole, "merged sketches stand for all values");
	ok(worst < 0.02, "random trees of merges: ranks are off by less than .02 (%.4f)", worst);
	ok(outside <= 40, "and at most one in a hundred is outside the stated bound (%d of 3960)", outside);
}

/* The same sketch merged with itself: the coins are the same, the bound must not shrink. */
static void
test_replicas(void)
{
	static mlops_kll one;
	static mlops_kll sum;
	double		single;

	make_order(0, 10000);
	mlops_kll_init(&one, 5);
	feed(&one, data, 10000);
	single = mlops_kll_rank_error(&one);
	sum = one;
	for (int i = 1; i < 100; i++)
		mlops_kll_merge(&sum, &one);
	ok(sum.n == 1000000 && sound(&sum), "a hundred times the same sketch");
	ok(mlops_kll_rank_error(&sum) >= single, "its stated bound does not shrink");
	ok(mlops_kll_rank_error(&sum) < 0.04, "nor grow much (%.4f, one: %.4f)", mlops_kll_rank_error(&sum), single);
}

/* Unbiased: over many seeds the errors of one rank average out. */
static void
test_bias(void)
{
	static mlops_kll s;
	double		sum = 0;
	double		squares = 0;
	double		bound = 0;
	int			rounds = 400;
	size_t		n = 60000;

	make_order(1, n);
	for (int r = 0; r < rounds; r++)
	{
		double		error;

		mlops_kll_init(&s, (uint64_t) r * 7919);
		feed(&s, data, n);
		error = (estimated_rank(&s, ordered[n / 3]) - true_rank(n, ordered[n / 3])) / (double) n;
		sum += error;
		squares += error * error;
		bound = s.variance / ((double) n * (double) n);
	}
	ok(fabs(sum / rounds) < 4 * sqrt(squares) / rounds, "no bias: mean error %.5f over %d seeds",
	   sum / rounds, rounds);
	ok(squares / rounds < bound, "variance %.3g is below the stated one, %.3g", squares / rounds, bound);
}

/* Forty million values: a hundred times the same ones, so the ranks are known. */
static void
test_long(void)
{
	static mlops_kll s;
	int			outside = 0;
	double		worst;

	make_order(0, MAX_N);
	mlops_kll_init(&s, 1);
	for (int i = 0; i < 100; i++)
		feed(&s, data, MAX_N);
	ok(s.n == (uint64_t) MAX_N * 100 && sound(&s), "forty million values");
	/* worst_error() compares with ranks among MAX_N, so scale the sketch's */
	worst = 0;
	for (int q = 1; q < 100; q++)
	{
		double		x = ordered[MAX_N / 100 * q];
		double		error = fabs(estimated_rank(&s, x) / 100 - true_rank(MAX_N, x)) / MAX_N;

		worst = error > worst ? error : worst;
		outside += error > mlops_kll_rank_error(&s);
	}
	ok(outside == 0 && worst < 0.02, "ranks are off by at most %.4f, stated %.4f", worst,
	   mlops_kll_rank_error(&s));
	ok(mlops_kll_rank_error(&s) < 0.02, "the stated bound is below .02 in a single pass");
}

static void
test_sampling(void)
{
	static mlops_kll s;
	static mlops_kll again;
	double		drawn[MLOPS_BATCH + 1];
	uint64_t	rest;

	is_int(mlops_kll_sample_level(0), 0, "few values are all looked at");
	is_int(mlops_kll_sample_level(2 * MLOPS_SAMPLE_SIZE - 1), 0, "up to the stated number");
	is_int(mlops_kll_sample_level(2 * MLOPS_SAMPLE_SIZE), 1, "then one of two");
	is_int(mlops_kll_sample_level(UINT64_C(1) << 60), MLOPS_SAMPLE_LEVEL, "at least one of a batch");
	make_order(1, 1000);
	mlops_kll_init(&s, 3);
	is_int((int64_t) mlops_kll_sample(&s, data, 500, 5, drawn, &rest), 15, "15 blocks of 32");
	is_int((int64_t) rest, 20, "and a rest that stands for 20");
	for (int i = 0; i < 15; i++)
		if (drawn[i] < 32 * i || drawn[i] >= 32 * i + 32)
			rest = 0;
	ok(rest == 20 && drawn[15] >= 480 && drawn[15] < 500, "every value out of its own block");
	is_close(s.sampling, (15 * 32.0 * 32 + 20 * 20) / 4, 1e-15, "variance of a draw is at most w^2 / 4");
	mlops_kll_insert_weighted(&s, 1.5, 20);
	ok(s.n == 20 && s.count[4] == 1 && s.count[2] == 1 && s.total == 2, "a weight is a sum of powers of two");
	make_order(5, 100000);
	mlops_kll_init(&s, 11);
	mlops_kll_init(&again, 11);
	feed(&s, data, 100000);
	feed(&again, data, 100000);
	ok(memcmp(&s, &again, offsetof(mlops_kll, item)) == 0 &&
	   memcmp(s.item, again.item, s.total * sizeof(double)) == 0, "the same values and seed, the same sketch");
}

int
main(void)
{
	test_sort();
	test_orders();
	test_merges();
	test_replicas();
	test_bias();
	test_long();
	test_sampling();
	return done_testing();
}
