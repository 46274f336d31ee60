-- What a profile costs beside avg, in one run: 10 float8 columns, 2 % NULL.
--   psql -v rows=2000000 -f bench/profile.sql
-- Serial, jit off, table cached and vacuumed.  Every query runs in `rounds` paired
-- rounds; the ratios are medians over the rounds.
\set ON_ERROR_STOP 1
\if :{?rows} \else \set rows 2000000 \endif
\if :{?rounds} \else \set rounds 5 \endif
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE EXTENSION IF NOT EXISTS mlops;
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relname = 'mlops_bench_profile' AND reltuples BETWEEN :rows * .99 AND :rows * 1.01) AS make \gset
\if :make
DROP TABLE IF EXISTS mlops_bench_profile;
SELECT setseed(.42) \gset
CREATE TABLE mlops_bench_profile AS
SELECT CASE WHEN random() >= .02 THEN random() END AS c1,
	   CASE WHEN random() >= .02 THEN random() * 1000 END AS c2,
	   CASE WHEN random() >= .02 THEN -ln(1 - random()) END AS c3,
	   CASE WHEN random() >= .02 THEN random() + random() + random() END AS c4,
	   CASE WHEN random() >= .02 THEN floor(random() * 50) END AS c5,
	   CASE WHEN random() >= .02 THEN exp(3 * random()) END AS c6,
	   CASE WHEN random() >= .02 THEN floor(random() * 100000) / 100 END AS c7,
	   CASE WHEN random() >= .02 THEN i / 1000.0::float8 END AS c8,
	   CASE WHEN random() >= .02 THEN sqrt(random()) END AS c9,
	   CASE WHEN random() >= .02 THEN random() - .5 END AS c10,
	   i
FROM generate_series(1, :rows) i;
VACUUM (FREEZE, ANALYZE) mlops_bench_profile;
\endif
CREATE TEMP TABLE bench (round int, query text, ms float8);
CREATE PROCEDURE pg_temp.run(rounds int, variadic queries text[]) LANGUAGE plpgsql AS $$
DECLARE t timestamptz; q text;
BEGIN
	FOR r IN 0 .. rounds LOOP
		FOREACH q IN ARRAY queries LOOP
			t := clock_timestamp();
			EXECUTE 'SELECT ' || split_part(q, '|', 2) || ' FROM mlops_bench_profile ' || split_part(q, '|', 3);
			IF r > 0 THEN		-- round 0 warms up
				INSERT INTO bench VALUES (r, split_part(q, '|', 1), extract(epoch FROM clock_timestamp() - t) * 1000);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT string_agg(format('avg(c%s)', i), ',') AS avgs,
	   string_agg(format('mlops.profile(c%s)', i), ',') AS profiles,
	   string_agg(format('c%s', i), ',') AS cols
FROM generate_series(1, 10) i \gset
CALL pg_temp.run(:rounds, '01 avg, 10 columns|' || :'avgs', '02 profile_columns, 10 columns|mlops.profile_columns(' || :'cols' || ')',
	'03 profile per column, 10 columns|' || :'profiles',
	'04 avg, 10 columns, 720 groups in order|' || :'avgs' || '|GROUP BY i / (' || :rows || ' / 720)',
	'05 profile_columns, 720 groups in order|mlops.profile_columns(' || :'cols' || ')|GROUP BY i / (' || :rows || ' / 720)');
SELECT b.query, round(percentile_cont(.5) WITHIN GROUP (ORDER BY b.ms)) AS ms,
	   round((percentile_cont(.5) WITHIN GROUP (ORDER BY b.ms / a.ms))::numeric, 2) AS x_avg
FROM bench b JOIN bench a ON a.round = b.round AND a.query = CASE WHEN b.query < '04' THEN '01 avg, 10 columns' ELSE '04 avg, 10 columns, 720 groups in order' END
GROUP BY b.query ORDER BY b.query;
