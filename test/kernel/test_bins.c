/*
 * Bins: the lookup table and both searches against counting the edges one by
 * one; labels against comparing them one by one; edge cases by hand.
 */
#include <float.h>

#include "kernel/summary/bins.h"
#include "tap.h"
#include "types/binning_codec.h"

static uint64_t seed = 42;

/* SplitMix64 */
static uint64_t
next(void)
{
	uint64_t	z = (seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static double
uniform(void)
{
	return (double) (next() >> 11) / 9007199254740992.0;
}

static int
count_edges(const double *edge, int n, double x)
{
	int			bin = 0;

	for (int i = 0; i < n; i++)
		bin += edge[i] <= x;
	return bin;
}

/* number of disagreements over values in, at, and around the edges */
static int
disagreements(const double *edge, int n)
{
	static union
	{
		mlops_bin_table t;
		char		room[65536];
	}			u;
	int			bad = mlops_bin_table_size(n) > sizeof(u);

	mlops_bin_table_build(&u.t, edge, n);
	for (int i = -3; i < 5 * n + 50; i++)
	{
		double		x = i < 0 ? (i == -1 ? DBL_MAX : i == -2 ? -DBL_MAX : -0.0)
			: i < n ? edge[i]
			: i < 2 * n ? nextafter(edge[i - n], -INFINITY)
			: i < 3 * n ? nextafter(edge[i - 2 * n], INFINITY)
			: n == 0 ? uniform()
			: edge[0] + (edge[n - 1] / 2 - edge[0] / 2) * 2.2 * (uniform() - 0.05);
		int			want;

		if (!isfinite(x))
			continue;
		want = count_edges(edge, n, x);
		bad += mlops_bin_find(&u.t, edge, x) != want;
		bad += mlops_bin_search(edge, n, x) != want;
	}
	return bad;
}

static void
test_numbers(void)
{
	static double edge[MLOPS_BINS_MAX];
	const double hand[3] = {1, 2.5, 10};
	const double x[9] = {-1e300, 0, 1, 2, 2.5, 9.9, 10, 11, 1e300};
	const int	want[9] = {0, 0, 1, 1, 2, 2, 3, 3, 3};
	const int	sizes[9] = {0, 1, 2, 3, 19, 99, 100, 999, 1000};

	for (int i = 0; i < 9; i++)
		is_int(mlops_bin_search(hand, 3, x[i]), want[i], "bin by hand");
	for (int k = 0; k < 9; k++)
	{
		int			n = sizes[k];

		for (int i = 0; i < n; i++)
			edge[i] = i * 0.1;
		is_int(disagreements(edge, n), 0, "equal distances");
		for (int i = 0; i < n; i++)
			edge[i] = -exp(-0.02 * i);
		is_int(disagreements(edge, n), 0, "logarithmic distances");
		for (int i = 0; i < n; i++)
			edge[i] = i == n - 1 ? 1e300 : i;
		is_int(disagreements(edge, n), 0, "one far edge: all others share a cell");
		for (int i = 0; i < n; i++)
			edge[i] = i == 0 ? 1e-3 : nextafter(edge[i - 1], 1);
		is_int(disagreements(edge, n), 0, "neighbouring numbers");
		for (int i = 0; i < n; i++)
			edge[i] = (i - n / 2) * 4.9e-324;
		is_int(disagreements(edge, n), 0, "denormal numbers: the inverse of the range overflows");
		for (int i = 0; i < n; i++)
			edge[i] = (i - n / 2.0 + 0.5) / (n / 2.0 + 1) * DBL_MAX;
		is_int(disagreements(edge, n), 0, "the whole range: its width overflows");
		edge[0] = uniform();
		for (int i = 1; i < n; i++)
			edge[i] = edge[i - 1] + uniform() * uniform() * uniform();
		is_int(disagreements(edge, n), 0, "random distances");
	}
}

static void
test_clean(void)
{
	double		e[8] = {3, NAN, 1, -0.0, 3, INFINITY, 2, 1};
	double		f[4] = {5, 5, 6, 4};

	is_int(mlops_edges_clean(e, 8, -INFINITY), 4, "edges: sorted, finite, once each");
	ok(e[0] == 0 && !signbit(e[0]) && e[1] == 1 && e[2] == 2 && e[3] == 3, "-0 becomes 0");
	is_int(mlops_edges_clean(f, 4, 4), 2, "edges above the smallest value only");
	ok(f[0] == 5 && f[1] == 6, "which are these");
}

static void
test_between(void)
{
	is_close(mlops_edge_between(3, 4), 3.5, 0, "between 3 and 4");
	is_close(mlops_edge_between(10, 11), 10.5, 0, "between 10 and 11");
	is_close(mlops_edge_between(0, 96), 50, 0, "between 0 and 96: the middle, 48, with one digit");
	is_close(mlops_edge_between(0.1234561, 0.1234599), 0.123458, 0, "middle half, fewest digits");
	is_close(mlops_edge_between(-1, 1), 0, 0, "between -1 and 1");
	is_close(mlops_edge_between(1, nextafter(1, 2)), nextafter(1, 2), 0, "neighbours: the higher one");
	ok(isfinite(mlops_edge_between(-DBL_MAX, DBL_MAX)), "no overflow");
	for (int i = 0; i < 2000; i++)
	{
		double		a = (uniform() - 0.5) * exp(40 * (uniform() - 0.5));
		double		b = a + uniform() * exp(40 * (uniform() - 0.5));
		double		e;

		if (!(a < b))
			continue;
		e = mlops_edge_between(a, b);
		if (!(a < e && e <= b))
		{
			ok(false, "edge between %.17g and %.17g", a, b);
			return;
		}
	}
	ok(true, "2000 random pairs are separated");
}

static void
test_labels(void)
{
	static char bytes[16384];
	static uint32_t ends[MLOPS_BINS_MAX];
	static uint16_t slot[4096];
	static int64_t key[4096];
	static uint16_t bin[4096];
	uint32_t	slots = mlops_label_slots(MLOPS_BINS_MAX);
	uint32_t	at = 0;
	int			bad = 0;

	ok(slots > MLOPS_BINS_MAX && slots <= 4096, "slots for the largest list");
	for (int i = 0; i < MLOPS_BINS_MAX; i++)
	{
		at += (uint32_t) sprintf(bytes + at, "%d", i * 7 - 3000);
		ends[i] = at;
	}
	is_int(mlops_label_index(slot, slots, ends, bytes, MLOPS_BINS_MAX), MLOPS_OK, "1000 labels");
	mlops_int_index(key, bin, slots, ends, bytes, MLOPS_BINS_MAX);
	for (int v = -3100; v < 4100; v++)
	{
		char		text[32];
		size_t		len = (size_t) sprintf(text, "%d", v);
		int			want = v >= -3000 && v < 4000 && (v + 3000) % 7 == 0 ? (v + 3000) / 7 : -1;

		bad += mlops_label_find(slot, slots, ends, bytes, text, len) != want;
		bad += mlops_label_scan(ends, bytes, MLOPS_BINS_MAX, text, len) != want;
		bad += mlops_int_find(key, bin, slots, v) != want;
	}
	is_int(bad, 0, "every label is found, and nothing else");
	/* "", "a", "" */
	ends[0] = 0;
	ends[1] = 1;
	ends[2] = 1;
	is_int(mlops_label_index(slot, 8, ends, "a", 3), MLOPS_DOMAIN, "a label that occurs twice, be it empty");
	is_int(mlops_label_index(slot, 8, ends, "a", 2), MLOPS_OK, "an empty label is a label");
	is_int(mlops_label_find(slot, 8, ends, "a", "", 0), 0, "and it is found");
	is_int(mlops_label_index(slot, 2, ends, "a", 0), MLOPS_OK, "no label");
	is_int(mlops_label_find(slot, 2, ends, "a", "a", 1), -1, "finds nothing");
}

static void
test_ints(void)
{
	const char *good[5] = {"0", "7", "-3", "9223372036854775807", "-9223372036854775808"};
	const int64_t want[5] = {0, 7, -3, INT64_MAX, INT64_MIN};
	const char *bad[11] = {"", "-", "00", "07", "-0", "+1", "1 ", " 1", "1e3", "9223372036854775808", "-9223372036854775809"};
	int64_t		v;

	for (int i = 0; i < 5; i++)
	{
		v = 1;
		ok(mlops_label_int(good[i], strlen(good[i]), &v) && v == want[i], "\"%s\" is an integer's text", good[i]);
	}
	for (int i = 0; i < 11; i++)
		ok(!mlops_label_int(bad[i], strlen(bad[i]), &v), "\"%s\" is not", bad[i]);
}

static void
test_counts(void)
{
	int64_t		sum = 0;
	int64_t		fits[3] = {INT64_MAX - 5, 2, 3};
	int64_t		over[3] = {INT64_MAX - 5, 3, 3};
	int64_t		negative[2] = {5, -1};
	const char *text = "some bytes that are longer than eight";
	uint64_t	h = mlops_fingerprint(text, strlen(text), 1);
	int			same = 0;

	ok(mlops_counts_sum(fits, 3, &sum) && sum == INT64_MAX, "counts that just fit");
	ok(!mlops_counts_sum(over, 3, &sum), "counts that do not");
	ok(!mlops_counts_sum(negative, 2, &sum), "a negative count");
	ok(mlops_counts_sum(NULL, 0, &sum) && sum == 0, "no count");
	for (size_t i = 0; i < 8 * strlen(text); i++)
	{
		char		other[64];

		memcpy(other, text, strlen(text));
		other[i / 8] = (char) (other[i / 8] ^ (1 << i % 8));
		same += mlops_fingerprint(other, strlen(text), 1) == h;
	}
	is_int(same, 0, "a flipped bit changes the fingerprint");
	ok(mlops_fingerprint("", 0, 1) != mlops_fingerprint("\0", 1, 1), "so does a null byte");
}

int
main(void)
{
	test_numbers();
	test_clean();
	test_between();
	test_labels();
	test_ints();
	test_counts();
	return done_testing();
}
