-- The tables of the loop.  Each stage writes one group and reads the one
-- before it: register -> collect -> compare -> judge -> act.
-- Every row hangs on a model, an experiment or a layer of experiments; row security shows a role
-- those that it (or a role it belongs to) owns.  See doc/architecture.md.

---------------------------------------------------------------------------
-- register
---------------------------------------------------------------------------

CREATE TABLE mlops.models (
	model_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name		text NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 200),
	task		text NOT NULL CHECK (task IN ('binary', 'multiclass', 'regression', 'ranking', 'other')),
	owner		regrole NOT NULL,
	description	text,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE mlops.models IS 'models under watch; owner is the role whose privileges every read of the model''s data uses';

CREATE TABLE mlops.model_versions (
	version_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model_id	bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	version		text NOT NULL CHECK (version <> '' AND length(version) <= 200),
	metadata	jsonb NOT NULL DEFAULT '{}',
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (model_id, version)
);
COMMENT ON TABLE mlops.model_versions IS 'versions of a model, as the prediction table names them';

CREATE TABLE mlops.model_aliases (
	alias_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model_id	bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	alias		text NOT NULL CHECK (alias <> ''),
	version_id	bigint NOT NULL REFERENCES mlops.model_versions ON DELETE CASCADE,
	since		timestamptz NOT NULL DEFAULT clock_timestamp(),
	until		timestamptz
);
CREATE UNIQUE INDEX model_aliases_current ON mlops.model_aliases (model_id, alias) WHERE until IS NULL;
COMMENT ON TABLE mlops.model_aliases IS 'which version an alias (champion, challenger, shadow) pointed to, and when; until is NULL for the present one';

CREATE TABLE mlops.sources (
	source_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	name			text NOT NULL CHECK (name <> ''),
	relation		regclass NOT NULL,
	time_column		text NOT NULL,
	time_type		regtype NOT NULL,		-- timestamptz, timestamp or date
	time_zone		text NOT NULL DEFAULT 'UTC',	-- how a time column without zone is read
	id_column		text,
	version_column	text,
	score_column	text,
	prediction_column text,
	label_column	text,
	label_time_column text,
	entity_column	text,
	granule			interval NOT NULL DEFAULT '1 hour',
	granule_origin	timestamptz NOT NULL DEFAULT '2000-01-01 00:00+00',
	ready_delay		interval NOT NULL DEFAULT '0' CHECK (ready_delay >= interval '0'),
	tracking		text NOT NULL CHECK (tracking IN ('trigger', 'lookback')),
	lookback		interval NOT NULL DEFAULT '1 day' CHECK (lookback >= interval '0'),
	max_segments	int NOT NULL DEFAULT 100 CHECK (max_segments BETWEEN 1 AND 10000),
	-- first pass over the rows that were there before: NULL until it has begun;
	-- collected_to = start of the first granule that it has not read yet
	collected_from	timestamptz,
	collected_to	timestamptz,
	first_pass_to	timestamptz,
	retention		interval CHECK (retention > interval '0'),
	created_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (model_id, name),
	CHECK (granule >= interval '1 minute' AND granule <= interval '1 day' * 31
		   AND extract(month FROM granule) = 0 AND extract(year FROM granule) = 0)
);
COMMENT ON TABLE mlops.sources IS 'relations that hold a model''s predictions, with the role of each special column';

