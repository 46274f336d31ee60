# The preloaded worker: it finds databases by itself, runs monitors as their
# owners, and nothing that happens to one of them stops another.
use strict;
use warnings;

use FindBin;
use IPC::Run;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use MlopsTest;

my $node = mlops_node('worker');

#
# two databases, three owners, one bad monitor
#
$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('postgres', 'CREATE DATABASE two');
watch($node, 'one', 'anna');
watch($node, 'one', 'berta');
watch($node, 'two', 'anna');
monitor($node, 'one', 'good a', 'anna', '2026-01-07 00:00+00');
monitor($node, 'one', 'good b', 'berta', '2026-01-07 00:00+00');
monitor($node, 'two', 'good c', 'anna', '2026-01-07 00:00+00');
monitor($node, 'one', 'bad', 'berta', '2026-01-05 00:00+00');
# its granules are the same, so only its comparison can fail
$node->safe_psql('one', q{UPDATE mlops.monitors SET columns = '{x}', segments = '{nosuch}', min_rows = 1 WHERE name = 'bad';
	ALTER TABLE berta.pred RENAME COLUMN kind TO kind2});
is($node->safe_psql('one', 'SELECT count(*) FROM mlops.runs'), '0', 'nothing runs before it is time');
set_time($node, '2026-01-10 00:00:00+00');
wait_for($node, 'one', q{(SELECT count(*) FROM mlops.runs r JOIN mlops.monitors m USING (monitor_id) WHERE name = 'good a' AND r.state = 'succeeded') = 3}, 'owner anna in database one');
wait_for($node, 'two', q{(SELECT count(*) FROM mlops.runs WHERE state = 'succeeded') = 3}, 'owner anna in database two');
wait_for($node, 'one', q{(SELECT state = 'failed' AND sqlstate = '42703' FROM mlops.run_history WHERE monitor = 'bad')}, 'a failure leaves its SQLSTATE');
is($node->safe_psql('one', q{SELECT failures, retry_at > mlops.clock(), retry_at < mlops.clock() + interval '70 minutes', state FROM mlops.monitors WHERE name = 'bad'}),
	'1|t|t|active', 'and is tried again within about an hour');
$node->safe_psql('one', 'ALTER TABLE berta.pred RENAME COLUMN kind2 TO kind');
$node->safe_psql('one', q{UPDATE mlops.monitors SET retry_at = NULL, segments = NULL WHERE failures > 0});
wait_done($node, 'one', 'once the reason is gone it catches up');
is($node->safe_psql('one', q{SELECT string_agg(DISTINCT failures::text, ',') FROM mlops.monitors}), '0', 'and the failures are forgotten');

#
# views
#
is($node->safe_psql('one', 'SELECT state, paused_reason IS NULL, launcher_pid, monitors_active, runs_running FROM mlops.scheduler_status'),
	'running|t|' . launcher_pid($node) . '|3|0', 'scheduler_status');
is($node->safe_psql('one', q{SET ROLE berta; SELECT string_agg(monitor, ',' ORDER BY monitor) FROM mlops.monitor_status}), 'bad,good b',
	'monitor_status shows the monitors of one\'s own models');
is($node->safe_psql('one', q{SET ROLE berta; SELECT count(*) FROM mlops.run_history WHERE model <> 'berta'}), '0', 'so does run_history');
is($node->safe_psql('one', q{SET ROLE anna; SELECT bool_and(health IS NOT NULL) FROM mlops.status}), 't', 'status works for an ordinary role');

#
# the launcher comes back, settings are read again
#
my $launcher = launcher_pid($node);
$node->safe_psql('postgres', "SELECT pg_terminate_backend($launcher)");
wait_for($node, 'postgres', "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'mlops launcher' AND pid <> $launcher)", 'the launcher comes back after pg_terminate_backend');
set_conf($node, 'mlops.max_workers', 0);
set_time($node, '2026-01-11 00:00:00+00');
sleep 3;
is($node->safe_psql('one', q{SELECT count(*) FROM mlops.runs WHERE window_end > '2026-01-10 00:00+00'}), '0', 'max_workers = 0 switches it off without a restart');
set_conf($node, 'mlops.max_workers', 2);
wait_done($node, 'one', 'and on again');
wait_done($node, 'two', 'in every database');

#
# max_runtime, and a function that will not be canceled
#
$node->safe_psql('one', <<'SQL');
ALTER TABLE berta.pred RENAME TO pred_rows;
CREATE FUNCTION berta.stubborn() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		BEGIN
			PERFORM pg_sleep(60);
		EXCEPTION WHEN query_canceled THEN
			RAISE LOG 'berta.stubborn goes on';
		END;
	END LOOP;
END $$;
CREATE VIEW berta.pred AS SELECT * FROM berta.pred_rows WHERE berta.stubborn();
GRANT SELECT ON berta.pred TO berta;
-- what a person who replaces the relation would do
UPDATE mlops.sources SET relation = 'berta.pred', tracking = 'lookback' FROM mlops.models m
	WHERE m.model_id = sources.model_id AND m.name = 'berta';
