# Dump, restore and copy: everything comes along, and nothing runs until told to.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use MlopsTest;

my $node = mlops_node('dump');
$node->safe_psql('postgres', 'CREATE DATABASE original');
watch($node, 'original', 'shop');
monitor($node, 'original', 'nulls', 'shop', '2026-01-07 00:00+00');
set_time($node, '2026-01-09 00:00:00+00');
wait_done($node, 'original', 'the original has run');
my $before = facts($node, 'original');
like($before, qr/^alert/m, 'and has an alert');

$node->safe_psql('original', q{SET ROLE shop; SELECT mlops.set_experiment_layer('layer');
	SELECT mlops.set_experiment('e', '{a,b}', layer => 'layer', layer_buckets => '[0,5000)'); SELECT mlops.set_experiment('e', '{a,b}', coverage => 0.5, layer => 'layer', layer_buckets => '[0,5000)');
	SELECT mlops.force_variation('e', 'user', 'b'); SELECT count(*) FROM mlops.expose('e', ARRAY(SELECT g::text FROM generate_series(1, 100) g))});

my $file = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, $node->connstr('original') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $file ], 'pg_restore');
is(facts($node, 'restored'), $before, 'everything came along');

# summaries, sequences, settings of the model, row security, grants
my $deep = q{SELECT md5(string_agg(p::text, '' ORDER BY source_id, column_no, segment_id, granule)) FROM mlops.profiles p;
	SELECT md5(string_agg(p::text, '' ORDER BY baseline_id, column_no, segment_id)) FROM mlops.baseline_profiles p;
	SELECT md5(string_agg(c::text, '' ORDER BY source_id, column_no)) FROM mlops.columns c;
	SELECT md5(string_agg(c::text, '' ORDER BY source_id, granule)) FROM mlops.changes c;
	SELECT md5(string_agg(c::text, '' ORDER BY config_version)) FROM mlops.experiment_configs c;
	SELECT count(*) > 10, md5(string_agg(x::text, '' ORDER BY unit)) FROM mlops.exposures x;
	SELECT md5(string_agg(a::text, '' ORDER BY unit)) FROM mlops.assign_units('e', ARRAY(SELECT g::text FROM generate_series(1, 200) g) || 'user'::text) a;
	SELECT string_agg(sequencename || coalesce(last_value, 0), ',' ORDER BY sequencename) FROM pg_sequences WHERE schemaname = 'mlops';
	SELECT owner FROM mlops.models;
	SELECT has_function_privilege('shop', 'mlops.register_model(text, text, text)', 'EXECUTE');
	SELECT count(*) FROM pg_trigger WHERE tgrelid = 'shop.pred'::regclass;};
is($node->safe_psql('restored', $deep), $node->safe_psql('original', $deep), 'bit for bit, with sequences, owner, grants and triggers');

$node->safe_psql('postgres', 'CREATE DATABASE copied TEMPLATE original');

#
# only the original goes on
#
set_time($node, '2026-01-10 00:00:00+00');
wait_done($node, 'original', 'the original goes on');
sleep 3;
for my $db ('restored', 'copied')
{
	is(facts($node, $db), $before, "$db: nothing runs");
	is($node->safe_psql($db, 'SELECT state, paused_reason FROM mlops.scheduler_status'), 'paused|this is a copy of another database', "$db: scheduler_status says why");
	my ($rc, $out, $err) = $node->psql($db, 'CALL mlops.run_due()');
	like($err, qr/no monitor runs: this is a copy of another database.*resume_schedule/s, "$db: so does run_due()");
	$node->safe_psql($db, q{SET ROLE shop; SELECT mlops.pause_monitor('nulls'); SELECT mlops.resume_monitor('nulls')});
	is($node->safe_psql($db, 'SELECT mlops.paused_reason() IS NOT NULL'), 't', "$db: changing a monitor does not let it run");
	($rc, $out, $err) = $node->psql($db, 'SET ROLE shop; SELECT mlops.resume_schedule()');
	like($err, qr/permission denied for the schedule/, "$db: who owns a model only may not");
	$node->safe_psql($db, 'SELECT mlops.resume_schedule()');
	wait_done($node, $db, "$db: resumed, it goes on");
	is(facts($node, $db), facts($node, 'original'), "$db: and says what the original says");
}

# a new row after the restore is noticed, as before
$node->safe_psql('restored', q{INSERT INTO shop.pred (at, x, kind, score) VALUES ('2026-01-09 12:00:30+00', 1, 'a', 0.5)});
wait_for($node, 'restored', q{EXISTS (SELECT FROM mlops.changes) OR EXISTS (SELECT FROM mlops.run_history WHERE origin = 'restated')}, 'change tracking was restored');

#
# pause and resume by hand
#
$node->safe_psql('original', 'SELECT mlops.pause_schedule()');
set_time($node, '2026-01-11 00:00:00+00');
wait_done($node, 'copied', 'others go on');
is($node->safe_psql('original', q{SELECT count(*) FROM mlops.runs WHERE window_end = '2026-01-11 00:00+00'}), '0', 'pause_schedule() stops a database');
$node->safe_psql('original', 'SELECT mlops.resume_schedule()');
wait_done($node, 'original', 'resume_schedule() lets it go on');

#
# another server
#
my $other = mlops_node('other');
$other->safe_psql('postgres', 'CREATE ROLE shop');
$other->safe_psql('postgres', 'CREATE DATABASE restored');
$other->command_ok([ 'pg_restore', '--exit-on-error', '-d', $other->connstr('restored'), $file ], 'restored on another server');
is($other->safe_psql('restored', 'SELECT paused_reason FROM mlops.scheduler_status'), 'this is a copy of a database of another server', 'it is paused there too');
$other->stop;
$node->stop;
done_testing();
