# Shared by the scripts beside this file; sourced, not run.
#
#   top      the checkout          major    the PostgreSQL that is used
#   share    files of that PostgreSQL as Debian lays them out

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Majors that are installed with server and headers, newest first.
installed_majors() {
	local d v
	for d in /usr/lib/postgresql/*/bin/postgres; do
		[ -x "$d" ] || continue
		v=${d#/usr/lib/postgresql/}; v=${v%%/*}
		[ "$v" -ge 15 ] 2>/dev/null && [ -e "/usr/include/postgresql/$v/server/postgres.h" ] && echo "$v"
	done | sort -rn
}

# PG_MAJOR, or 15, or the newest that is there; nothing when there is none.
pick_major() {
	local all
	if [ -n "${PG_MAJOR:-}" ]; then echo "$PG_MAJOR"; return; fi
	all=$(installed_majors)
	if grep -qx 15 <<<"$all"; then echo 15; else head -n 1 <<<"$all"; fi
}

# Sets major or stops.
need_major() {
	major=$(pick_major)
	[ -n "$major" ] || die "no PostgreSQL 15 or later with server headers is installed; scripts/install-deps demo installs one"
	[ -x "/usr/lib/postgresql/$major/bin/postgres" ] && [ -e "/usr/include/postgresql/$major/server/postgres.h" ] ||
		die "PostgreSQL $major with server headers is not installed"
}

# PostgreSQL's programs refuse to run as root.
server_user() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

# run_as_server COMMAND...: as the user the servers run as.
run_as_server() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid postgres --regid postgres --init-groups "$@"
	else
		"$@"
	fi
}

# private_prefix DIR MAJOR: a copy of Debian's relocatable tree, so that "make
# install" neither needs root nor touches the system's PostgreSQL.  pg_config
# of the copy is DIR/usr/lib/postgresql/MAJOR/bin/pg_config.
private_prefix() {
	[ -x "$1/usr/lib/postgresql/$2/bin/pg_config" ] && return
	mkdir -p "$1"/usr/{lib,share,include}/postgresql
	cp -a "/usr/lib/postgresql/$2" "$1/usr/lib/postgresql/"
	cp -a "/usr/share/postgresql/$2" "$1/usr/share/postgresql/"
	cp -a /usr/include/postgresql "$1/usr/include/"
}

# copy_tree DIR: what belongs to the checkout, committed or not, without what
# was built in it.
copy_tree() {
	mkdir -p "$1"
	if git -c safe.directory='*' -C "$top" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		(cd "$top" && git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
			while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done |
			tar -cf - --null -T -)
	else
		(cd "$top" && tar -cf - --exclude=./.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' \
			--exclude=./build --exclude=./results --exclude=./tmp_check .)
	fi | tar -xf - -C "$1"
}

# make_cluster DIR [SETTING...]: initdb into DIR/data with the socket in DIR/sock.
make_cluster() {
	local dir=$1 s
	shift
	run_as_server mkdir -p "$dir/sock"
	run_as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; return 1; }
	{
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$dir/sock'"
		echo "fsync = off"
		for s in "$@"; do printf '%s\n' "$s"; done
	} >>"$dir/data/postgresql.conf"
}

start_cluster() {
	run_as_server "$bin/pg_ctl" -D "$1/data" -s -w -t 120 -l "$1/log" start >/dev/null ||
		{ tail -n 20 "$1/log" >&2; return 1; }
}

stop_cluster() {
	[ -e "$1/data/postmaster.pid" ] || return 0
	run_as_server "$bin/pg_ctl" -D "$1/data" -s -m fast -t 30 stop >/dev/null 2>&1 ||
		run_as_server "$bin/pg_ctl" -D "$1/data" -s -m immediate -t 30 stop >/dev/null 2>&1 || true
}

# A process that nobody has waited for yet is not alive.
alive() { [ -e "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

# stop_all DIR: end every server whose data folder lies below DIR, also those
# that a test started.
stop_all() {
	local f pid
	find "$1" -name postmaster.pid 2>/dev/null | while IFS= read -r f; do
		pid=$(head -n 1 "$f" 2>/dev/null) || continue
		case $pid in '' | *[!0-9]*) continue ;; esac
		# the number may have been given to somebody else since
		case $(readlink "/proc/$pid/exe" 2>/dev/null) in */postgres*) ;; *) continue ;; esac
		kill -QUIT "$pid" 2>/dev/null || continue
		for _ in $(seq 50); do alive "$pid" || continue 2; sleep 0.1; done
		kill -KILL "$pid" 2>/dev/null || true
	done
}