CREATE TABLE mlops.columns (
	source_id		bigint NOT NULL REFERENCES mlops.sources ON DELETE CASCADE,
	column_no		smallint NOT NULL,
	name			text NOT NULL,
	role			text NOT NULL CHECK (role IN ('id', 'time', 'version', 'score', 'prediction', 'label',
								  'label_time', 'entity', 'feature', 'ignored')),
	kind			text NOT NULL CHECK (kind IN ('numeric', 'categorical', 'boolean', 'timestamp', 'other')),
	is_segment		boolean NOT NULL DEFAULT false,
	column_type		text NOT NULL,			-- format_type() when it was inspected
	bins			int NOT NULL DEFAULT 10 CHECK (bins BETWEEN 2 AND 1000),
	-- the bins every histogram of this column counts into: set with the first
	-- baseline (or, without one, from the first granules), then kept
	binning			mlops.binning,
	kind_given		boolean NOT NULL DEFAULT false,	-- by the user, not found by inspection
	PRIMARY KEY (source_id, column_no),
	UNIQUE (source_id, name)
);
COMMENT ON TABLE mlops.columns IS 'columns of a source: role, kind (found by inspection, overridable) and the bins they are counted in';

CREATE TABLE mlops.segments (
	segment_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source_id	bigint NOT NULL REFERENCES mlops.sources ON DELETE CASCADE,
	key			jsonb NOT NULL,				-- {} = all rows; {"sex": "1"}; {"sex": null}
	UNIQUE (source_id, key)
);
COMMENT ON TABLE mlops.segments IS 'slices of a source that are measured apart; {} is all rows, a JSON null is the NULL slice';

CREATE TABLE mlops.baselines (
	baseline_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source_id	bigint NOT NULL REFERENCES mlops.sources ON DELETE CASCADE,
	name		text NOT NULL,
	kind		text NOT NULL CHECK (kind IN ('relation', 'range', 'previous', 'rolling')),
	relation	regclass,					-- kind relation
	from_time	timestamptz,				-- kind range: [from_time, to_time)
	to_time		timestamptz,
	span		interval,					-- kind rolling: how far back
	gap			interval NOT NULL DEFAULT '0',	-- previous, rolling: left out right before the window
	collected_at timestamptz,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (source_id, name),
	CHECK (CASE kind WHEN 'relation' THEN relation IS NOT NULL
					 WHEN 'range' THEN from_time < to_time
					 WHEN 'rolling' THEN span > interval '0'
					 ELSE true END)
);
COMMENT ON TABLE mlops.baselines IS 'what windows are compared with';

CREATE TABLE mlops.baseline_profiles (
	baseline_id	bigint NOT NULL REFERENCES mlops.baselines ON DELETE CASCADE,
	segment_id	bigint NOT NULL REFERENCES mlops.segments ON DELETE CASCADE,
	column_no	smallint NOT NULL,
	row_count	bigint NOT NULL,
	profile		mlops.profile,				-- NULL for column_no 0: the rows themselves
	histogram	mlops.histogram,
	PRIMARY KEY (baseline_id, column_no, segment_id)
);
COMMENT ON TABLE mlops.baseline_profiles IS 'summaries of the baselines that have rows of their own (kinds relation and range)';

