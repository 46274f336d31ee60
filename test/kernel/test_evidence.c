/*
 * test_evidence.c
 *		Running evidence: the ends of its intervals are where e-values, computed
 *		anew, reach 1 / alpha; stored values; what is refused.
 */
#include "tap.h"

#include "kernel/experiment/counts.h"
#include "types/evidence_codec.h"

/* E of counts against a ratio, the Beta law staying where the evidence has it. */
static double
count_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *p, double ratio)
{
	double		sum = 0;

	for (uint32_t i = 0; i < s->phases; i++)
	{
		mlops_odds	prior = mlops_event_share(p[i].share, s->null_value);
		double		one = NAN;

		mlops_bernoulli_ln_e((double) p[i].events_treatment, (double) p[i].events_control, mlops_event_share(p[i].share, ratio),
							 s->tuning * prior.p, s->tuning * prior.q, (mlops_alternative) s->alternative, &one);
		sum += one;
	}
	return sum;
}

static double
effect_ln_e(const mlops_evidence_state *s, const mlops_evidence_phase *p, double effect)
{
	mlops_sequence q = {MLOPS_SEQUENCE_ASYMPTOTIC, (mlops_alternative) s->alternative, s->confidence, 0, s->tuning, 0};
	double		sum = 0;

	for (uint32_t i = 0; i < s->phases; i++)
		sum += mlops_sequence_ln_e(q.method, q.alternative, (p[i].estimate - effect) / sqrt(p[i].variance),
								   mlops_sequence_ratio(&q, (double) (p[i].n_control + p[i].n_treatment), p[i].variance));
	return sum;
}

static void
check_ends(void)
{
	static const mlops_evidence_phase counts[] = {{0.05, 950, 50, 30, 4, 0, 0}, {0.5, 800, 820, 14, 33, 0, 0}, {0.3, 10, 5, 0, 0, 0, 0}};
	static const mlops_evidence_phase effects[] = {{0, 300, 320, 0, 0, 0.4, 0.04}, {0, 700, 650, 0, 0, 0.55, 0.01}, {0, 90, 100, 0, 0, 0.1, 0.5}};

	for (uint32_t phases = 1; phases <= 3; phases++)
		for (uint32_t alternative = MLOPS_TWO_SIDED; alternative <= MLOPS_LESS; alternative++)
			for (int which = 0; which < 2; which++)
			{
				mlops_evidence_state s = {.method = which ? MLOPS_EVIDENCE_ASYMPTOTIC : MLOPS_EVIDENCE_COUNTS,
					.metric = which ? MLOPS_EVIDENCE_MEAN : MLOPS_EVIDENCE_NONE, .alternative = alternative, .phases = phases,
				.confidence = 0.9, .null_value = which ? 0 : 1.2, .tuning = which ? 2000 : 3};
				const mlops_evidence_phase *p = which ? effects : counts;
				double		(*ln_e) (const mlops_evidence_state *, const mlops_evidence_phase *, double) = which ? effect_ln_e : count_ln_e;
				mlops_evidence_interval i;
				double		at = NAN;

				ok(mlops_evidence_check(&s) == NULL && mlops_evidence_interval_of(&s, p, &i) == MLOPS_OK && i.reason == NULL, "interval");
				if (alternative != MLOPS_LESS)
					is_close(ln_e(&s, p, i.lower), log(10), 1e-9, "lower end %g, %u phases, alternative %u", i.lower, phases, alternative);
				else
					ok(i.lower == (which ? -INFINITY : 0), "no lower end");
				if (alternative != MLOPS_GREATER)
					is_close(ln_e(&s, p, i.upper), log(10), 1e-9, "upper end %g, %u phases, alternative %u", i.upper, phases, alternative);
				else
					ok(i.upper == INFINITY, "no upper end");
				ok(i.estimate > i.lower && i.estimate < i.upper, "the estimate %g lies within", i.estimate);
				mlops_evidence_ln_e(&s, p, &at);
				is_close(at, ln_e(&s, p, s.null_value), 1e-12, "ln E");
			}
}

