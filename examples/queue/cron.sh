#!/usr/bin/env bash
# One retrain request per call, with psql and a command.  For cron:
#
#   */5 * * * * PGDATABASE=warehouse /opt/ml/cron.sh /opt/ml/train.sh
#
# The command gets the request as JSON on stdin and MLOPS_MODEL, MLOPS_REASON in its
# environment.  Exit code 0 completes the request, with the last line of its output as
# the result when that is a JSON object; anything else fails it, and it is tried
# again later.  While the command runs, the lease is renewed; when it is lost, the
# command is stopped.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: cron.sh COMMAND [ARG...]" >&2; exit 2; }
lease=${MLOPS_LEASE:-15 minutes}
beat=${MLOPS_HEARTBEAT_SECONDS:-60}

# SQL on stdin, values as psql variables: nothing is pasted into SQL text
sql() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }

request=$(sql -v consumer="cron@$(hostname):$$" -v lease="$lease" <<<"
	SELECT to_jsonb(c) FROM mlops.claim_retrain_request(consumer => :'consumer', lease => :'lease') c")
[ -n "$request" ] || exit 0
field() { sql -v request="$request" -v name="$1" <<<"SELECT :'request'::jsonb ->> :'name'"; }
id=$(field id)
token=$(field lease_token)
MLOPS_MODEL=$(field model)
MLOPS_REASON=$(field reason)
export MLOPS_MODEL MLOPS_REASON

out=$(mktemp)
trap 'rm -f "$out"' EXIT
setsid "$@" <<<"$request" >"$out" 2>&1 &
work=$!
(
	# a sleep left behind would keep cron waiting for its output
	nap=
	trap 'kill $nap 2>/dev/null; exit' TERM
	while :; do
		sleep "$beat" &
		nap=$!
		wait "$nap"
		sql -v id="$id" -v token="$token" -v lease="$lease" >/dev/null <<<"
			SELECT mlops.heartbeat_retrain_request(:'id', :'token', :'lease')" || { kill -- "-$work"; exit; }
	done
) &
heart=$!
code=0
wait "$work" || code=$?
kill "$heart" 2>/dev/null || true

if [ "$code" = 0 ]; then
	complete() {
		sql -v id="$id" -v token="$token" -v result="$1" >/dev/null <<<"
			SELECT mlops.complete_retrain_request(:'id', :'token', :'result')"
	}
	result=$(tail -n 1 "$out")
	case $result in "{"*"}") ;; *) result='{}' ;; esac
	# what only looks like JSON must not lose the work
	complete "$result" || complete '{}'
else
	sql -v id="$id" -v token="$token" -v error="exit code $code: $(tail -c 1500 "$out")" >/dev/null <<<"
		SELECT mlops.fail_retrain_request(:'id', :'token', :'error')"
fi
exit "$code"
