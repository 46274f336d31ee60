
=head1 NAME

MlopsTest - servers with mlops and something to watch, for the TAP tests

=head1 DESCRIPTION

The clock of the tests is the setting mlops.mock_now; nothing here depends on
how long anything takes.

=cut

package MlopsTest;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(mlops_node set_conf set_time pause_at watch monitor facts
  start_again wait_for wait_done run_pids launcher_pid);

# A started server.  Options: preload (default 1), streaming, conf (text).
sub mlops_node
{
	my ($name, %opt) = @_;
	my $preload = $opt{preload} // 1;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => $opt{streaming} // 0);
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'mlops'\n") if $preload;
	$node->append_conf('postgresql.conf', <<~CONF . ($opt{conf} // ''));
		restart_after_crash = on
		max_worker_processes = 16
		autovacuum = off
		mlops.check_interval = 1s
		mlops.discovery_interval = 1s
		mlops.max_workers = 4
		mlops.mock_now = '2026-01-01 00:00:00+00'
		mlops.test_pause_at = ''
		CONF
	$node->start;
	return $node;
}

# Where process 1 waits for nobody (some containers), the killed server stays
# a zombie, and its lock files look like those of a running one.
sub drop_zombie
{
	my ($node) = @_;
	my $file = $node->data_dir . '/postmaster.pid';
	return unless -e $file;
	my ($pid) = split /\n/, slurp_file($file);
	my $status = "/proc/$pid/status";
	unlink $file, sprintf('%s/.s.PGSQL.%d.lock', $node->host, $node->port)
	  if -e $status && slurp_file($status) =~ /^State:\s+Z/m;
	return;
}

# After kill9: the orphans may hold the shared memory for a moment.
sub start_again
{
	my ($node) = @_;
	for (1 .. 100)
	{
		return if $node->start(fail_ok => 1);
		undef $node->{_pid};	# a stale pid file is no running server
		drop_zombie($node);
		select undef, undef, undef, 0.1;
	}
	die 'the server does not start again';
}

# Sets it for the whole server.  Not by writing the file ourselves: processes
# would read it half written.
sub set_conf
{
	my ($node, $name, $value) = @_;
	$node->safe_psql('postgres', "LOAD 'mlops';\nALTER SYSTEM SET $name = '$value';\nSELECT pg_reload_conf();");
	return;
}

sub set_time { my ($node, $time) = @_; return set_conf($node, 'mlops.mock_now', $time); }

sub pause_at { my ($node, $step) = @_; return set_conf($node, 'mlops.test_pause_at', $step); }

# Ten days of predictions from 2026-01-01, 24 an hour, in table SCHEMA.pred of
# role SCHEMA; from the eighth day on half of x is NULL.  The model has the
# schema's name; its baseline are the first four days.
sub watch
{
	my ($node, $db, $schema, $granule) = @_;
	$granule //= '1 hour';
	$node->safe_psql($db, <<~SQL);
		CREATE EXTENSION IF NOT EXISTS mlops;
		DO \$\$ BEGIN CREATE ROLE $schema; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$;
		CREATE SCHEMA $schema AUTHORIZATION $schema;
		SELECT mlops.grant_access('$schema', 'operator');
		SET ROLE $schema;
		CREATE TABLE $schema.pred (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, x float8, kind text, score float8);
		INSERT INTO $schema.pred (at, x, kind, score)
		SELECT timestamptz '2026-01-01 00:00+00' + h * interval '1 hour' + i * interval '2 minutes',
			   CASE WHEN h < 7 * 24 OR i % 2 = 0 THEN ((i * 37 + h * 11) % 100) / 10.0 END,
			   (ARRAY['a', 'b', 'c'])[1 + (i + h) % 3], ((i * 17 + h * 5) % 100) / 100.0
		FROM generate_series(0, 10 * 24 - 1) h, generate_series(0, 23) i;
		SELECT mlops.register_model('$schema');
		SELECT mlops.register_source('$schema', '$schema.pred', at => 'at', id => 'id', score => 'score', granule => '$granule');
		SELECT mlops.set_baseline('$schema', from_time => '2026-01-01 00:00+00', to_time => '2026-01-05 00:00+00');
		SQL
	return;
}

# A monitor of the share of NULL, daily, from the given day on; fires at once
# and asks for retraining.  More arguments of create_monitor() as text.
sub monitor
{
	my ($node, $db, $name, $model, $from, $more) = @_;
	$more = defined $more ? ", $more" : '';
	$node->safe_psql($db, <<~SQL);
		SET ROLE $model;
		SELECT mlops.create_monitor('$name', '$model', kind => 'null_rate', every => '1 day', over => '1 day',
			fire_k => 1, fire_n => 1, on_critical => 'retrain', from_time => '$from'$more);
		SQL
	return;
}

# Everything a run leaves behind that people and orchestrators see, without
# surrogate keys and wall-clock times.
sub facts
{
	my ($node, $db) = @_;
	return $node->safe_psql($db, <<~'SQL');
		SET timezone = 'UTC';
		SELECT 'measurement', m.name, x.window_end, g.key, x.column_name, x.metric, x.value, x.n_reference, x.n_current, x.verdict, x.revision
		FROM mlops.measurements x JOIN mlops.monitors m USING (monitor_id) JOIN mlops.segments g USING (segment_id)
		ORDER BY 2, 3, 4, 5, 6;
		SELECT 'alert', m.name, g.key, a.column_name, a.metric, a.state, a.severity, a.opened_at, a.fired_at, a.resolved_at,
			   a.last_window_end, a.windows, a.request_id IS NOT NULL
		FROM mlops.alerts a JOIN mlops.monitors m USING (monitor_id) JOIN mlops.segments g USING (segment_id)
		ORDER BY 2, 3, 4, 5, 8;
		SELECT 'event', m.name, a.column_name, e.window_end, e.event, e.from_state, e.to_state, e.reason
		FROM mlops.alert_events e JOIN mlops.alerts a USING (alert_id) JOIN mlops.monitors m USING (monitor_id)
		ORDER BY 2, 3, 4, 5, 6, 7, 8;
		SELECT 'request', model, reason, state, occurrences, cardinality(alert_ids) FROM mlops.retrain_requests ORDER BY 2, 3;
		SELECT 'request event', model_id, from_state, to_state FROM mlops.retrain_request_events ORDER BY 2, event_id;
		SELECT 'run', m.name, r.window_start, r.window_end, r.origin, r.state
		FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) ORDER BY 2, 3;
		SELECT 'monitor', name, next_window_end, state, failures FROM mlops.monitors ORDER BY 2;
		SQL
}

sub wait_for
{
	my ($node, $db, $condition, $what) = @_;
	ok($node->poll_query_until($db, "SELECT $condition"), $what);
	return;
}

# Until every active monitor is up to date and nothing runs.
sub wait_done
{
	my ($node, $db, $what) = @_;
	wait_for($node, $db, <<~'SQL', $what);
		NOT EXISTS (SELECT FROM mlops.monitors m JOIN mlops.sources s USING (source_id)
					WHERE m.state = 'active' AND m.next_window_end + s.ready_delay <= mlops.clock())
		AND NOT EXISTS (SELECT FROM mlops.runs WHERE state = 'running')
		SQL
	return;
}

sub run_pids
{
	my ($node) = @_;
	return split /\n/, $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'mlops run'");
}

sub launcher_pid
{
	my ($node) = @_;
	return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'mlops launcher'");
}

1;