/* No events, events of one arm only, arms that are too small. */
static void
check_extremes(void)
{
	mlops_evidence_state s = {.method = MLOPS_EVIDENCE_COUNTS, .phases = 1, .confidence = 0.95, .null_value = 1, .tuning = 2};
	mlops_evidence_phase none = {0.5, 10, 10, 0, 0, 0, 0};
	mlops_evidence_phase one = {0.5, 10, 10, 40, 0, 0, 0};
	mlops_evidence_phase other = {0.5, 10, 10, 0, 40, 0, 0};
	mlops_evidence_phase huge = {0.5, INT64_C(1) << 53, INT64_C(1) << 53, INT64_C(1) << 52, INT64_C(1) << 50, 0, 0};
	mlops_evidence_interval i;
	double		ln_e;

	ok(mlops_evidence_interval_of(&s, &none, &i) == MLOPS_OK && i.lower == 0 && i.upper == INFINITY && isnan(i.estimate), "no events");
	ok(mlops_evidence_interval_of(&s, &one, &i) == MLOPS_OK && i.lower == 0 && i.upper < 1 && i.estimate == 0, "all of the control: below %g", i.upper);
	/* Beta(1, 1) and 40 misses: E = 1 / 41 / (1 - p)^40 = 20 */
	is_close(i.upper, 1 / pow(1.0 / 41 / 20, 1.0 / 40) - 1, 1e-9, "its upper end by hand");
	ok(mlops_evidence_interval_of(&s, &other, &i) == MLOPS_OK && i.lower > 1 && i.upper == INFINITY && isnan(i.estimate), "all of the treatment: above %g", i.lower);
	ok(mlops_evidence_ln_e(&s, &huge, &ln_e) == MLOPS_OK && isfinite(ln_e) && ln_e > 1e14, "counts of 2^52: %g", ln_e);
	ok(mlops_evidence_interval_of(&s, &huge, &i) == MLOPS_OK && i.lower < 0.25 && i.upper > 0.25, "their interval");
	s = (mlops_evidence_state) {.method = MLOPS_EVIDENCE_MSPRT, .metric = MLOPS_EVIDENCE_MEAN, .phases = 1, .confidence = 0.95, .tuning = 1, .min_units = 11};
	none = (mlops_evidence_phase) {0, 10, 99, 0, 0, 5, 0.1};
	ok(mlops_evidence_ln_e(&s, &none, &ln_e) == MLOPS_OK && ln_e == 0, "below the minimum of units");
	ok(mlops_evidence_interval_of(&s, &none, &i) == MLOPS_EMPTY && i.reason != NULL, "no interval either");
	none.n_control = 11;
	ok(mlops_evidence_look(&s, &none) == MLOPS_OK && s.looks == 1 && s.max_ln_e > 50, "at the minimum");
}

static void
check_stored(void)
{
	static const char *const good[] = {
		"counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1.5 phases (share 0.05 units 950 50 events 20 0 estimate 0 variance 0, share 0.5 units 1 1 events 0 0 estimate 0 variance 0)",
		"asymptotic ratio two-sided confidence 0.9 null -1 tuning 5000 minimum 100 looks 0 max 0 phases (share 0 units 0 0 events 0 0 estimate 0 variance 0)",
		"e-value none two-sided confidence 0.95 null 0 tuning 0 minimum 0 looks 2 max 3 phases (share 0 units 0 0 events 0 0 estimate -Infinity variance 0)"
	};
	static const char *const bad[] = {
		"counts mean greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1.5 phases (share 0.05 units 950 50 events 20 0 estimate 0 variance 0)",
		"counts none greater confidence 0.95 null 0 tuning 2 minimum 0 looks 4 max 1.5 phases (share 0.05 units 950 50 events 20 0 estimate 0 variance 0)",
		"counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1.5 phases (share 1 units 950 50 events 20 0 estimate 0 variance 0)",
		"counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max -1 phases (share 0.5 units 950 50 events 20 0 estimate 0 variance 0)",
		"counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1 phases (share 0.5 units 950 50 events -20 0 estimate 0 variance 0)",
		"counts none greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1 phases ()",
		"msprt mean greater confidence 0.95 null 1 tuning 2 minimum 0 looks 4 max 1 phases (share 0 units 1 1 events 0 0 estimate NaN variance 1)",
		"msprt mean greater confidence 0.95 null 1 tuning 0 minimum 0 looks 4 max 1 phases (share 0 units 1 1 events 0 0 estimate 1 variance 1)",
		"e-value none two-sided confidence 0.95 null 0 tuning 0 minimum 0 looks 2 max 3 phases (share 0 units 0 0 events 0 0 estimate Infinity variance 0)"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
	{
		char		text[1000];
		_Alignas(8) char image[1000];
		_Alignas(8) char again[1000];
		mlops_evidence *e = (mlops_evidence *) image;
		mlops_scanner s;
		mlops_reader r;
		mlops_writer w;
		size_t		size = 0;

		memset(image, 0, sizeof(image));
		memset(again, 0, sizeof(again));
		mlops_scanner_init(&s, good[i], strlen(good[i]));
		ok(mlops_evidence_scan_size(s, &size) == NULL && size <= sizeof(image) && mlops_evidence_scan(&s, e) == NULL, "text %zu is read", i);
		mlops_writer_init(&w, text, sizeof(text));
		mlops_evidence_print(&w, e);
		ok(w.used == strlen(good[i]) && memcmp(text, good[i], w.used) == 0, "and written the same");
		mlops_writer_init(&w, text, sizeof(text));
		mlops_evidence_write(&w, e);
		mlops_reader_init(&r, text, w.used);
		ok(mlops_evidence_read(&r, (mlops_evidence *) again) == NULL && memcmp(image, again, size) == 0, "its bytes too");
		for (size_t cut = 0; cut < w.used; cut++)
		{
			mlops_reader_init(&r, text, cut);
			if (mlops_evidence_read_size(r, &size) == NULL && mlops_evidence_read(&r, (mlops_evidence *) again) == NULL)
				ok(false, "cut at %zu of %zu", cut, w.used);
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		_Alignas(8) char image[1000];
		mlops_scanner s;
		size_t		size = 0;

		mlops_scanner_init(&s, bad[i], strlen(bad[i]));
		ok(mlops_evidence_scan_size(s, &size) != NULL || mlops_evidence_scan(&s, (mlops_evidence *) image) != NULL, "refused: %s", bad[i]);
	}
}

int
main(void)
{
	check_ends();
	check_extremes();
	check_stored();
	return done_testing();
}
