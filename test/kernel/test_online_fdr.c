/*
 * test_online_fdr.c
 *		Online FDR: levels and decisions against the papers' formulas, the state
 *		as bytes and text in the middle of a stream, and what a state costs.
 */
#include "tap.h"

#include "types/online_fdr_codec.h"

#define MAX_TESTS 200

static mlops_online_fdr *
begin(const char *method, double alpha, double w0, double lambda, double tau, uint32_t runs)
{
	mlops_online_fdr *f = malloc(mlops_online_fdr_size(runs));
	uint32_t	m = mlops_online_method_by_name(method);
	const char *why = mlops_online_fdr_begin(f, m, alpha, &w0, m == MLOPS_LORD_PLUS_PLUS ? NULL : &lambda,
											 m == MLOPS_ADDIS ? &tau : NULL);

	if (why != NULL)
	{
		printf("Bail out! %s %g %g %g %g: %s\n", method, alpha, w0, lambda, tau, why);
		exit(2);
	}
	return f;
}

/* The state by way of its text (or bytes), as a table row keeps it. */
static mlops_online_fdr *
stored(mlops_online_fdr *f, bool text, uint32_t runs)
{
	mlops_writer w;
	mlops_online_fdr *again = malloc(mlops_online_fdr_size(runs));
	char	   *buf;
	size_t		size = 0;
	const char *why;

	mlops_writer_init(&w, NULL, 0);
	(text ? mlops_online_fdr_print : mlops_online_fdr_write) (&w, f);
	buf = malloc(w.used);
	mlops_writer_init(&w, buf, w.used);
	(text ? mlops_online_fdr_print : mlops_online_fdr_write) (&w, f);
	if (text)
	{
		mlops_scanner s;

		mlops_scanner_init(&s, buf, w.used);
		why = mlops_online_fdr_scan_size(s, &size);
		if (why == NULL)
			why = mlops_online_fdr_scan(&s, again);
	}
	else
	{
		mlops_reader r;

		mlops_reader_init(&r, buf, w.used);
		why = mlops_online_fdr_read_size(r, &size);
		if (why == NULL)
			why = mlops_online_fdr_read(&r, again);
	}
	if (why != NULL || size != mlops_online_fdr_size(f->stream.runs))
	{
		diag("%s", why != NULL ? why : "another size");
		again->stream.alpha = NAN;
	}
	free(buf);
	free(f);
	return again;
}

static void
check_golden(void)
{
	static double p[MAX_TESTS],
				level[MAX_TESTS],
				rejected[MAX_TESTS];
	golden		g;

	golden_open(&g, "online_fdr.csv", "method,alpha,w0,lambda,tau,p,level,rejected");
	while (golden_next(&g))
	{
		int			n = golden_list(&g, 5, p, MAX_TESTS);
		mlops_online_fdr *f = begin(golden_text(&g, 0), golden_double(&g, 1), golden_double(&g, 2),
									golden_double(&g, 3), golden_double(&g, 4), MAX_TESTS);
		int			wrong = 0;
		int64_t		sum = 0;

		golden_list(&g, 6, level, MAX_TESTS);
		golden_list(&g, 7, rejected, MAX_TESTS);
		for (int t = 0; t < n && wrong == 0; t++)
		{
			double		before = mlops_online_level(&f->stream, f->run);

			sum += rejected[t] != 0;
			if (mlops_online_test(&f->stream, f->run, MAX_TESTS, p[t]) != MLOPS_OK ||
				!close_to(f->stream.last_level, level[t], 1e-13) || before != f->stream.last_level ||
				f->stream.last_rejected != (rejected[t] != 0) ||
				f->stream.tests != t + 1 || f->stream.rejections != sum)
				wrong = t + 1;
			/* every test goes through a row of a table, in one or the other form */
			if (wrong == 0)
				f = stored(f, t % 2 == 0, MAX_TESTS);
		}
		if (!ok(wrong == 0, "%s alpha %s w0 %s lambda %s tau %s, %d tests, %d rejections, line %d", golden_text(&g, 0),
				golden_text(&g, 1), golden_text(&g, 2), golden_text(&g, 3), golden_text(&g, 4), n, (int) sum, g.line))
			diag("test %d: got %.17g %u, want %.17g %g", wrong, f->stream.last_level, f->stream.last_rejected,
				 level[wrong - 1], rejected[wrong - 1]);
		free(f);
	}
}