CREATE TABLE mlops.monitors (
	monitor_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 200),
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	source_id		bigint NOT NULL REFERENCES mlops.sources ON DELETE CASCADE,
	kind			text NOT NULL CHECK (kind IN ('drift', 'null_rate', 'volume', 'freshness')),
	columns			text[],					-- NULL: every feature, the score and the prediction
	segments		text[],					-- segment columns; NULL: all declared; {}: none
	baseline_id		bigint REFERENCES mlops.baselines ON DELETE CASCADE,
	method			text,					-- drift: NULL = chosen by kind
	warn			float8,					-- effect that matters (NULL: the method's default)
	critical		float8,
	confidence		float8 NOT NULL DEFAULT 0.99 CHECK (confidence > 0.5 AND confidence < 1),
	fdr				float8 NOT NULL DEFAULT 0.05 CHECK (fdr > 0 AND fdr < 1),
	correction		text NOT NULL DEFAULT 'bh' CHECK (correction IN ('bh', 'holm', 'none')),
	fire_k			int NOT NULL DEFAULT 2,
	fire_n			int NOT NULL DEFAULT 3,
	clear_k			int NOT NULL DEFAULT 2,
	clear_n			int NOT NULL DEFAULT 2,
	min_rows		bigint NOT NULL DEFAULT 200 CHECK (min_rows >= 1),
	segment_alerts	text NOT NULL DEFAULT 'unexplained' CHECK (segment_alerts IN ('unexplained', 'all', 'none')),
	on_warn			text NOT NULL DEFAULT 'alert' CHECK (on_warn IN ('alert', 'retrain', 'nothing')),
	on_critical		text NOT NULL DEFAULT 'alert' CHECK (on_critical IN ('alert', 'retrain')),
	every			interval NOT NULL CHECK (every >= interval '1 minute'),
	over			interval NOT NULL CHECK (over > interval '0'),
	anchor			timestamptz NOT NULL DEFAULT '2000-01-01 00:00+00',
	next_window_end	timestamptz NOT NULL,	-- end of the first window not evaluated yet
	catchup			text NOT NULL DEFAULT 'windows' CHECK (catchup IN ('windows', 'latest')),
	max_runtime		interval NOT NULL DEFAULT '10 minutes' CHECK (max_runtime > interval '0'),
	max_retries		int NOT NULL DEFAULT 5 CHECK (max_retries >= 0),
	failures		int NOT NULL DEFAULT 0,	-- in a row
	retry_at		timestamptz,			-- backoff after a failure
	restated_in_a_row int NOT NULL DEFAULT 0,	-- windows measured again since the last new one
	state			text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'disabled', 'orphaned')),
	state_reason	text,
	config_version	int NOT NULL DEFAULT 1,
	created_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	CHECK (fire_k BETWEEN 1 AND fire_n AND fire_n <= 100),
	CHECK (clear_k BETWEEN 1 AND clear_n AND clear_n <= 100)
);
CREATE INDEX monitors_due ON mlops.monitors (next_window_end) WHERE state = 'active';
COMMENT ON TABLE mlops.monitors IS 'what is measured, how often, against what, when it counts, and what follows';

CREATE TABLE mlops.monitor_configs (
	monitor_id		bigint NOT NULL REFERENCES mlops.monitors ON DELETE CASCADE,
	config_version	int NOT NULL,
	config			jsonb NOT NULL,
	changed_by		text NOT NULL,
	changed_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (monitor_id, config_version)
);
COMMENT ON TABLE mlops.monitor_configs IS 'every configuration a monitor has had; measurements name the one they were made with';

CREATE TABLE mlops.retrain_policies (
	model_id		bigint PRIMARY KEY REFERENCES mlops.models ON DELETE CASCADE,
	enabled			boolean NOT NULL DEFAULT true,
	cooldown		interval NOT NULL DEFAULT '24 hours' CHECK (cooldown >= interval '0'),
	min_new_rows	bigint NOT NULL DEFAULT 0 CHECK (min_new_rows >= 0),
	max_attempts	int NOT NULL DEFAULT 5 CHECK (max_attempts >= 1),
	expires_after	interval CHECK (expires_after > interval '0'),
	priority		int NOT NULL DEFAULT 0
);
COMMENT ON TABLE mlops.retrain_policies IS 'when an alert may ask for retraining: at most one open request per model, cooldown, minimum new rows';

