-- Drift between profiles.  While a profile is exact, so are the distances:
-- KS and Wasserstein are those of the rows (SciPy values below), the others
-- those of the histograms over mlops.binning(reference).
\pset null (null)
CREATE TEMP TABLE r (x float8, t text, b boolean, at timestamptz);
CREATE TEMP TABLE c (LIKE r);
INSERT INTO r SELECT (i * 7 % 31)::float8 / 2, chr(97 + i % 5), i % 3 = 0, '2026-01-01 00:00+00'::timestamptz + i * interval '1 hour'
  FROM generate_series(1, 60) i;
INSERT INTO c SELECT (i * 5 % 23)::float8 / 2 + 3, chr(98 + i % 5), i % 2 = 0, '2026-01-01 06:00+00'::timestamptz + i * interval '1 hour'
  FROM generate_series(1, 40) i;
CREATE TEMP TABLE p AS
SELECT (SELECT mlops.profile(x) FROM r) rx, (SELECT mlops.profile(x) FROM c) cx,
	   (SELECT mlops.profile(t) FROM r) rt, (SELECT mlops.profile(t) FROM c) ct,
	   (SELECT mlops.profile(b) FROM r) rb, (SELECT mlops.profile(b) FROM c) cb,
	   (SELECT mlops.profile(at) FROM r) ra, (SELECT mlops.profile(at) FROM c) ca;
-- scipy.stats.wasserstein_distance, ks_2samp(mode="asymp").statistic of the same rows
SELECT abs(mlops.wasserstein_distance(rx, cx) - 1.2791666666666668) < 1e-12 AS wasserstein,
	   abs(mlops.ks_distance(rx, cx) - 0.19166666666666668) < 1e-12 AS ks FROM p;
-- time stamps in seconds: the second column starts six hours later and ends fourteen hours earlier
SELECT abs(mlops.wasserstein_distance(ra, ca) - 3600 * 5.8) < 1e-6 AS seconds FROM p;
-- the same as the histograms over the binning of the reference
CREATE TEMP TABLE h AS
WITH b AS MATERIALIZED (SELECT mlops.binning(rx) bx, mlops.binning(rt) bt, mlops.binning(rb) bb, mlops.binning(ra) ba FROM p)
SELECT (SELECT mlops.histogram(x, (SELECT bx FROM b)) FROM r) rx, (SELECT mlops.histogram(x, (SELECT bx FROM b)) FROM c) cx,
	   (SELECT mlops.histogram(t, (SELECT bt FROM b)) FROM r) rt, (SELECT mlops.histogram(t, (SELECT bt FROM b)) FROM c) ct,
	   (SELECT mlops.histogram(b, (SELECT bb FROM b)) FROM r) rb, (SELECT mlops.histogram(b, (SELECT bb FROM b)) FROM c) cb,
	   (SELECT mlops.histogram(at, (SELECT ba FROM b)) FROM r) ra, (SELECT mlops.histogram(at, (SELECT ba FROM b)) FROM c) ca;
SELECT mlops.psi(p.rx, p.cx) = mlops.psi(h.rx, h.cx) AS psi, mlops.kl_divergence(p.rt, p.ct) = mlops.kl_divergence(h.rt, h.ct) AS kl,
	   mlops.js_distance(p.rt, p.ct) = mlops.js_distance(h.rt, h.ct) AS js, mlops.js_divergence(p.ra, p.ca) = mlops.js_divergence(h.ra, h.ca) AS jsd,
	   mlops.hellinger_distance(p.rb, p.cb) = mlops.hellinger_distance(h.rb, h.cb) AS hellinger,
	   mlops.total_variation_distance(p.rx, p.cx) = mlops.total_variation_distance(h.rx, h.cx) AS tv,
	   mlops.linf_distance(p.rt, p.ct) = mlops.linf_distance(h.rt, h.ct) AS linf,
	   -- all but the interval of the effect, which sketches do not have
	   to_jsonb(mlops.chi2_test(p.rb, p.cb)) - '{effect_lower,effect_upper}'::text[] = to_jsonb(mlops.chi2_test(h.rb, h.cb)) - '{effect_lower,effect_upper}'::text[] AS chi2,
	   to_jsonb(mlops.g_test(p.rt, p.ct)) - '{effect_lower,effect_upper}'::text[] = to_jsonb(mlops.g_test(h.rt, h.ct)) - '{effect_lower,effect_upper}'::text[] AS g,
	   mlops.drift(p.rt, p.ct) = mlops.drift(h.rt, h.ct) AS drift
  FROM p, h;
