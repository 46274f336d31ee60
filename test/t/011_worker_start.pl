# Without shared_preload_libraries: everything but the worker works, and the
# worker can be started and stopped by hand.
use strict;
use warnings;

use FindBin;
use IPC::Run;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use MlopsTest;

my $node = mlops_node('start', preload => 0);
watch($node, 'postgres', 'shop');
monitor($node, 'postgres', 'nulls', 'shop', '2026-01-07 00:00+00');

set_time($node, '2026-01-08 00:00:00+00');
is($node->safe_psql('postgres', 'SELECT state FROM mlops.scheduler_status'), 'not running', 'no worker, and the view says so');
$node->safe_psql('postgres', 'SET ROLE shop; CALL mlops.run_due()');
is($node->safe_psql('postgres', q{SELECT count(*) FROM mlops.runs WHERE state = 'succeeded'}), '1', 'run_due() needs no worker');
is($node->safe_psql('postgres', 'SELECT mlops.stop_worker()'), 'f', 'there is nothing to stop');

my $pid = $node->safe_psql('postgres', 'SELECT mlops.start_worker()');
is(launcher_pid($node), $pid, 'start_worker() returns the pid of the launcher');
is($node->safe_psql('postgres', 'SELECT mlops.start_worker()'), $pid, 'a second call starts no second one');
set_time($node, '2026-01-09 00:00:00+00');
wait_done($node, 'postgres', 'it runs monitors');
is($node->safe_psql('postgres', q{SELECT state FROM mlops.alerts}), 'firing', 'with all that follows');

# two sessions that start it at once
is($node->safe_psql('postgres', 'SELECT mlops.stop_worker()'), 't', 'stop_worker() ends it');
is(launcher_pid($node), '', 'it is gone');
sleep 11;
is(launcher_pid($node), '', 'and stays away longer than the restart time');
my @started = map {
	IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'SELECT mlops.start_worker()' ], '>', \my $out)
} 1 .. 4;
$_->finish for @started;
wait_for($node, 'postgres', q{(SELECT state = 'running' FROM mlops.scheduler_status)}, 'four sessions start it at once');
wait_for($node, 'postgres', q{(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'mlops launcher') = 1}, 'there is one');

# a crash of the launcher
$pid = launcher_pid($node);
kill 'KILL', $pid;
$node->poll_query_until('postgres', 'SELECT true');
wait_for($node, 'postgres', "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'mlops launcher' AND pid <> $pid)", 'it comes back after a crash of the server');

# no room for another process
$node->safe_psql('postgres', 'SELECT mlops.stop_worker()');
set_conf($node, 'max_worker_processes', 1);
$node->restart;
is(launcher_pid($node), '', 'a restart of the server ends what was started by hand');
my ($rc, $out, $err) = $node->psql('postgres', 'SELECT mlops.start_worker()');
like($err, qr/could not register background process.*max_worker_processes/s, 'start_worker() without room for the launcher');
set_conf($node, 'max_worker_processes', 2);		# the server itself takes one
$node->restart;
my $offset = -s $node->logfile;
$node->safe_psql('postgres', 'SELECT mlops.start_worker()');
set_time($node, '2026-01-10 00:00:00+00');
$node->wait_for_log(qr/mlops: no free background worker slot/, $offset);
sleep 3;
my $told = () = slurp_file($node->logfile, $offset) =~ /no free background worker slot/g;
is($told, 1, 'without a slot it says so once');
is($node->safe_psql('postgres', q{SELECT count(*) FROM mlops.runs WHERE state = 'running'}), '0', 'and leaves nothing half done');
$node->safe_psql('postgres', 'CALL mlops.run_due()');
is($node->safe_psql('postgres', q{SELECT max(window_end) FROM mlops.runs WHERE state = 'succeeded'}), '2026-01-10 00:00:00+00', 'run_due() works all the same');

($rc, $out, $err) = $node->psql('postgres', 'SET ROLE shop; SELECT mlops.start_worker()');
like($err, qr/permission denied/, 'start_worker() is not for everybody');

$node->stop;
done_testing();