-- One row, stamped by the first registration and dumped with the data: a
-- restored or cloned database carries the stamp of another one and stays
-- paused until mlops.resume_schedule().
CREATE TABLE mlops.instance (
	singleton			boolean PRIMARY KEY DEFAULT true CHECK (singleton),
	system_identifier	bigint NOT NULL,
	database_oid		oid NOT NULL,
	paused				boolean NOT NULL DEFAULT false,
	stamped_at			timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE mlops.instance IS 'which database the schedule belongs to';

---------------------------------------------------------------------------
-- collect
---------------------------------------------------------------------------

-- Granules whose rows changed, written by triggers on the source.  No unique
-- key: writers must not wait for each other.  A writer that finds a mark locks
-- it FOR KEY SHARE instead of adding one; the collector deletes only marks
-- nobody holds, so a mark outlives every transaction that counted on it.
CREATE TABLE mlops.changes (
	source_id	bigint NOT NULL,
	granule		timestamptz NOT NULL	-- -infinity: all (TRUNCATE)
);
CREATE INDEX changes_granule ON mlops.changes (source_id, granule);
COMMENT ON TABLE mlops.changes IS 'granules of a source with rows that have not been profiled yet';

CREATE TABLE mlops.profiles (
	source_id	bigint NOT NULL REFERENCES mlops.sources ON DELETE CASCADE,
	granule		timestamptz NOT NULL,		-- its start
	segment_id	bigint NOT NULL REFERENCES mlops.segments ON DELETE CASCADE,
	column_no	smallint NOT NULL,			-- 0: the rows themselves (counts only)
	row_count	bigint NOT NULL,
	histogram	mlops.histogram,
	profile		mlops.profile,
	revision	int NOT NULL DEFAULT 1,
	collected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (source_id, column_no, segment_id, granule)
);
CREATE INDEX profiles_granule ON mlops.profiles (source_id, granule);
COMMENT ON TABLE mlops.profiles IS 'one mergeable summary per source, column, segment and granule';

---------------------------------------------------------------------------
-- compare
---------------------------------------------------------------------------

CREATE TABLE mlops.runs (
	run_id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	monitor_id		bigint NOT NULL REFERENCES mlops.monitors ON DELETE CASCADE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	window_start	timestamptz NOT NULL,
	window_end		timestamptz NOT NULL,
	origin			text NOT NULL DEFAULT 'live' CHECK (origin IN ('live', 'restated')),
	state			text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'crashed', 'skipped')),
	attempt			int NOT NULL DEFAULT 1,
	pid				int,
	started_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at		timestamptz,
	granules_read	int,
	rows_read		bigint,
	milliseconds	float8,
	sqlstate		text,
	message			text,
	UNIQUE (monitor_id, window_start, window_end)
);
CREATE INDEX runs_started ON mlops.runs (started_at);
COMMENT ON TABLE mlops.runs IS 'run history: one row per monitor and window, updated when the window is restated';

-- Windows to be measured again, because a granule in them changed afterwards.
CREATE TABLE mlops.restatements (
	monitor_id		bigint NOT NULL REFERENCES mlops.monitors ON DELETE CASCADE,
	window_start	timestamptz NOT NULL,
	window_end		timestamptz NOT NULL,
	PRIMARY KEY (monitor_id, window_end)
);
COMMENT ON TABLE mlops.restatements IS 'measured windows that late rows have touched';

CREATE TABLE mlops.measurements (
	measurement_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id			bigint NOT NULL REFERENCES mlops.runs ON DELETE CASCADE,
	monitor_id		bigint NOT NULL REFERENCES mlops.monitors ON DELETE CASCADE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	window_start	timestamptz NOT NULL,
	window_end		timestamptz NOT NULL,
	segment_id		bigint NOT NULL REFERENCES mlops.segments ON DELETE CASCADE,
	column_name		text NOT NULL,			-- '' for volume and freshness
	metric			text NOT NULL,			-- js_distance, psi, null_rate, row_count, ...
	value			float8,
	effect			float8,					-- value with the part that chance alone explains taken out
	lower			float8,					-- interval of value where one exists
	upper			float8,
	p_value			float8,
	p_adjusted		float8,
	threshold		float8,					-- what value had to exceed at these sample sizes
	n_reference		bigint,
	n_current		bigint,
	null_share_reference float8,
	null_share_current	float8,
	verdict			text NOT NULL CHECK (verdict IN ('ok', 'warn', 'critical', 'no_data', 'insufficient', 'error')),
	reason			text,
	contributions	jsonb,					-- largest bins first: bin, label, shares, contribution
	config_version	int NOT NULL,
	rows_read		bigint,
	milliseconds	float8,
	revision		int NOT NULL DEFAULT 1,
	measured_at		timestamptz NOT NULL DEFAULT clock_timestamp(),
	UNIQUE (monitor_id, window_end, segment_id, column_name, metric)
);
CREATE INDEX measurements_cell ON mlops.measurements (monitor_id, segment_id, column_name, metric, window_end DESC);
COMMENT ON TABLE mlops.measurements IS 'one number with its uncertainty and verdict per monitor, window, segment, column and metric';

