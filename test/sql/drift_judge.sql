-- drift(): a verdict needs significance and effect, at these sample sizes.
-- Thresholds in the reasons: SciPy, ncx2.isf(0.01, k - 1, tolerance^2 / scale)
-- with scale = (1/n + 1/m) / (8 ln 2), root of the product.
\pset null (null)
CREATE FUNCTION pg_temp.h(a bigint, b bigint, unseen bigint DEFAULT 0, nulls bigint DEFAULT 0) RETURNS mlops.histogram
LANGUAGE sql AS $$ SELECT format('categorical("a", "b") counts (%s, %s) null %s unseen %s', a, b, nulls, unseen)::mlops.histogram $$;
CREATE FUNCTION pg_temp.num(a bigint, b bigint, c bigint, nulls bigint DEFAULT 0) RETURNS mlops.histogram
LANGUAGE sql AS $$ SELECT format('numeric(0, 1) range [-1, 2] counts (%s, %s, %s) null %s unseen 0', a, b, c, nulls)::mlops.histogram $$;

-- nothing changed
SELECT method, statistic, effect, p_value, n_reference, n_current, verdict, reason
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(500, 500));
-- 0.5 -> 0.54 is highly significant in many rows and does not matter
SELECT round(statistic::numeric, 6) AS statistic, p_value < 1e-10 AS significant, verdict, reason
  FROM mlops.drift(pg_temp.h(5000000, 5000000), pg_temp.h(540000, 460000));
-- the same shares and the same verdict at 1,000 and at 10,000,000 rows
SELECT n, round(statistic::numeric, 6) AS statistic, verdict
  FROM unnest('{1000,10000,100000,1000000,10000000}'::bigint[]) n,
	   mlops.drift(pg_temp.h(n * 5, n * 5), pg_temp.h(n * 7 / 10, n * 3 / 10));
-- the same distance in few rows is chance
SELECT round(statistic::numeric, 6) AS statistic, p_value > 0.05 AS by_chance, verdict, reason
  FROM mlops.drift(pg_temp.h(10, 10), pg_temp.h(7, 3));
-- and critical when it is large
SELECT round(statistic::numeric, 6) AS statistic, verdict, reason
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(900, 100));
-- beyond the tolerance, but not significant at a stricter alpha
SELECT verdict, reason LIKE '%but p % is above 1e-60' AS said_why
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(700, 300), alpha => 1e-60);
-- as many digits as it takes (SciPy: 0.11398169 and 0.11389402, threshold 0.11397114)
SELECT reason FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(6328, 3672));
SELECT reason FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(6327, 3673));
-- own tolerances; warn = 0 is "anything that is not chance"
SELECT verdict FROM mlops.drift(pg_temp.h(5000000, 5000000), pg_temp.h(540000, 460000), warn => 0);
SELECT verdict FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(900, 100), critical => 0.5);
SELECT verdict FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(700, 300), warn => 0.3);
-- threshold is the critical value at the tolerance warn, effect the debiased distance
SELECT threshold = mlops.js_distance_critical_value(0.01, 2, 10000, 1000, 0.1) AS threshold,
	   abs(effect - sqrt(statistic ^ 2 - (1e-4 + 1e-3) / (8 * ln(2::float8)))) < 1e-12 AS effect
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(700, 300));
SELECT threshold = mlops.psi_critical_value(0.05, 2, 10000, 1000, 0.3) AS threshold
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(700, 300), 'psi', warn => 0.3, confidence => 0.95);

-- NULL and unseen values are bins: here nothing but them changes
SELECT null_share_reference, null_share_current, verdict FROM mlops.drift(pg_temp.h(4500, 4500, 0, 1000), pg_temp.h(250, 250, 0, 500));
SELECT null_share_reference, null_share_current, verdict FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(250, 250, 500, 0));
SELECT bin, label, reference_share, current_share, round(contribution::numeric, 6) AS contribution
  FROM mlops.drift_contributions(pg_temp.h(4500, 4500, 0, 1000), pg_temp.h(200, 200, 100, 500), 'total_variation_distance');
SELECT (mlops.chi2_test(pg_temp.h(5, 5), pg_temp.h(5, 5, 3, 2))).df;
SELECT mlops.ks_distance(pg_temp.num(10, 10, 10), pg_temp.num(5, 5, 5, 15));
SELECT mlops.total_variation_distance(pg_temp.num(10, 10, 10), pg_temp.num(5, 5, 5, 15));
-- linf names one bin, the others contribute nothing
SELECT label, contribution FROM mlops.drift_contributions(pg_temp.h(50, 50), pg_temp.h(10, 80, 10), 'linf_distance');
-- bins that are empty on both sides are no bins
SELECT count(*), (SELECT (mlops.g_test(pg_temp.num(10, 0, 20), pg_temp.num(20, 0, 10))).df)
  FROM mlops.drift_contributions(pg_temp.num(10, 0, 20), pg_temp.num(20, 0, 10));