/*
 * A run of rejections first .. last tests ago, and no wealth of its own but
 * that of a rejection so long ago that it does not matter.
 */
static void
check_long_runs(void)
{
	golden		g;

	golden_open(&g, "online_gamma.csv", "first,last,sum");
	while (golden_next(&g))
	{
		int64_t		first = (int64_t) golden_double(&g, 0);
		int64_t		last = (int64_t) golden_double(&g, 1);
		/* w0 = alpha takes the first rejection's share away: it is the one before the run */
		mlops_online_stream s = {.method = MLOPS_LORD_PLUS_PLUS, .runs = 1, .alpha = 0.05, .w0 = 0.05,
		.tests = last + 1, .clock = last + 1, .rejections = last - first + 2};
		mlops_online_run run = {1, last - first + 2};
		double		rest = 0.05 * mlops_online_gamma(MLOPS_LORD_PLUS_PLUS, last + 2);
		double		got = (mlops_online_level(&s, &run) - rest) / 0.05;

		is_close(got, golden_double(&g, 2), 1e-14, "sum of g from %.17g to %.17g", (double) first, (double) last);
	}
}

static void
check_gamma(void)
{
	const uint32_t method[2] = {MLOPS_LORD_PLUS_PLUS, MLOPS_SAFFRON};

	for (int i = 0; i < 2; i++)
	{
		double		sum = 0;
		bool		falls = true;

		for (int64_t m = 1; m < 100000; m++)
		{
			falls &= mlops_online_gamma(method[i], m + 1) < mlops_online_gamma(method[i], m);
			sum += mlops_online_gamma(method[i], m);
		}
		ok(falls, "sequence %d falls", i + 1);
		/* the rest of m^-1.6 from 100000 on is below the integral from 99999.5 */
		if (i == 1)
			is_close(sum + mlops_online_gamma(MLOPS_ADDIS, 1) * pow(99999.5, -0.6) / 0.6, 1, 1e-9, "and its sum is 1");
		else
			ok(sum < 0.5, "and its sum as far as that is below 1");
	}
}

/* Rejections that follow one another do not make the state larger. */
static void
check_size(void)
{
	const char *const method[3] = {"lord++", "saffron", "addis"};

	for (int i = 0; i < 3; i++)
	{
		mlops_online_fdr *f = begin(method[i], 0.05, 0.025, 0.25, 0.5, 4);
		mlops_status status = MLOPS_OK;

		for (int t = 0; t < 200000 && status == MLOPS_OK; t++)
			status = mlops_online_test(&f->stream, f->run, 4, t < 1000 || t > 2000 ? 0 : 0.4);
		ok(status == MLOPS_OK && f->stream.rejections == 198999 && f->stream.runs == 2,
		   "%s: 198999 rejections in two runs", method[i]);
		free(f);
	}
}

static void
check_limits(void)
{
	mlops_online_fdr *f = begin("lord++", 0.05, 0.005, 0, 0, 2);
	mlops_online_stream before;
	const double half = 0.5;

	mlops_online_test(&f->stream, f->run, 2, 0);
	mlops_online_test(&f->stream, f->run, 2, 1);
	mlops_online_test(&f->stream, f->run, 2, 0);
	mlops_online_test(&f->stream, f->run, 2, 1);
	before = f->stream;
	ok(mlops_online_test(&f->stream, f->run, 2, 0) == MLOPS_NOSPACE &&
	   memcmp(&before, &f->stream, sizeof(before)) == 0, "no room for a third run: refused, nothing changed");
	ok(mlops_online_test(&f->stream, f->run, 2, NAN) == MLOPS_DOMAIN &&
	   mlops_online_test(&f->stream, f->run, 2, -1e-300) == MLOPS_DOMAIN &&
	   mlops_online_test(&f->stream, f->run, 2, nextafter(1, 2)) == MLOPS_DOMAIN &&
	   memcmp(&before, &f->stream, sizeof(before)) == 0, "p outside of 0 .. 1: refused, nothing changed");
	ok(mlops_online_test(&f->stream, f->run, 2, 1) == MLOPS_OK && f->stream.tests == 5, "and the stream goes on");
	f->stream.tests = f->stream.clock = MLOPS_ONLINE_MAX_TESTS;
	ok(mlops_online_test(&f->stream, f->run, 2, 1) == MLOPS_NOSPACE, "no more tests than can be counted");
	ok(mlops_online_fdr_begin(f, MLOPS_LORD_PLUS_PLUS, 0.05, NULL, &half, NULL) != NULL &&
	   mlops_online_fdr_begin(f, MLOPS_SAFFRON, 0.05, NULL, NULL, &half) != NULL &&
	   mlops_online_fdr_begin(f, MLOPS_ADDIS, 0.05, NULL, &half, &half) != NULL &&
	   mlops_online_fdr_begin(f, MLOPS_SAFFRON, 0.05, &half, NULL, NULL) != NULL &&
	   mlops_online_fdr_begin(f, MLOPS_SAFFRON, 1, NULL, NULL, NULL) != NULL &&
	   mlops_online_fdr_begin(f, MLOPS_SAFFRON, NAN, NULL, NULL, NULL) != NULL, "parameters that do not fit");
	free(f);
}