-- the number of bins that was asked for is the number that is used, and it matters
WITH b AS MATERIALIZED (SELECT k, mlops.binning(rx, k) bins FROM p, unnest('{2,5,20}'::int[]) k)
SELECT k, mlops.bin_count(bins) AS bins, (mlops.chi2_test(r, c)).df, count(*) OVER (PARTITION BY mlops.psi(r, c)) AS same_psi
  FROM (SELECT k, bins, (SELECT mlops.histogram(x, bins) FROM r) r, (SELECT mlops.histogram(x, bins) FROM c) c FROM b) t ORDER BY k;
-- labels that only one side has
SELECT bin, label, reference_share::numeric(6, 4), current_share::numeric(6, 4) FROM p, mlops.drift_contributions(rt, ct) ORDER BY bin;
-- contributions sum to the statistic, also of KS and Wasserstein, which look at the rows
SELECT m, abs(sum(d.contribution) - min(w.v)) < 1e-12 AS same
  FROM p, (SELECT 'ks_distance', mlops.ks_distance(rx, cx) FROM p UNION ALL
		   SELECT 'wasserstein_distance', mlops.wasserstein_distance(rx, cx) FROM p UNION ALL
		   SELECT 'js_distance', mlops.js_distance(rx, cx) FROM p UNION ALL
		   SELECT 'psi', mlops.psi(rx, cx) FROM p) w(m, v), mlops.drift_contributions(rx, cx, m) d
 GROUP BY m ORDER BY m;
-- NULL, NaN and infinity
SELECT ks_distance, verdict, null_share_current, js > 0.5 AS js
  FROM (SELECT mlops.profile(x) FROM unnest('{1,2,3,4}'::float8[]) x) a(r),
	   (SELECT mlops.profile(x) FROM unnest('{1,2,3,4,NaN,Infinity,NULL,NULL}'::float8[]) x) b(c),
	   mlops.ks_distance(r, c), mlops.js_distance(r, c) js, mlops.drift(r, c, min_rows => 100);
-- empty sides
SELECT mlops.psi(r, c), mlops.ks_distance(c, r), mlops.wasserstein_distance(r, n), (mlops.drift(r, c)).verdict, (mlops.drift(c, r)).reason
  FROM (SELECT mlops.profile(x) FROM unnest('{1,2}'::float8[]) x) a(r),
	   (SELECT mlops.profile(x) FROM unnest('{}'::float8[]) x) b(c), (SELECT mlops.profile(x) FROM unnest('{NULL}'::float8[]) x) d(n);
SELECT mlops.js_distance(mlops.profile(1::float8), mlops.profile('1'::text));
SELECT mlops.ks_distance(rt, ct) FROM p;
-- sketches: within the rank error that they promise, of the exact values
-- (x uniform on 0 .. 1, against its square root: KS distance 1/4 at 1/2, Wasserstein 1/6)
WITH s AS MATERIALIZED (
	SELECT mlops.profile(i / 100000.0::float8) r, mlops.profile(sqrt(i / 100000.0::float8)) c FROM generate_series(1, 100000) i)
SELECT abs(mlops.ks_distance(r, c) - 0.25) < 0.03 AS ks, abs(mlops.wasserstein_distance(r, c) - 1.0 / 6) < 0.02 AS wasserstein,
	   (mlops.drift(r, c)).verdict, (mlops.drift(r, r)).verdict, (mlops.drift(r, c, 'ks_distance')).verdict FROM s;
