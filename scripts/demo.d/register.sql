-- The names come from the table that the loading step left.
SELECT model, score, prediction, segments FROM demo_settings \gset
\pset footer off
BEGIN;
SELECT mlops.register_model(:'model', task => 'binary') \g /dev/null
SELECT mlops.register_source(:'model', 'public.predictions', at => 'at', id => 'id', score => :'score', prediction => :'prediction',
							 segments => :'segments', granule => '1 day') \g /dev/null
SELECT mlops.set_baseline(:'model', relation => 'public.reference') \g /dev/null
SELECT mlops.create_monitor(:'model' || ' drift', :'model', kind => 'drift', every => '1 day', over => '1 day',
							on_critical => 'retrain', from_time => '2026-03-01 00:00+00') \g /dev/null
COMMIT;

SELECT c.role, c.kind, string_agg(c.name || CASE WHEN c.is_segment THEN ' (segment)' ELSE '' END, ', ' ORDER BY c.column_no) AS columns
FROM mlops.columns c GROUP BY c.role, c.kind ORDER BY min(c.column_no);
SELECT m.name AS monitor, m.over AS "window", m.every, b.kind || ' ' || b.relation AS baseline,
	   format('%s of %s windows to fire, %s of %s to clear', m.fire_k, m.fire_n, m.clear_k, m.clear_n) AS judgement, m.on_critical
FROM mlops.monitors m JOIN mlops.baselines b USING (baseline_id);
