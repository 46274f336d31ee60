# The retrain queue under random kills and lost leases: every request is
# finished exactly once, by the holder of its token.
#
#   QUEUE_REQUESTS (10000)  QUEUE_CONSUMERS (8)  QUEUE_SECONDS (300)  QUEUE_SEED (1)
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $requests  = $ENV{QUEUE_REQUESTS}  // 10000;
my $consumers = $ENV{QUEUE_CONSUMERS} // 8;
my $seconds   = $ENV{QUEUE_SECONDS}   // 300;
my $seed      = $ENV{QUEUE_SEED}      // 1;
my $python    = $ENV{PYTHON}          // '/usr/bin/python3';

if (system("$python -c 'import psycopg' 2>/dev/null") != 0)
{
	plan skip_all => "$python has no psycopg (Debian: python3-psycopg)";
}

my $node = PostgreSQL::Test::Cluster->new('queue');
$node->init;
# the consumers are terminated and a server process is killed: come back at once
$node->append_conf('postgresql.conf', "restart_after_crash = on\nmax_connections = 60\nsynchronous_commit = on\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION mlops');

# Many models' worth of requests: distinct dedup keys; every second shares its
# serial key with another one, so that consumers also have to wait for each other.
$node->safe_psql(
	'postgres', qq{
	CREATE TABLE public.effects (request uuid, token uuid, consumer text);
	CREATE TABLE public.tally (name text PRIMARY KEY, seen jsonb);
	INSERT INTO mlops.models (name, task, owner) SELECT 'm' || i, 'binary', current_user::text::regrole FROM generate_series(1, 100) i;
	SELECT count(e.*) FROM generate_series(1, $requests) i, mlops.models m,
		mlops._enqueue_retrain(m.model_id, 'r' || i, CASE i % 2 WHEN 0 THEN 'r' || i ELSE 's' || i % 1000 END,
			NULL, 'drift', jsonb_build_object('i', i), '2026-05-01', i % 3, '2026-05-01 00:00+00', NULL, 100000) e
	WHERE m.name = 'm' || (i % 100 + 1)});
is($node->safe_psql('postgres', 'SELECT count(*) FROM mlops.retrain_requests WHERE state = \'pending\''),
	$requests, "$requests requests are there");

my $out = `$python $FindBin::Bin/queue_consumers.py "@{[$node->connstr('postgres')]}" $consumers $seconds $seed`;
is($?, 0, 'the consumers and their killer ended well');
note $out;
my %did = $out =~ /"(\w+)": ([\d.]+)/g;
is($did{finished}, $consumers, "all $consumers consumers found the queue empty") or diag $out;
is($did{errors}, 0, 'none of them met an error that it did not expect');
cmp_ok($did{killed}, '>', 5, "consumers were killed ($did{killed})");
cmp_ok($did{terminated}, '>', 5, "sessions were terminated ($did{terminated})");
is($did{crashes}, 1, 'a server process was killed, and the server recovered');

sub one { return $node->safe_psql('postgres', shift); }

is(one(q{SELECT state, count(*) FROM mlops.retrain_requests GROUP BY 1}), "succeeded|$requests", 'every request succeeded');
is(one(q{SELECT count(*), count(DISTINCT request) FROM public.effects}), "$requests|$requests", 'the work of every request was done once');
is(one(q{SELECT count(*) FROM public.effects e JOIN mlops.retrain_requests r ON r.id = e.request
		 WHERE (e.token, e.consumer) IS DISTINCT FROM (r.lease_token, r.lease_owner) OR r.result ->> 'by' <> e.consumer}),
	0, 'and by the holder of its token');
is(one(q{SELECT count(*) FROM (SELECT request_id FROM mlops.retrain_request_events GROUP BY 1
		 HAVING count(*) FILTER (WHERE to_state = 'succeeded') <> 1
			OR (array_agg(to_state ORDER BY event_id DESC))[1] <> 'succeeded') x}),
	0, 'the log shows one success per request, and nothing after it');
is(one(q{SELECT count(*) FROM (SELECT from_state, lag(to_state) OVER w AS before, attempt, lag(attempt) OVER w AS attempt_before, to_state
		 FROM mlops.retrain_request_events WINDOW w AS (PARTITION BY request_id ORDER BY event_id)) x
		 WHERE from_state IS DISTINCT FROM before
			OR attempt <> coalesce(attempt_before, 0) + (to_state = 'leased')::int}),
	0, 'every log is one chain of moves, and every lease one attempt');
is(one(q{SELECT count(*) FROM (SELECT e.request_id, e.from_state, e.to_state, lag(e.request_id) OVER w AS holder, lag(e.to_state) OVER w AS held
		 FROM mlops.retrain_request_events e JOIN mlops.retrain_requests r ON r.id = e.request_id
		 WHERE e.from_state = 'leased' OR e.to_state = 'leased'
		 WINDOW w AS (PARTITION BY r.serial_key ORDER BY e.event_id)) x
		 WHERE to_state = 'leased' AND held = 'leased' OR from_state = 'leased' AND holder <> request_id}),
	0, 'no serial key was held twice at a time');
cmp_ok(one(q{SELECT count(*) FROM mlops.retrain_request_events WHERE reason = 'lease ran out'}), '>', 10, 'leases ran out');
cmp_ok(one(q{SELECT coalesce(sum((seen ->> 'lost')::int), 0) FROM public.tally}), '>', 0, 'consumers came too late and were refused');
cmp_ok(one(q{SELECT count(*) FROM mlops.retrain_request_events WHERE reason = 'on purpose'}), '>', $requests / 100, 'attempts failed and were tried again');
cmp_ok(one(q{SELECT coalesce(sum((seen ->> 'repeated')::int), 0) FROM public.tally}), '>', 0,
	'answers were lost, and asking again with the token gave the first answer');
note one(q{SELECT string_agg(format('%s %s', key, n), ', ' ORDER BY key)
	FROM (SELECT key, sum(value::int) AS n FROM public.tally, jsonb_each_text(seen) GROUP BY 1) x});
# The whole queue through a dump: nothing is logged or stamped twice.
my $state = q{SELECT (SELECT md5(string_agg((r.id, r.seq, r.state, r.lease_token, r.result, r.attempts)::text, '' ORDER BY r.seq)) FROM mlops.retrain_requests r),
	(SELECT md5(string_agg((e.event_id, e.request_id, e.from_state, e.to_state, e.attempt)::text, '' ORDER BY e.event_id)) FROM mlops.retrain_request_events e)};
my $dump = $node->backup_dir . '/queue.dump';
$node->command_ok(['pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres')], 'the database is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(['pg_restore', '-d', $node->connstr('restored'), $dump], 'and restored');
is($node->safe_psql('restored', $state), $node->safe_psql('postgres', $state), 'requests and their log are the same');
is($node->safe_psql('restored', q{SELECT count(*) FROM mlops.feed_retrain_requests(max_rows => 1000)}), 1000, 'the feed starts again');
is($node->safe_psql('restored', q{SELECT outcome FROM mlops.request_retrain('m1', 'new')}), 'created', 'and new requests come behind the old ones');
$node->stop;
done_testing();