/* Text that no state of ours has, and why. */
static void
check_refused(void)
{
	static const char *const bad[] = {
		"", "lord", "lord+++", "lord++ alpha 0.05",
		"lord++ alpha 0.05 w0 0.005 tests 1 clock 1 last 0.0002 rejected 1 runs ()",	/* where is it? */
		"lord++ alpha 0.05 w0 0.005 tests 2 clock 2 last 0.0002 rejected 0 runs (2 1)",
		"lord++ alpha 0.05 w0 0.005 tests 2 clock 1 last 0.0002 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.0002 rejected 0 runs (1 1, 2 1)",	/* one run */
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.0002 rejected 0 runs (4 1, 2 1)",
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.0002 rejected 0 runs (4 7)",
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.0002 rejected 0 runs (0 1)",
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.06 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.06 tests 0 clock 0 last 0 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 lambda 0.5 tests 0 clock 0 last 0 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 tests 0 clock 0 last 0.001 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 tests -1 clock -1 last 0 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 tests 9007199254740993 clock 9007199254740993 last 0 rejected 0 runs ()",
		"lord++ alpha 0.05 w0 0.005 tests 0 clock 0 last 0 rejected 0 runs () x",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 2 last 0.1 rejected 0 runs (0 1, 1 1)",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 2 last 0.1 rejected 1 runs (1 1)",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 1 last 0.1 rejected 0 runs (1 9223372036854775807)",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 1 last 0.1 rejected 0 runs (1 1, 1 1)",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 1 last 0.6 rejected 0 runs ()",
		"saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 1 last 0.1 rejected 2 runs ()",
		"addis alpha 0.05 w0 0.025 lambda 0.5 tau 0.5 tests 0 clock 0 last 0 rejected 0 runs ()",
		"addis alpha 0.05 w0 0.025 lambda 0.25 tests 0 clock 0 last 0 rejected 0 runs ()",
	};
	static const char *const good[] = {
		"lord++", " addis ", "saffron alpha 0.05 w0 0.025 lambda 0.5 tests 3 clock 2 last 0.1 rejected 0 runs (1 1)",
		"lord++ alpha 0.05 w0 0.005 tests 9 clock 9 last 0.0002 rejected 1 runs (1 2, 4 1, 9 1)",
	};
	_Alignas(8) char room[1024];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad) + sizeof(good) / sizeof(*good); i++)
	{
		bool		want = i >= sizeof(bad) / sizeof(*bad);
		const char *text = want ? good[i - sizeof(bad) / sizeof(*bad)] : bad[i];
		mlops_scanner s;
		size_t		size;
		const char *why;

		mlops_scanner_init(&s, text, strlen(text));
		why = mlops_online_fdr_scan_size(s, &size);
		if (why == NULL)
			why = mlops_online_fdr_scan(&s, (mlops_online_fdr *) room);
		ok((why == NULL) == want, "%s: \"%s\": %s", want ? "accepted" : "refused", text, why != NULL ? why : "good");
	}
}

int
main(void)
{
	check_golden();
	check_gamma();
	check_long_runs();
	check_size();
	check_limits();
	check_refused();
	return done_testing();
}
