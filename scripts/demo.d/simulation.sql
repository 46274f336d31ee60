-- reference (the baseline), arriving (what will come), predictions (empty).
-- The same rows on every run: the random numbers are seeded.
SET max_parallel_workers_per_gather = 0;
SELECT setseed(0.20260301) \g /dev/null

CREATE FUNCTION pg_temp.normal() RETURNS float8 LANGUAGE sql VOLATILE
AS $$ SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) $$;
CREATE FUNCTION pg_temp.pick(labels text[], cumulative float8[], u float8) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT labels[1 + width_bucket(u, cumulative)] $$;

-- days count from 0; day -1 is the month before: the baseline
CREATE TEMP TABLE draws AS
SELECT row_number() OVER () AS id, day, n, random() AS u1, random() AS u2, random() AS u3, random() AS u4, random() AS u5,
	   random() AS broken, pg_temp.normal() AS z1, pg_temp.normal() AS z2, pg_temp.normal() AS z3, pg_temp.normal() AS z4
FROM (SELECT -1 AS day, n FROM generate_series(1, 30000) n
	  UNION ALL SELECT day, n FROM generate_series(0, 39) day, generate_series(1, 2500) n) d
ORDER BY day, n;

CREATE TEMP TABLE features AS
SELECT id, day, n,
	   CASE WHEN feed THEN 0 ELSE greatest(18, least(90, round(44 + 13 * z1)))::int END AS age,
	   CASE WHEN feed THEN 0 ELSE greatest(0, round(exp(3.1 + 0.8 * z2)))::int END AS tenure_months,
	   CASE WHEN feed THEN 0 ELSE round((20 + 12 * exp(0.6 * z3))::numeric, 2)::float8 END AS monthly_charge,
	   round(abs(z4) * 3)::int AS support_calls,
	   CASE WHEN broken < 0.02 THEN NULL ELSE round((40 * u4 * u4)::numeric, 1)::float8 END AS gigabytes,
	   CASE WHEN feed THEN 'none' ELSE pg_temp.pick('{basic,standard,premium}', '{0.5,0.85}', u1) END AS plan,
	   -- the retired version's customers moved to the newest one
	   replace(pg_temp.pick('{4.0,4.1,4.2,3.9}', '{0.3,0.6,0.91}', u2), '3.9', CASE WHEN day >= 14 THEN '4.2' ELSE '3.9' END) AS app_version,
	   pg_temp.pick('{card,invoice,transfer}', '{0.6,0.8}', u3) AS payment,
	   pg_temp.pick('{north,south,west}', '{0.4,0.75}', u5) AS region,
	   u4 < 0.3 AS has_contract
FROM (SELECT *, day IN (27, 28) AND broken < 0.1 + 0.4 * (day - 26) AS feed FROM draws) d;

CREATE TEMP TABLE scored AS
SELECT f.*, 1 / (1 + exp(-(0.4 - 0.03 * age - 0.01 * tenure_months + 0.02 * monthly_charge + 0.25 * support_calls
						   - CASE WHEN has_contract THEN 0.8 ELSE 0 END))) AS score
FROM features f;

CREATE TABLE reference AS
	SELECT id, age, tenure_months, monthly_charge, support_calls, gigabytes, plan, app_version, payment, region, has_contract,
		   score, score > 0.5 AS predicted
	FROM scored WHERE day = -1;
CREATE TABLE arriving AS
	SELECT id, timestamptz '2026-03-01 00:00+00' + interval '1 day' * day + interval '34 seconds' * (n - 1) AS at,
		   age, tenure_months, monthly_charge, support_calls, gigabytes, plan, app_version, payment, region, has_contract,
		   score, score > 0.5 AS predicted
	FROM scored WHERE day >= 0;
CREATE TABLE predictions (LIKE arriving);
ALTER TABLE predictions ADD PRIMARY KEY (id);
CREATE INDEX ON predictions (at);
ANALYZE reference;
CREATE TABLE demo_settings AS
	SELECT 'churn'::text AS model, 'score'::text AS score, 'predicted'::text AS prediction, '{region}'::text[] AS segments;
