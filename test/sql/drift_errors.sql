-- What drift functions refuse, and how they say it.
\set VERBOSITY default
\set a 'mlops.histogram ''categorical("a", "b") counts (5, 5) null 0 unseen 0'''
\set b 'mlops.histogram ''categorical("b", "a") counts (5, 5) null 0 unseen 0'''
\set n 'mlops.histogram ''numeric(0, 1) counts (5, 5, 5) null 0 unseen 0'''
SELECT mlops.psi(:a, :b);
SELECT mlops.drift(:a, :n);
SELECT mlops.drift_contributions(:n, :a);
SELECT mlops.ks_distance(:a, :a);
SELECT mlops.ks_test(:a, :a);
SELECT mlops.drift(:a, :a, 'wasserstein_distance');
SELECT mlops.drift_contributions(:a, :a, 'ks_distance');
SELECT mlops.drift(:a, :a, 'jsd');
SELECT * FROM mlops.drift_contributions(:a, :a, 'nope');
SELECT mlops.drift(:a, :a, warn => 0.3, critical => 0.2);
SELECT mlops.drift(:a, :a, warn => -1);
SELECT mlops.drift(:a, :a, warn => 'NaN');
SELECT mlops.drift(:a, :a, critical => 'Infinity');
SELECT mlops.drift(:a, :a, confidence => 1);
SELECT mlops.drift(:a, :a, alpha => 0);
SELECT mlops.drift(:a, :a, min_rows => 0);
SELECT mlops.drift(:a, :a, confidence => NULL);
SELECT mlops.psi_critical_value(0, 10, 100, 100);
SELECT mlops.psi_critical_value('NaN', 10, 100, 100);
SELECT mlops.js_distance_critical_value(0.01, 0, 100, 100);
SELECT mlops.ks_distance_critical_value(0.01, 0, 100);
SELECT mlops.linf_distance_critical_value(0.01, 10, 100, 100, -0.1);
SELECT mlops.adjust_p('{0.1}', 'fdr');
SELECT mlops.adjust_p('{0.1,1.1}');
SELECT mlops.adjust_p('{NaN}');
\set VERBOSITY sqlstate
SELECT mlops.psi(:a, :b);
SELECT mlops.ks_distance(:a, :a);
SELECT mlops.drift(:a, :a, 'jsd');
SELECT mlops.drift(:a, :a, min_rows => NULL);
SELECT mlops.adjust_p('{2}');
SELECT mlops.js_distance(mlops.profile(1::float8), mlops.profile('1'::text));
-- NULL in, NULL out
SELECT mlops.psi(NULL, :a) IS NULL AS psi, mlops.chi2_test(:a, NULL) IS NULL AS chi2,
	   mlops.psi_critical_value(NULL, 10, 100, 100) IS NULL AS critical, mlops.adjust_p(NULL) IS NULL AS adjusted;
-- only warn or only critical given: the other one follows
SELECT (mlops.drift(:a, :a, warn => 0.4)).verdict, (mlops.drift(:a, :a, critical => 0.05)).verdict;
