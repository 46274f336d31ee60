# Samples of numbers: memory is work_mem whatever the number of rows, also in a
# parallel plan, and no temporary file is left, however a query ends.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use IPC::Run ();

use MlopsTest;

my $node = PostgreSQL::Test::Cluster->new('sample');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_buffers = 16MB
autovacuum = off
jit = off
restart_after_crash = on
log_temp_files = -1
max_prepared_transactions = 2
CONF
$node->start;
my $elsewhere = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', "CREATE EXTENSION mlops");
$node->safe_psql('postgres', "CREATE TABLESPACE elsewhere LOCATION '$elsewhere'");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE small AS SELECT i % 3 = 0 AS c, (i::bigint * 7919 % 1000003)::float8 AS x FROM generate_series(1, 100000) i;
CREATE TABLE large AS SELECT i % 3 = 0 AS c, (i::bigint * 7919 % 1000003)::float8 AS x FROM generate_series(1, 4000000) i;
ALTER TABLE large SET (parallel_workers = 2);
VACUUM ANALYZE small, large;
SQL

# kB of memory that the query took at its peak beyond what the process had before
sub peak
{
	my ($set, $query) = @_;
	my $out = $node->safe_psql('postgres', <<"SQL");
SET work_mem = '4MB';
SET max_parallel_workers_per_gather = 0;
$set
SELECT count(*) FROM small;
SELECT (mlops.ks_test(x, c)).statistic IS NULL FROM small;
SELECT 'before ' || (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1];
$query
SELECT 'after ' || (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\\s+(\\d+)'))[1];
SQL
	my ($before) = $out =~ /before (\d+)/;
	my ($after) = $out =~ /after (\d+)/;
	note "$set: $before kB, then $after kB";
	return $after - $before;
}

sub leftovers
{
	my @found = grep { -e } glob($node->data_dir . '/base/pgsql_tmp/*'), glob("$elsewhere/*/pgsql_tmp/*");
	return scalar @found;
}

my $statistic = 'SELECT (mlops.ks_test(x, c)).statistic FROM large;';
SKIP:
{
	skip 'no /proc here', 6 unless -r '/proc/self/status';
	# 4 million values are 31 MB, and as much again to sort them; the buffers of the table count too
	my $memory = peak("SET work_mem = '1GB';", $statistic);
	cmp_ok($memory, '>', 40000, 'in memory the values count');
	my $disk = peak('', $statistic);
	cmp_ok($disk, '<', 12000, 'on disk they do not');
	cmp_ok(peak('', 'SELECT (mlops.brown_forsythe_test(x, c)).statistic FROM large;'), '<', 12000, 'nor in a test of several passes');
	my $parallel = "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;";
	cmp_ok(peak("$parallel SET parallel_leader_participation = off;", $statistic), '<', 12000, 'nor in the leader of a parallel plan');
	cmp_ok(peak($parallel, $statistic), '<', 12000, 'nor in one that takes part');
	# rows on demand: no other process is started, the leader runs all of the parallel plan
	$node->safe_psql('postgres', "CREATE FUNCTION lazy() RETURNS SETOF float8 LANGUAGE sql AS '$statistic'");
	cmp_ok(peak($parallel, 'SELECT lazy();'), '<', 12000, 'nor when the leader runs a parallel plan alone');
}
is(leftovers(), 0, 'no file is left after success');

my $results = $node->safe_psql('postgres', <<"SQL");
SET work_mem = '1GB'; SET max_parallel_workers_per_gather = 0;
$statistic
SET work_mem = '2MB'; SET temp_tablespaces = elsewhere;
$statistic
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;
$statistic
SQL
my @r = split /\n/, $results;
ok(@r == 3 && $r[0] eq $r[1] && $r[0] eq $r[2], 'the same statistic in memory, on disk, and in parallel in another tablespace');
is(leftovers(), 0, 'no file is left there');

# workers that start when another process has written its file already
my $many = join(';', ('SELECT (mlops.ks_test(x, c)).statistic FROM small') x 60);
my %seen = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', <<"SQL");
ALTER TABLE small SET (parallel_workers = 4);
SET work_mem = '64kB'; SET max_parallel_workers_per_gather = 4; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
$many
SQL
is(scalar keys %seen, 1, 'a worker that starts late leaves the files of the others alone');
is(leftovers(), 0, 'no file is left there either');

# cut short at many moments: by a timeout, an error of one process, the end of the session, a crash
my $slow = 'SET work_mem = \'512kB\'; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;';
my $most = 0;
for my $ms (150, 300, 500, 700, 900, 1200)
{
	for my $where ('', 'SET temp_tablespaces = elsewhere;')
	{
		$node->psql('postgres', "$slow $where SET statement_timeout = $ms; $statistic");
		$most = leftovers() if leftovers() > $most;
	}
}
is($most, 0, 'no file is left after a timeout');
my ($rc, $out, $err) = $node->psql('postgres', "$slow SELECT mlops.ks_test(1 / (x - 999999), c) FROM large");
like($err, qr/division by zero/, 'an error in one of the processes');
is(leftovers(), 0, 'leaves no file');
for my $workers (0, 2)
{
	($rc, $out, $err) = $node->psql('postgres', "$slow SET max_parallel_workers_per_gather = $workers; SET temp_file_limit = '5MB'; $statistic");
	like($err, qr/temporary file size exceeds temp_file_limit/, "files count for temp_file_limit with $workers workers");
	is(leftovers(), 0, 'and none is left');
}

# the error comes when the leader has opened the files; then the setting is another one
my $fails = 'SELECT 1 / ((mlops.ks_test(x, c)).n_reference - 2666667) FROM large;';
my $others = q{ALTER TABLE large SET (parallel_workers = 2); SET work_mem = '512kB'; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;};
for my $end ('COMMIT', 'ROLLBACK', q{PREPARE TRANSACTION 'sample'})
{
	my $count = "\\! ls -A $elsewhere/*/pgsql_tmp | wc -l\n";
	my $counts;
	$node->psql('postgres', "$others\nBEGIN;\nSAVEPOINT a;\nSET temp_tablespaces = elsewhere;\n$fails\n${count}ROLLBACK TO a;\n$end;\n$count",
		on_error_stop => 0, stdout => \$counts);
	like($counts, qr/^\s*[1-9]\d*\n\s*0$/, "files of an error in a savepoint are left until $end, also in a tablespace that is not set any more");
}
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'sample'});

sub in_background
{
	my $h = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET application_name = 'victim'", map { ('-c', $_) } split(/(?<=;)/, "$slow $statistic")],
		'<', \undef, '>', \my $o, '2>', \my $e);
	wait_for($node, 'postgres', q{(SELECT count(*) > 1 FROM pg_stat_activity a WHERE application_name = 'victim')}, 'the workers are there');
	return $h;
}
my $files = 0;
my $h = in_background();
for (1 .. 100) { $files = leftovers(); last if $files; select(undef, undef, undef, .02); }
cmp_ok($files, '>', 0, 'files are there while it runs');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim' AND backend_type = 'client backend'});
$h->finish;
wait_for($node, 'postgres', q{NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'victim')}, 'the session has ended');
is(leftovers(), 0, 'a terminated session leaves no file');

$h = in_background();
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' AND backend_type = 'client backend'});
kill 'KILL', $pid;
$h->finish;
$node->poll_query_until('postgres', 'SELECT true') or die;
is(leftovers(), 0, 'a crash leaves no file');
$node->stop;
done_testing();
