-- Distances and tests of histograms against SciPy 1.10.1.
-- Written by test/kernel/gen_drift_sql.py; do not edit.  The unseen and the NULL
-- bin count as bins.  PSI and KL: (count + 0.5) / (n + 0.5 k) over the k bins
-- that are not empty on both sides.  Relative tolerance 1e-9, Wasserstein 1e-6
-- (SciPy sees 4000 points per bin).
CREATE TEMP TABLE pair (id int, r mlops.histogram, c mlops.histogram);
CREATE TEMP TABLE wanted (id int, what text, value float8);
INSERT INTO pair VALUES (1,
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (86, 67, 79, 81, 36) null 25 unseen 26',
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (22, 67, 88, 60, 38) null 23 unseen 2');
INSERT INTO wanted VALUES
	(1, 'psi', 0.33616161367809094),
	(1, 'kl_divergence', 0.19832631813076163),
	(1, 'js_divergence', 0.058515887746825979),
	(1, 'js_distance', 0.24190057409362628),
	(1, 'hellinger_distance', 0.20560496868463776),
	(1, 'total_variation_distance', 0.20250000000000001),
	(1, 'linf_distance', 0.14166666666666666),
	(1, 'chi2_test.statistic', 48.960919553482427),
	(1, 'chi2_test.df', 6),
	(1, 'chi2_test.p_value', 7.5914428690644382e-09),
	(1, 'chi2_test.ln_p_value', -18.696244162279825),
	(1, 'chi2_test.effect', 0.26446960277258552),
	(1, 'g_test.statistic', 54.366750335200919),
	(1, 'g_test.df', 6),
	(1, 'g_test.p_value', 6.2217504998824792e-10),
	(1, 'g_test.ln_p_value', -21.197799631934327),
	(1, 'g_test.effect', 0.27868761399305886),
	(1, 'ks_distance', 0.14166666666666666),
	(1, 'ks_test.p_value', 0.0018652668202158284),
	(1, 'wasserstein_distance', 0.32615264391768684);
INSERT INTO pair VALUES (2,
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (13649, 13789, 13795, 13854, 6811) null 3476 unseen 3411',
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (491, 1040, 1253, 1024, 705) null 384 unseen 103');
INSERT INTO wanted VALUES
	(2, 'psi', 0.13303732997622919),
	(2, 'kl_divergence', 0.071404779495903181),
	(2, 'js_divergence', 0.023606297754827529),
	(2, 'js_distance', 0.15364341103616364),
	(2, 'hellinger_distance', 0.12849025337378922),
	(2, 'total_variation_distance', 0.12921919023042813),
	(2, 'linf_distance', 0.10022989023769717),
	(2, 'chi2_test.statistic', 527.54344334637358),
	(2, 'chi2_test.df', 6),
	(2, 'chi2_test.p_value', 9.7749871099019765e-111),
	(2, 'chi2_test.ln_p_value', -253.30711853514862),
	(2, 'chi2_test.effect', 0.084556125378615621),
	(2, 'g_test.statistic', 579.25858482042577),
	(2, 'g_test.df', 6),
	(2, 'g_test.p_value', 6.9382576591017426e-122),
	(2, 'g_test.ln_p_value', -278.97833066004142),
	(2, 'g_test.effect', 0.088603769506333793),
	(2, 'ks_distance', 0.10022989023769717),
	(2, 'ks_test.p_value', 4.2480696688671139e-41),
	(2, 'wasserstein_distance', 0.30826673371000546);
INSERT INTO pair VALUES (3,
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (610, 600, 600, 612, 291) null 134 unseen 153',
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (1, 10, 12, 11, 8) null 7 unseen 1');
INSERT INTO wanted VALUES
	(3, 'psi', 0.50621533870547952),
	(3, 'kl_divergence', 0.29621622143411319),
	(3, 'js_divergence', 0.093940820318822602),
	(3, 'js_distance', 0.30649766772166898),
	(3, 'hellinger_distance', 0.26400151740616173),
	(3, 'total_variation_distance', 0.21433333333333332),
	(3, 'linf_distance', 0.18333333333333335),
	(3, 'chi2_test.statistic', 21.301028379093825),
	(3, 'chi2_test.df', 6),
	(3, 'chi2_test.p_value', 0.0017180025822785367),
	(3, 'chi2_test.ln_p_value', -6.3665929523487135),
	(3, 'chi2_test.effect', 0.083569993004968202),
	(3, 'g_test.statistic', 23.17015264556504),
	(3, 'g_test.df', 6),
	(3, 'g_test.p_value', 0.0012251092154652013),
	(3, 'g_test.ln_p_value', -6.7047252834777638),
	(3, 'g_test.effect', 0.087159459378782583),
	(3, 'ks_distance', 0.18333333333333335),
	(3, 'wasserstein_distance', 0.58346716865883841);
INSERT INTO pair VALUES (4,
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (10, 0, 0, 20, 0) null 5 unseen 0',
	'numeric(-1.0, 0.0, 0.5, 2.0) counts (0, 0, 30, 0, 1) null 0 unseen 7');
INSERT INTO wanted VALUES
	(4, 'psi', 6.5695085563818205),
	(4, 'kl_divergence', 3.1634956118977504),
	(4, 'js_divergence', 0.99999999999999978),
	(4, 'js_distance', 0.99999999999999989),
	(4, 'hellinger_distance', 0.99999999999999989),
	(4, 'total_variation_distance', 1),
	(4, 'linf_distance', 0.78947368421052633),
	(4, 'chi2_test.statistic', 73),
	(4, 'chi2_test.df', 5),
	(4, 'chi2_test.p_value', 9.4955759396733097e-19),
	(4, 'chi2_test.ln_p_value', -41.498290767308603),
	(4, 'chi2_test.effect', 1),
	(4, 'g_test.statistic', 101.07616596420084),
	(4, 'g_test.df', 5),
	(4, 'g_test.p_value', 1.8155192124571675e-22),
	(4, 'g_test.ln_p_value', -50.06050055159217),
	(4, 'g_test.effect', 1.1766924038202298),
	(4, 'ks_distance', 0.50375939849624063),
	(4, 'ks_test.p_value', 9.7523065259677634e-05),
	(4, 'wasserstein_distance', 1.1108240080645162);
INSERT INTO pair VALUES (5,
	'categorical("a", "b", "c d", "e\"f") counts (500, 300, 200, 0) null 0 unseen 0',
	'categorical("a", "b", "c d", "e\"f") counts (400, 200, 100, 0) null 0 unseen 90');
INSERT INTO wanted VALUES
	(5, 'psi', 0.65952259704957972),
	(5, 'kl_divergence', 0.13309964265988483),
	(5, 'js_divergence', 0.064412353858331675),
	(5, 'js_distance', 0.25379589015256271),
	(5, 'hellinger_distance', 0.24928860871177241),
	(5, 'total_variation_distance', 0.12025316455696203),
	(5, 'linf_distance', 0.11392405063291139),
	(5, 'chi2_test.statistic', 131.61912798874823),
	(5, 'chi2_test.df', 3),
	(5, 'chi2_test.p_value', 2.421764401896075e-28),
	(5, 'chi2_test.ln_p_value', -63.587886237630322),
	(5, 'chi2_test.effect', 0.27116459779967472),
	(5, 'g_test.statistic', 165.32220017450021),
	(5, 'g_test.df', 3),
	(5, 'g_test.p_value', 1.3015160926529114e-35),
	(5, 'g_test.ln_p_value', -80.326948444718738),
	(5, 'g_test.effect', 0.30390585885633536);
INSERT INTO pair VALUES (6,
	'categorical("a", "b", "c d", "e\"f") counts (50, 30, 20, 1) null 10 unseen 0',
	'categorical("a", "b", "c d", "e\"f") counts (4, 3, 9, 0) null 80 unseen 2');
INSERT INTO wanted VALUES
	(6, 'psi', 3.0111647527246044),
	(6, 'kl_divergence', 1.4873282595974127),
	(6, 'js_divergence', 0.49003449104689506),
	(6, 'js_distance', 0.7000246360285437),
	(6, 'hellinger_distance', 0.61124710165763252),
	(6, 'total_variation_distance', 0.746644603787461),
	(6, 'linf_distance', 0.72623644052215486),
	(6, 'chi2_test.statistic', 122.55851394439242),
	(6, 'chi2_test.df', 5),
	(6, 'chi2_test.p_value', 1.5775656818530418e-34),
	(6, 'chi2_test.ln_p_value', -77.832010210557229),
	(6, 'chi2_test.effect', 0.76577044402332262),
	(6, 'g_test.statistic', 141.58918073155343),
	(6, 'g_test.df', 5),
	(6, 'g_test.p_value', 3.1110622786242411e-39),
	(6, 'g_test.ln_p_value', -88.66585439020848),
	(6, 'g_test.effect', 0.82307970141889386);
CREATE TEMP TABLE got (id int, what text, value float8);
INSERT INTO got SELECT id, 'psi', mlops.psi(r, c) FROM pair;
INSERT INTO got SELECT id, 'kl_divergence', mlops.kl_divergence(r, c) FROM pair;
INSERT INTO got SELECT id, 'js_divergence', mlops.js_divergence(r, c) FROM pair;
INSERT INTO got SELECT id, 'js_distance', mlops.js_distance(r, c) FROM pair;
INSERT INTO got SELECT id, 'hellinger_distance', mlops.hellinger_distance(r, c) FROM pair;
INSERT INTO got SELECT id, 'total_variation_distance', mlops.total_variation_distance(r, c) FROM pair;
INSERT INTO got SELECT id, 'linf_distance', mlops.linf_distance(r, c) FROM pair;
INSERT INTO got SELECT id, 'ks_distance', mlops.ks_distance(r, c) FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'wasserstein_distance', mlops.wasserstein_distance(r, c) FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'chi2_test.statistic', (mlops.chi2_test(r, c)).statistic FROM pair;
INSERT INTO got SELECT id, 'chi2_test.df', (mlops.chi2_test(r, c)).df FROM pair;
INSERT INTO got SELECT id, 'chi2_test.p_value', (mlops.chi2_test(r, c)).p_value FROM pair;
INSERT INTO got SELECT id, 'chi2_test.ln_p_value', (mlops.chi2_test(r, c)).ln_p_value FROM pair;
INSERT INTO got SELECT id, 'chi2_test.effect', (mlops.chi2_test(r, c)).effect FROM pair;
INSERT INTO got SELECT id, 'g_test.statistic', (mlops.g_test(r, c)).statistic FROM pair;
INSERT INTO got SELECT id, 'g_test.df', (mlops.g_test(r, c)).df FROM pair;
INSERT INTO got SELECT id, 'g_test.p_value', (mlops.g_test(r, c)).p_value FROM pair;
INSERT INTO got SELECT id, 'g_test.ln_p_value', (mlops.g_test(r, c)).ln_p_value FROM pair;
INSERT INTO got SELECT id, 'g_test.effect', (mlops.g_test(r, c)).effect FROM pair;
INSERT INTO got SELECT id, 'ks_test.statistic', (mlops.ks_test(r, c)).statistic FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'ks_test.df', (mlops.ks_test(r, c)).df FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'ks_test.p_value', (mlops.ks_test(r, c)).p_value FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'ks_test.ln_p_value', (mlops.ks_test(r, c)).ln_p_value FROM pair WHERE id <= 4;
INSERT INTO got SELECT id, 'ks_test.effect', (mlops.ks_test(r, c)).effect FROM pair WHERE id <= 4;
-- what differs
SELECT w.*, g.value AS got FROM wanted w LEFT JOIN got g USING (id, what)
 WHERE g.value IS NULL
	OR abs(g.value - w.value) > CASE what WHEN 'wasserstein_distance' THEN 1e-6 ELSE 1e-9 END * abs(w.value);
SELECT what, count(*) FROM wanted JOIN got USING (id, what) GROUP BY what ORDER BY what;
-- contributions sum to the statistic, for every method
SELECT p.id, m, sum(d.contribution), g.value
  FROM pair p CROSS JOIN unnest('{psi,kl_divergence,js_divergence,js_distance,hellinger_distance,total_variation_distance,linf_distance,ks_distance,wasserstein_distance}'::text[]) m
	   CROSS JOIN LATERAL mlops.drift_contributions(p.r, p.c, m) d
	   JOIN got g ON g.id = p.id AND g.what = m
 WHERE p.id <= 4 OR m NOT IN ('ks_distance', 'wasserstein_distance')
 GROUP BY 1, 2, 4 HAVING abs(sum(d.contribution) - g.value) > 1e-12;
SELECT p.id, m, sum(d.contribution), g.value
  FROM pair p CROSS JOIN unnest('{chi2_test,g_test}'::text[]) m
	   CROSS JOIN LATERAL mlops.drift_contributions(p.r, p.c, m) d
	   JOIN got g ON g.id = p.id AND g.what = m || '.statistic'
 GROUP BY 1, 2, 4 HAVING abs(sum(d.contribution) - g.value) > 1e-9;
