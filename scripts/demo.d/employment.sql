-- raw -> reference (the baseline), arriving (what will come), predictions (empty)
CREATE TABLE reference AS
	SELECT id, agep, schl, mar, relp, dis, esp, cit, mig, mil, anc, nativity, dear, deye, drem, sex, rac1p,
		   predicted_probability, prediction
	FROM raw WHERE partition = 'reference';
CREATE TABLE arriving AS
	SELECT id, timestamptz '2026-03-01 00:00+00' + interval '1 day' * chunk_no
			   + interval '17 seconds' * (row_number() OVER (PARTITION BY chunk_no ORDER BY id) - 1) AS at,
		   agep, schl, mar, relp, dis, esp, cit, mig, mil, anc, nativity, dear, deye, drem, sex, rac1p,
		   predicted_probability, prediction
	FROM raw WHERE partition = 'analysis';
CREATE TABLE predictions (LIKE arriving);
ALTER TABLE predictions ADD PRIMARY KEY (id);
CREATE INDEX ON predictions (at);
ANALYZE reference;
CREATE TABLE demo_settings AS
	SELECT 'employment'::text AS model, 'predicted_probability'::text AS score, 'prediction'::text AS prediction,
		   '{sex,rac1p}'::text[] AS segments;
