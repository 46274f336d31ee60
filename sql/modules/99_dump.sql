-- pg_dump keeps the rows of every table and the place of every sequence.  What
-- is restored elsewhere stays paused until mlops.resume_schedule().
DO $$
DECLARE
	c	record;
BEGIN
	FOR c IN
		SELECT k.oid FROM pg_catalog.pg_class k
		WHERE k.relnamespace = 'mlops'::regnamespace AND k.relkind IN ('r', 'p', 'S')
		ORDER BY k.relkind, k.relname
	LOOP
		PERFORM pg_catalog.pg_extension_config_dump(c.oid::regclass, '');
	END LOOP;
END
$$;
