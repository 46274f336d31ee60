/*
 * test_adwin.c
 *		ADWIN against the paper in exact arithmetic (gen_adwin.py).
 */
#include "kernel/stream/adwin.h"
#include "tap.h"

/* The streams of gen_adwin.py. */
static double
value(int kind, int i, uint64_t *x)
{
	uint64_t	u;
	int64_t		v;

	*x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	u = *x >> 44;
	switch (kind)
	{
		case 0:
			v = u % 64;
			break;
		case 1:
			v = 64 * (u % 100 < (i < 700 ? 10 : 40));
			break;
		case 2:
			v = (int64_t) (u % 64) + 200 - 40 * (i >= 500) - 40 * (i >= 1200);
			break;
		case 3:
			v = u % 32 + 64 * (600 <= i && i < 700);
			break;
		case 4:
			v = u % 64 + i / 16;
			break;
		default:
			v = (int64_t) (u % 64) + INT64_C(64000000000) + 30 * (i >= 900);
	}
	return (double) v / 64;
}

int
main(void)
{
	static mlops_adwin a;
	golden		g;
	double		mean,
				variance;
	int			fewer = 0;

	golden_open(&g, "adwin.csv", "kind,n,delta,clock,max_buckets,min_window,grace,changes,first,first_before,first_after,last,width,mean,changes_of_skipping,first_of_skipping");
	while (golden_next(&g))
	{
		int			kind = (int) golden_double(&g, 0),
					n = (int) golden_double(&g, 1),
					changes = 0,
					first = 0,
					last = 0;
		double		before = NAN,
					after = NAN;
		uint64_t	x = 12345 + (uint64_t) kind;
		bool		valid = true;

		ok(mlops_adwin_init(&a, golden_double(&g, 2), (int32_t) golden_double(&g, 3), (int32_t) golden_double(&g, 4),
							(int32_t) golden_double(&g, 5), (int32_t) golden_double(&g, 6)) == MLOPS_OK, "parameters of line %d", g.line);
		for (int i = 0; i < n; i++)
		{
			if (mlops_adwin_update(&a, value(kind, i, &x)))
			{
				changes++;
				last = i + 1;
				if (first == 0)
				{
					first = i + 1;
					before = a.before;
					after = a.after;
				}
			}
			valid &= mlops_adwin_valid(&a);
		}
		ok(valid, "every state is valid, line %d", g.line);
		ok(changes == golden_double(&g, 7) && first == golden_double(&g, 8) && last == golden_double(&g, 11)
		   && a.changes == changes && a.last_change == last, "changes of line %d: %d, first at %d", g.line, changes, first);
		if (first > 0)
		{
			is_close(before, golden_double(&g, 9), 1e-12, "mean before, line %d", g.line);
			is_close(after, golden_double(&g, 10), 1e-12, "mean after, line %d", g.line);
		}
		ok(mlops_adwin_window(&a, &mean, &variance) == golden_double(&g, 12), "width of line %d", g.line);
		is_close(mean, golden_double(&g, 13), 1e-12, "mean of line %d", g.line);
		fewer += changes > 0 && golden_double(&g, 14) == 0;
	}
	ok(fewer == 5, "with one bucket a row, a loop that leaves out the newest bucket sees nothing of five changes");

	ok(mlops_adwin_init(&a, .002, 32, 5, 5, 10) == MLOPS_OK, "init");
	ok(!mlops_adwin_update(&a, NAN) && !mlops_adwin_update(&a, INFINITY) && a.seen == 0 && a.skipped == 2, "no finite value: skipped and counted");
	ok(mlops_adwin_window(&a, &mean, &variance) == 0 && isnan(mean), "an empty window has no mean");
	for (int i = 0; i < 100000; i++)
		if (mlops_adwin_update(&a, 7))
			break;
	ok(a.changes == 0 && mlops_adwin_window(&a, &mean, &variance) == 100000 && mean == 7 && variance == 0, "a constant never changes");
	ok(mlops_adwin_init(&a, 0, 32, 5, 5, 10) == MLOPS_DOMAIN && mlops_adwin_init(&a, 1, 32, 5, 5, 10) == MLOPS_DOMAIN
	   && mlops_adwin_init(&a, .1, 0, 5, 5, 10) == MLOPS_DOMAIN && mlops_adwin_init(&a, .1, 1, 17, 5, 10) == MLOPS_DOMAIN
	   && mlops_adwin_init(&a, .1, 1, 5, 0, 10) == MLOPS_DOMAIN && mlops_adwin_init(&a, NAN, 1, 5, 5, 10) == MLOPS_DOMAIN,
	   "parameters out of range");
	return done_testing();
}