---------------------------------------------------------------------------
-- judge
---------------------------------------------------------------------------

CREATE TABLE mlops.alerts (
	alert_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	monitor_id		bigint NOT NULL REFERENCES mlops.monitors ON DELETE CASCADE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	segment_id		bigint NOT NULL REFERENCES mlops.segments ON DELETE CASCADE,
	column_name		text NOT NULL,
	metric			text NOT NULL,
	state			text NOT NULL CHECK (state IN ('pending', 'firing', 'recovering', 'resolved')),
	severity		text NOT NULL CHECK (severity IN ('warn', 'critical')),
	reason			text,					-- no_data and error are reasons on the same identity
	summary			text,					-- what changed, in words
	explanation		jsonb,					-- contributions, segments, what else changed then
	opened_at		timestamptz NOT NULL,	-- all in window time: the end of the window that did it
	fired_at		timestamptz,
	resolved_at		timestamptz,
	last_window_end	timestamptz NOT NULL,
	windows			int NOT NULL DEFAULT 1,	-- windows with a warn or critical verdict so far
	peak_value		float8,
	peak_window_end	timestamptz,
	last_measurement_id bigint,
	request_id		uuid,					-- the retrain request of this episode
	updated_at		timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX alerts_open ON mlops.alerts (monitor_id, segment_id, column_name, metric) WHERE state <> 'resolved';
CREATE INDEX alerts_model ON mlops.alerts (model_id, state);
COMMENT ON TABLE mlops.alerts IS 'one row per open or past alert; at most one open per monitor, segment, column and metric';

CREATE TABLE mlops.alert_events (
	event_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	alert_id		bigint NOT NULL REFERENCES mlops.alerts ON DELETE CASCADE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	window_end		timestamptz NOT NULL,
	event			text NOT NULL CHECK (event IN ('transition', 'severity', 'note')),
	from_state		text,					-- NULL: the alert opened
	to_state		text,
	severity		text,
	measurement_id	bigint,
	reason			text,
	at				timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alert_events_alert ON mlops.alert_events (alert_id, event_id);
COMMENT ON TABLE mlops.alert_events IS 'every transition of every alert, append-only';

---------------------------------------------------------------------------
-- act
---------------------------------------------------------------------------

CREATE TABLE mlops.retrain_requests (
	id				uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	seq				bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	model			text NOT NULL,
	model_version	text,
	reason			text NOT NULL,
	dedup_key		text NOT NULL,
	serial_key		text NOT NULL,			-- at most one leased request per serial_key
	state			text NOT NULL DEFAULT 'pending' CHECK (state IN
						('pending', 'leased', 'succeeded', 'failed', 'dead', 'cancelled', 'superseded')),
	priority		int NOT NULL DEFAULT 0,	-- higher first
	not_before		timestamptz NOT NULL,
	expires_at		timestamptz,
	attempts		int NOT NULL DEFAULT 0,
	max_attempts	int NOT NULL DEFAULT 5,
	lease_owner		text,
	lease_until		timestamptz,
	lease_token		uuid,
	occurrences		int NOT NULL DEFAULT 1,	-- how many alerts asked for the same
	alert_ids		bigint[] NOT NULL DEFAULT '{}',
	evidence		jsonb NOT NULL DEFAULT '{}',
	state_reason	text,					-- why it is in this state: 'expired', 'lease ran out', an error, a person's words
	last_error		text,
	result			jsonb,
	new_version		text,					-- the version that the consumer made
	external_run_id	text,
	created_xid		xid8 NOT NULL DEFAULT pg_current_xact_id(),
	created_at		timestamptz NOT NULL,	-- data time of what asked; cooldown counts from it
	claimed_at		timestamptz,
	finished_at		timestamptz,
	CONSTRAINT retrain_requests_lease_until CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
	CONSTRAINT retrain_requests_lease_holder CHECK (state <> 'leased' OR (lease_token IS NOT NULL AND lease_owner IS NOT NULL)),
	CONSTRAINT retrain_requests_finished_at CHECK ((state IN ('succeeded', 'dead', 'cancelled', 'superseded')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
-- failed = to be tried again at not_before; dead = attempts used up
CREATE UNIQUE INDEX retrain_requests_open ON mlops.retrain_requests (dedup_key)
	WHERE state IN ('pending', 'leased', 'failed');
CREATE UNIQUE INDEX retrain_requests_serial ON mlops.retrain_requests (serial_key) WHERE state = 'leased';
CREATE INDEX retrain_requests_claim ON mlops.retrain_requests (priority DESC, seq)
	WHERE state IN ('pending', 'failed');
CREATE INDEX retrain_requests_head ON mlops.retrain_requests (serial_key, priority DESC, seq)
	WHERE state IN ('pending', 'failed');
CREATE INDEX retrain_requests_expiry ON mlops.retrain_requests (expires_at)
	WHERE state IN ('pending', 'failed') AND expires_at IS NOT NULL;
CREATE INDEX retrain_requests_dead ON mlops.retrain_requests (model_id) WHERE state = 'dead';
CREATE INDEX retrain_requests_model ON mlops.retrain_requests (model_id, created_at DESC);
CREATE INDEX retrain_requests_feed ON mlops.retrain_requests (created_xid, seq);
COMMENT ON TABLE mlops.retrain_requests IS 'queue of retrain requests for an orchestrator; consume it through the claim, heartbeat, complete and fail functions';

CREATE TABLE mlops.retrain_request_events (
	event_id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request_id		uuid NOT NULL REFERENCES mlops.retrain_requests ON DELETE CASCADE,
	model_id		bigint NOT NULL REFERENCES mlops.models ON DELETE CASCADE,
	from_state		text,					-- NULL: it was made; the same as to_state: another alert or person joined
	to_state		text NOT NULL,
	attempt			int NOT NULL,
	lease_owner		text,
	reason			text,
	xid				xid8 NOT NULL DEFAULT pg_current_xact_id(),
	at				timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX retrain_request_events_feed ON mlops.retrain_request_events (xid, event_id);
CREATE INDEX retrain_request_events_request ON mlops.retrain_request_events (request_id, event_id);
COMMENT ON TABLE mlops.retrain_request_events IS 'every transition of every retrain request, append-only';

---------------------------------------------------------------------------
-- experiments: who is assigned what, and was at any time (56_experiment.sql)
---------------------------------------------------------------------------

CREATE TABLE mlops.experiment_layers (
	layer_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name		text NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 200),
	owner		regrole NOT NULL,
	seed		text NOT NULL,				-- seed and method never change: that would shuffle every unit
	method		text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE mlops.experiment_layers IS 'layers: experiments of one layer share its buckets and never a unit';

CREATE TABLE mlops.experiments (
	experiment_id	bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name			text NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 200),
	owner			regrole NOT NULL,
	description		text,
	created_at		timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE mlops.experiments IS 'experiments; what is assigned is in experiment_configs, one row a version';

CREATE TABLE mlops.experiment_configs (
	experiment_id	bigint NOT NULL REFERENCES mlops.experiments ON DELETE CASCADE,
	config_version	int NOT NULL,
	since			timestamptz NOT NULL,
	until			timestamptz,			-- NULL: the present one
	active			boolean NOT NULL,
	variations		text[] NOT NULL,
	seed			text NOT NULL,
	method			text NOT NULL,
	coverage		float8,					-- coverage and weights that the ranges were made of; NULL where ranges were given
	weights			float8[],
	ranges			float8[] NOT NULL,		-- they alone decide
	shares			float8[] NOT NULL,		-- of all units, derived from the ranges and the method's buckets
	layer_id		bigint REFERENCES mlops.experiment_layers,
	layer_buckets	int4range,
	holdout			float8,					-- units below this position under holdout_seed are left out
	holdout_seed	text,
	sticky			boolean NOT NULL,
	bucket_version	int NOT NULL CHECK (bucket_version >= 0),
	min_bucket_version int NOT NULL CHECK (min_bucket_version BETWEEN 0 AND bucket_version),
	changed_by		text NOT NULL,
	PRIMARY KEY (experiment_id, config_version),
	CHECK (until >= since),
	CHECK ((layer_id IS NULL) = (layer_buckets IS NULL)),
	CHECK ((holdout IS NULL) = (holdout_seed IS NULL)),
	CONSTRAINT experiment_configs_time EXCLUDE USING gist
		(int8range(experiment_id, experiment_id, '[]') WITH &&, tstzrange(since, until) WITH &&),
	-- a layer's buckets, as one line of numbers for all layers
	CONSTRAINT experiment_configs_layer EXCLUDE USING gist
		(int8range(layer_id * 4294967296 + lower(layer_buckets), layer_id * 4294967296 + upper(layer_buckets)) WITH &&,
		 tstzrange(since, until) WITH &&) WHERE (active AND layer_id IS NOT NULL)
);
COMMENT ON TABLE mlops.experiment_configs IS 'every configuration an experiment has had, and when; at no time do two experiments share buckets of a layer';

CREATE TABLE mlops.experiment_overrides (
	experiment_id	bigint NOT NULL REFERENCES mlops.experiments ON DELETE CASCADE,
	unit			text NOT NULL,
	variation		text NOT NULL,
	since			timestamptz NOT NULL,
	until			timestamptz CHECK (until >= since),
	forced_by		text NOT NULL
);
CREATE UNIQUE INDEX experiment_overrides_present ON mlops.experiment_overrides (experiment_id, unit) WHERE until IS NULL;
CREATE INDEX experiment_overrides_unit ON mlops.experiment_overrides (experiment_id, unit, since);
COMMENT ON TABLE mlops.experiment_overrides IS 'units whose variation was set by hand, and when';

CREATE TABLE mlops.experiment_assignments (
	experiment_id	bigint NOT NULL REFERENCES mlops.experiments ON DELETE CASCADE,
	unit			text NOT NULL,
	bucket_version	int NOT NULL,
	variation		text NOT NULL,
	config_version	int NOT NULL,
	propensity		float8 NOT NULL,
	assigned_at		timestamptz NOT NULL,
	PRIMARY KEY (experiment_id, unit, bucket_version)
);
COMMENT ON TABLE mlops.experiment_assignments IS 'what a unit keeps while its experiment is sticky, whatever becomes of weights and coverage';

CREATE TABLE mlops.exposures (
	experiment_id	bigint NOT NULL REFERENCES mlops.experiments ON DELETE CASCADE,
	unit			text NOT NULL,
	variation		text NOT NULL,
	config_version	int NOT NULL,
	bucket_version	int NOT NULL,
	propensity		float8 NOT NULL,		-- of the variation among the units of the experiment, with which it was drawn
	first_seen		timestamptz NOT NULL,
	moved_at		timestamptz,			-- when the unit was first given another variation
	PRIMARY KEY (experiment_id, unit)
);
COMMENT ON TABLE mlops.exposures IS 'the first exposure of each unit to each experiment, with the propensity and the configuration that decided';
