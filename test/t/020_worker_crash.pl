# SIGKILL of the process that runs a monitor, and of the whole server, between
# any two steps of a run.  Afterwards the database says what it would have said
# without: no alert without its measurement, nothing lost, doubled or left running.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use MlopsTest;

my @steps = qw(before_begin_commit after_begin before_collect after_collect after_compare
  after_judge after_act before_execute_commit after_execute);

my $node = mlops_node('crash');

# Every kill is one failure more: the clock goes on by more than the longest backoff.
my $hours = 0;
sub next_time
{
	$hours += 6;
	return sprintf '2026-01-%02d %02d:00:00+00', 9 + int($hours / 24), $hours % 24;
}

sub kill_worker
{
	my ($pid) = run_pids($node);
	kill 'KILL', $pid;
	return;
}

# The first window holds the change: its run opens the alert and files the request.
sub scenario
{
	my ($name, $kill) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$hours = 0;
	set_time($node, '2026-01-08 12:00:00+00');
	watch($node, $name, 'shop');
	monitor($node, $name, 'nulls', 'shop', '2026-01-08 00:00+00', 'max_retries => 100');

	my $crashes = 0;
	for my $step (@steps)
	{
		my $offset = -s $node->logfile;
		pause_at($node, $step);
		set_time($node, next_time());
		$node->wait_for_log(qr/mlops: paused at step "$step"/, $offset);
		pass("$name: paused at $step");

		# what is committed by now, and what is not
		my $committed = $step eq 'after_execute';
		is($node->safe_psql($name, 'SELECT count(*) FROM mlops.alerts WHERE NOT EXISTS (SELECT FROM mlops.measurements x WHERE x.measurement_id = last_measurement_id)'),
			'0', "$name: no alert without its measurement at $step");
		is($node->safe_psql($name, 'SELECT (SELECT count(*) FROM mlops.measurements) > 0, count(*) > 0, (SELECT count(*) FROM mlops.retrain_requests) FROM mlops.alerts'),
			$committed ? 't|t|1' : 'f|f|0', "$name: measurement, alert and request are there together or not at all at $step");
		$crashes++ unless $committed || $step eq 'before_begin_commit';

		pause_at($node, '');
		set_time($node, '2026-01-08 13:00:00+00');	# nothing is due while we look
		$kill->();
		$node->poll_query_until('postgres', 'SELECT true') or die "no server";
		wait_for($node, $name, "(SELECT count(*) FROM mlops.runs WHERE state = 'running') = 0", "$name: the run of a dead process is not left running after $step");
		is($node->safe_psql($name, 'SELECT failures FROM mlops.monitors'), $committed ? 0 : $crashes, "$name: crashes are counted");
	}

	set_time($node, next_time());
	wait_done($node, $name, "$name: the monitor has caught up");
	is($node->safe_psql($name, "SELECT attempt FROM mlops.runs WHERE window_end = '2026-01-09 00:00+00'"), $crashes + 1,
		"$name: one row for the window, with every attempt counted");
	return;
}

scenario('worker_killed', \&kill_worker);
scenario('server_killed', sub { $node->kill9; start_again($node); });

# Other ends: a stop in the middle of writing down a failure, pg_terminate_backend,
# and a fast shutdown.
{
	my $name = 'otherwise';
	my $step = sub {
		my ($at, $end) = @_;
		my $offset = -s $node->logfile;
		pause_at($node, $at);
		set_time($node, next_time());
		$node->wait_for_log(qr/mlops: paused at step "$at"/, $offset);
		pause_at($node, '');
		set_time($node, '2026-01-08 13:00:00+00');
		$end->();
		wait_for($node, $name, "(SELECT count(*) FROM mlops.runs WHERE state = 'crashed') = 1", "$name: counted as crashed at $at");
	};
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$hours = 0;
	set_time($node, '2026-01-08 12:00:00+00');
	watch($node, $name, 'shop');
	monitor($node, $name, 'nulls', 'shop', '2026-01-08 00:00+00', 'max_retries => 100');
	$node->safe_psql($name, 'ALTER TABLE shop.pred RENAME COLUMN x TO y');
	$step->('before_fail_commit', sub { $node->stop('immediate'); start_again($node); });
	$node->safe_psql($name, 'ALTER TABLE shop.pred RENAME COLUMN y TO x');
	$step->('after_act', sub { $node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'mlops run'}); });
	$step->('after_compare', sub { $node->stop('fast'); $node->start; });
	is($node->safe_psql($name, 'SELECT failures, state FROM mlops.monitors'), '3|active', "$name: three failures in a row");
	$hours = 6 * 10;
	set_time($node, next_time());
	wait_done($node, $name, "$name: the monitor has caught up");
}

# A long first pass commits part by part: what is committed is not read again.
{
	my $name = 'parts';
	my $crash = sub {
		my ($at, $profiled) = @_;
		my $offset = -s $node->logfile;
		pause_at($node, $at);
		set_time($node, next_time());
		$node->wait_for_log(qr/mlops: paused at step "$at"/, $offset);
		is($node->safe_psql($name, 'SELECT count(DISTINCT granule) FROM mlops.profiles'), $profiled, "$name: $profiled granules are stored at $at");
		pause_at($node, '');
		set_time($node, '2026-01-08 13:00:00+00');
		kill_worker();
		$node->poll_query_until('postgres', 'SELECT true') or die "no server";
		wait_for($node, $name, "(SELECT count(*) FROM mlops.runs WHERE state = 'crashed') = 1", "$name: counted as crashed");
	};
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$hours = 0;
	set_time($node, '2026-01-08 12:00:00+00');
	watch($node, $name, 'shop', '5 minutes');
	monitor($node, $name, 'nulls', 'shop', '2026-01-08 00:00+00', 'max_retries => 100');
	$crash->('after_part', 0);
	# eight and a half days are over
	$crash->('before_collect', $node->safe_psql($name, q{SELECT count(DISTINCT date_bin('5 minutes', at, '2000-01-01')) FROM shop.pred WHERE at < '2026-01-09 12:00:00+00'}));
	$hours = 6 * 10;
	set_time($node, next_time());
	wait_done($node, $name, "$name: the monitor has caught up");
	is($node->safe_psql($name, q{SELECT (SELECT sum(row_count) FROM mlops.profiles p JOIN mlops.segments USING (segment_id) WHERE column_no = 0 AND key = '{}'), count(*) FROM shop.pred}),
		'5760|5760', "$name: every row once");
}

# what a server that nobody disturbs says at the same time
$node->safe_psql('postgres', 'CREATE DATABASE control');
set_conf($node, 'mlops.max_workers', 0);
watch($node, 'control', 'shop');
monitor($node, 'control', 'nulls', 'shop', '2026-01-08 00:00+00', 'max_retries => 100');
$node->safe_psql('control', 'CALL mlops.run_due()');
my $want = facts($node, 'control');
like($want, qr/^alert\|nulls\|\{\}\|x\|null_rate\|firing\|critical/m, 'the control run has the alert');
like($want, qr/^request\|shop\|/m, 'the control run has the request');
for my $db ('worker_killed', 'server_killed', 'otherwise', 'parts')
{
	is(facts($node, $db), $want, "$db: nothing lost, nothing doubled, nothing left running");
}

$node->stop;
done_testing();
