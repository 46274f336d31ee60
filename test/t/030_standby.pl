# A standby does nothing.  On promotion the worker starts and takes over what
# the dead primary was in the middle of.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use MlopsTest;

my $primary = mlops_node('primary', streaming => 1);
watch($primary, 'postgres', 'shop');
monitor($primary, 'postgres', 'nulls', 'shop', '2026-01-07 00:00+00');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

set_time($primary, '2026-01-08 00:00:00+00');
wait_done($primary, 'postgres', 'the primary runs its monitor');
$primary->wait_for_catchup($standby);
is(launcher_pid($standby), '', 'no launcher on the standby');
is($standby->safe_psql('postgres', 'SELECT state FROM mlops.scheduler_status'), 'standby', 'and scheduler_status says why');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM mlops.run_history'), '1', 'history can be read there');
my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT mlops.start_worker()');
like($err, qr/recovery is in progress/, 'start_worker() is refused');
($rc, $out, $err) = $standby->psql('postgres', 'CALL mlops.run_due()');
unlike($err, qr/failed/, 'run_due() does nothing where nothing is due');

# the primary dies in the middle of the window that opens the alert
my $offset = -s $primary->logfile;
pause_at($primary, 'after_judge');
set_time($primary, '2026-01-09 00:00:00+00');
$primary->wait_for_log(qr/mlops: paused at step "after_judge"/, $offset);
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', q{SELECT state FROM mlops.runs ORDER BY window_end DESC LIMIT 1}), 'running', 'the standby has the row of the run');
$primary->kill9;

$standby->append_conf('postgresql.conf', "mlops.mock_now = '2026-01-09 00:00:00+00'\nmlops.test_pause_at = ''\n");
$standby->append_conf('postgresql.auto.conf', "mlops.mock_now = '2026-01-09 00:00:00+00'\nmlops.test_pause_at = ''\n");
$standby->reload;
$standby->promote;
wait_for($standby, 'postgres', q{EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'mlops launcher')}, 'promotion starts the launcher');
wait_for($standby, 'postgres', q{(SELECT state = 'crashed' FROM mlops.runs ORDER BY window_end DESC LIMIT 1)}, 'the run of the dead primary is counted as crashed');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM mlops.alerts'), '0', 'and left nothing');
set_time($standby, '2026-01-09 06:00:00+00');
wait_done($standby, 'postgres', 'it is run again');
is($standby->safe_psql('postgres', 'SELECT (SELECT count(*) FROM mlops.alerts), (SELECT count(*) FROM mlops.retrain_requests), (SELECT attempt FROM mlops.runs ORDER BY window_end DESC LIMIT 1)'),
	'1|1|2', 'one alert, one request, the second attempt');

$standby->stop;
done_testing();