-- too little
SELECT verdict, reason, statistic IS NOT NULL AS measured, n_reference, n_current
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(3, 2), min_rows => 200);
SELECT verdict, reason, statistic, p_value, threshold, null_share_reference, null_share_current
  FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(0, 0));
SELECT verdict, reason FROM mlops.drift(pg_temp.h(0, 0), pg_temp.h(5, 0));
SELECT verdict, reason, n_reference FROM mlops.drift(NULL::mlops.histogram, pg_temp.h(5, 0));
SELECT verdict, reason, n_current FROM mlops.drift(pg_temp.h(5, 0), NULL);
SELECT mlops.psi(pg_temp.h(0, 0), pg_temp.h(5, 0)), mlops.js_distance(pg_temp.h(5, 0), pg_temp.h(0, 0)),
	   mlops.ks_distance(pg_temp.num(0, 0, 0), pg_temp.num(0, 0, 5)), mlops.wasserstein_distance(pg_temp.num(0, 0, 0, 7), pg_temp.num(0, 0, 5));
SELECT * FROM mlops.chi2_test(pg_temp.h(0, 0), pg_temp.h(5, 0));
SELECT * FROM mlops.ks_test(pg_temp.num(0, 0, 0), pg_temp.num(0, 5, 0));
SELECT count(*) FROM mlops.drift_contributions(pg_temp.h(0, 0), pg_temp.h(5, 0));
-- one bin on both sides: no test, and no drift
SELECT * FROM mlops.chi2_test(pg_temp.h(5, 0), pg_temp.h(9, 0));
SELECT statistic, effect, p_value, verdict FROM mlops.drift(pg_temp.h(5, 0), pg_temp.h(9, 0));
-- one row
SELECT verdict FROM mlops.drift(pg_temp.h(5000, 5000), pg_temp.h(1, 0));
-- all NULL
SELECT statistic, verdict FROM mlops.drift(pg_temp.h(0, 0, 0, 50), pg_temp.h(0, 0, 0, 60));
SELECT verdict, reason FROM mlops.drift(pg_temp.num(0, 0, 0, 50), pg_temp.num(1, 1, 1), 'wasserstein_distance');

-- methods with an order
SELECT round(statistic::numeric, 6) AS statistic, verdict FROM mlops.drift(pg_temp.num(1000, 1000, 1000), pg_temp.num(100, 300, 500), 'ks_distance');
SELECT round(statistic::numeric, 6) AS statistic, verdict FROM mlops.drift(pg_temp.num(1000, 1000, 1000), pg_temp.num(100, 300, 500), 'wasserstein_distance');
-- no width: bins without a range and without a neighbour
SELECT mlops.wasserstein_distance('numeric(5) counts (10, 10) null 0 unseen 0'::mlops.histogram, 'numeric(5) counts (10, 30) null 0 unseen 0') AS unknown_width;

-- p-values below the range of double have a logarithm:
-- 2 x 2, n = m = 1e6, shares .4 and .6: X^2 = N d^2 / (4 p (1-p)) = 2e6 * .04 = 8e4
SELECT round(statistic) AS statistic, p_value, round(ln_p_value) AS ln_p_value
  FROM mlops.chi2_test(pg_temp.h(400000, 600000), pg_temp.h(600000, 400000));

-- known defects of other tools: chi-square against counts taken as exact,
-- infinity for an unseen category, G of counts that were not scaled
SELECT p_value > 0.9 AS same_shares FROM mlops.chi2_test(pg_temp.h(10, 10), pg_temp.h(1000, 1000));
SELECT p_value > 0.01 AS one_unseen_row, statistic < 10 AS finite FROM mlops.chi2_test(pg_temp.h(500, 500), pg_temp.h(500, 499, 1));
SELECT statistic FROM mlops.g_test(pg_temp.h(30, 10), pg_temp.h(3000, 1000));
SELECT mlops.js_distance(pg_temp.h(7, 0), pg_temp.h(0, 90)) AS disjoint_in_base_2;

-- p-values for many questions (R: p.adjust(c(.01,.02,.03,.04,.05), m))
SELECT m, mlops.adjust_p('{0.01,0.02,0.03,0.04,0.05}', m)::numeric(8,6)[] FROM unnest('{none,bonferroni,holm,hochberg,BH,by}'::text[]) m;
SELECT mlops.adjust_p('{0.01,NULL,0.04}', 'bh'), mlops.adjust_p('{NULL}', 'holm'), mlops.adjust_p('{}');
SELECT mlops.adjust_p('{{0.01,0.5},{NULL,0.5}}');