UPDATE mlops.monitors SET max_runtime = '1 second' WHERE name IN ('good b', 'bad');
SQL
set_time($node, '2026-01-12 00:00:00+00');
wait_for($node, 'one', q{(SELECT next_window_end > '2026-01-12 00:00+00' FROM mlops.monitors WHERE name = 'good a')}, 'another owner is not stopped by it');
wait_for($node, 'one', q{EXISTS (SELECT FROM mlops.run_history WHERE model = 'berta' AND state = 'crashed')}, 'a run that catches its cancellation loses its process');
is($node->safe_psql('one', q{SELECT count(*) FROM mlops.runs r JOIN pg_stat_activity a USING (pid) WHERE r.state = 'crashed'}), '0', 'which is gone');
$node->safe_psql('one', q{CREATE OR REPLACE FUNCTION berta.stubborn() RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(60) IS NOT NULL';
	UPDATE mlops.monitors SET retry_at = NULL});
wait_for($node, 'one', q{EXISTS (SELECT FROM mlops.run_history WHERE model = 'berta' AND state = 'failed' AND sqlstate = '57014' AND message ~ 'max_runtime')}, 'one that takes too long is canceled');

#
# what is gone orphans its own monitors only
#
monitor($node, 'one', 'third', 'anna', '2026-01-12 00:00+00');
$node->safe_psql('one', q{UPDATE mlops.models SET owner = 'anna' WHERE name = 'berta'; DROP VIEW berta.pred; UPDATE mlops.monitors SET retry_at = NULL});
set_time($node, '2026-01-13 00:00:00+00');
wait_for($node, 'one', q{(SELECT bool_and(state = 'orphaned' AND state_reason ~ 'relation') FROM mlops.monitors m JOIN mlops.models d USING (model_id) WHERE d.name = 'berta')}, 'a dropped relation orphans the monitors over it');
wait_for($node, 'one', q{(SELECT next_window_end > '2026-01-13 00:00+00' FROM mlops.monitors WHERE name = 'third')}, 'and no other');
$node->safe_psql('two', 'CREATE ROLE gone; REASSIGN OWNED BY anna TO CURRENT_USER; UPDATE mlops.models SET owner = \'gone\'; DROP ROLE gone');
set_time($node, '2026-01-14 00:00:00+00');
wait_for($node, 'two', q{(SELECT state = 'orphaned' AND state_reason ~ 'role' FROM mlops.monitors)}, 'a dropped role orphans its monitors');
wait_done($node, 'one', 'others go on');

#
# DROP EXTENSION and DROP DATABASE while it ticks
#
for my $i (1 .. 5)
{
	$node->safe_psql('postgres', "CREATE DATABASE short$i");
	$node->safe_psql("short$i", 'CREATE EXTENSION mlops');
	$node->safe_psql("short$i", 'DROP EXTENSION mlops') if $i % 2;
	$node->safe_psql('postgres', "DROP DATABASE short$i");
}
pass('databases with and without the extension can be dropped while it ticks');
# in the middle of a run it has to wait, and then everything ends quietly
$node->safe_psql('postgres', 'CREATE DATABASE held');
set_time($node, '2026-01-07 00:00:00+00');
watch($node, 'held', 'carla');
monitor($node, 'held', 'last', 'carla', '2026-01-06 00:00+00');
my $before = -s $node->logfile;
pause_at($node, 'after_judge');
set_time($node, '2026-01-07 12:00:00+00');
$node->wait_for_log(qr/mlops: paused at step "after_judge"/, $before);
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'mlops run'});
wait_for($node, 'held', q{(SELECT state = 'failed' AND sqlstate = '57014' FROM mlops.run_history)}, 'pg_cancel_backend ends a run, which says so');
$before = -s $node->logfile;
$node->safe_psql('held', 'UPDATE mlops.monitors SET retry_at = NULL');
$node->wait_for_log(qr/mlops: paused at step "after_judge"/, $before);
my ($rc, $out, $err) = $node->psql('held', q{SET lock_timeout = '300ms'; DROP EXTENSION mlops CASCADE});
like($err, qr/lock timeout/, 'DROP EXTENSION waits for a run');
pause_at($node, '');
$before = -s $node->logfile;
my $drop = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('held'), '-c', 'DROP EXTENSION mlops CASCADE' ], '>', \$out, '2>', \$err);
wait_for($node, 'held', q{EXISTS (SELECT FROM pg_locks WHERE NOT granted)}, 'it waits again');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'mlops run'});
ok($drop->finish, 'and goes on when the run has ended');
sleep 2;
unlike(slurp_file($node->logfile, $before), qr/ERROR/, 'without an error of the processes that come to look');
$node->safe_psql('postgres', 'DROP DATABASE held');
set_time($node, '2026-01-14 00:00:00+00');

$node->safe_psql('postgres', 'ALTER DATABASE two RENAME TO zwei');
$node->safe_psql('postgres', 'CREATE DATABASE three TEMPLATE zwei');
pass('renamed and copied too');
$node->safe_psql('postgres', 'ALTER DATABASE zwei ALLOW_CONNECTIONS false');

my $offset = -s $node->logfile;
set_time($node, '2026-01-15 00:00:00+00');
wait_done($node, 'one', 'the others go on');
sleep 2;
my $log = slurp_file($node->logfile, $offset);
unlike($log, qr/not currently accepting connections/, 'a closed database is never attempted');
unlike($log, qr/(PANIC|terminated by signal|TRAP)/, 'nothing crashed');

$node->stop('fast');
ok(!-e $node->data_dir . '/postmaster.pid', 'a fast shutdown ends all of it');
done_testing();
