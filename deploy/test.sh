#!/usr/bin/env bash
# The test suite, on both pairs of servers that Portero supports: SQLite with the filesystem broker, then PostgreSQL with
# Redis. Arguments go to pytest. `make test` calls this.
#
#   TEST_DATABASE_URL   PostgreSQL to use      (default postgres://postgres@127.0.0.1:5432/postgres)
#   TEST_REDIS_URL      Redis to use           (default redis://127.0.0.1:6379/15)
#   TEST_ALL=1          run all tests on PostgreSQL and Redis too; else only journeys and tests with transactions of their own
#   TEST_PROCESSES      how many tests run at once (default: as many as there are processors, 8 at most)
#
# A server that is not reachable is replaced by Debian's own program, started in a temporary folder; where that is not
# installed either, the part is skipped and the last lines say so.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$PWD/.venv/bin/python
[ -x "$python" ] || python=$(command -v python3)
parts() { "$python" deploy/servers.py "$@"; }

postgres_url=${TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
redis_url=${TEST_REDIS_URL:-redis://127.0.0.1:6379/15}
processes=${TEST_PROCESSES:-$(($(nproc) < 8 ? $(nproc) : 8))}
name=portero_$$
scratch=
stop_postgres=
redis_pid=
database_url=
broker_url=
cache_url=
left_out=
postgres_source=
redis_source=

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  trap - EXIT INT TERM HUP
  set +e
  if [ -n "$stop_postgres" ]; then
    $stop_postgres >/dev/null 2>&1
  elif [ -n "$database_url" ]; then
    parts drop "$postgres_url" "$name"
  fi
  if [ -n "$redis_pid" ]; then
    kill "$redis_pid" 2>/dev/null && wait "$redis_pid" 2>/dev/null
  elif [ -n "$broker_url" ]; then
    parts flush "$broker_url" "$cache_url"
  fi
  [ -z "$scratch" ] || rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# PostgreSQL refuses to run as root; whatever starts it must be somebody else.
as_server_user() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  else
    runuser -u "$server_user" -- "$@"
  fi
}

prepare_scratch() {
  [ -n "$scratch" ] && return
  scratch=$(mktemp -d)
  server_user=postgres
  id "$server_user" >/dev/null 2>&1 || server_user=nobody
  if [ "$(id -u)" -eq 0 ]; then chown "$server_user" "$scratch"; fi
}

start_postgres() {
  local initdb port
  initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$initdb" ] || initdb=$(command -v initdb) || return 1
  prepare_scratch
  port=$(parts port)
  (
    cd "$scratch"
    as_server_user "$initdb" -D "$scratch/pg" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    as_server_user "$(dirname "$initdb")/pg_ctl" -D "$scratch/pg" -w -l "$scratch/pg.log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$scratch -c fsync=off" start
  ) >/dev/null 2>&1 </dev/null || return 1
  stop_postgres="as_server_user $(dirname "$initdb")/pg_ctl -D $scratch/pg -m immediate stop"
  postgres_url=postgres://postgres@127.0.0.1:$port/postgres
  postgres_source="started for this run"
}

start_redis() {
  local port
  command -v redis-server >/dev/null || return 1
  prepare_scratch
  port=$(parts port)
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" --daemonize no >/dev/null 2>&1 &
  redis_pid=$!
  redis_url=redis://127.0.0.1:$port/15
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    broker_url=$(parts redis "$redis_url" 2>/dev/null | head -n 1) && [ -n "$broker_url" ] && return 0
    sleep 0.3
  done
  return 1
}

find_postgres() {
  local why
  if why=$(parts database "$postgres_url" "$name" 2>&1); then
    database_url=$(tail -n 1 <<<"$why")
    postgres_source="reachable server"
  elif start_postgres; then
    database_url=$(parts database "$postgres_url" "$name")
  else
    echo "PostgreSQL: no usable server ($why) and no usable programs under /usr/lib/postgresql"
    return 1
  fi
}

find_redis() {
  local answer
  if answer=$(parts redis "$redis_url" 2>&1); then
    redis_source="reachable server"
    broker_url=$(tail -n 2 <<<"$answer" | head -n 1)
  elif start_redis; then
    redis_source="started for this run"
  else
    echo "Redis: no usable server ($answer) and no working redis-server program"
    return 1
  fi
  cache_url=${broker_url%/*}/$((${broker_url##*/} - 1))
}

# The environment decides which servers a run uses; whatever the caller's shell holds must not leak into it. A shell that
# keeps Python from storing its bytecode would have every process of the run compile everything again.
run_pytest() {
  local code=0
  env -u DJANGO_SETTINGS_MODULE -u PORTERO_MODE -u PORTERO_VAR -u PORTERO_BASE_URL -u META_BASE_URL -u EMAIL_URL -u SECRET_KEY -u ALLOWED_HOSTS \
    -u DATABASE_URL -u BROKER_URL -u CACHE_URL -u PYTHONDONTWRITEBYTECODE "${servers[@]}" \
    "$python" -m pytest -n "$processes" --dist worksteal ${arguments[@]+"${arguments[@]}"} || code=$?
  [ "$code" -ne 130 ] && [ "$code" -ne 2 ] || exit "$code" # interrupted: do not go on with the next part
  return "$code"
}

arguments=("$@")
failed=0

echo "== Tests on SQLite and the filesystem broker"
servers=()
if run_pytest; then sqlite_result=passed; else sqlite_result=FAILED failed=1; fi

echo
echo "== Tests on PostgreSQL and Redis"
if find_postgres && find_redis; then
  echo "PostgreSQL: $postgres_source, Redis: $redis_source"
  servers=("DATABASE_URL=$database_url" "BROKER_URL=$broker_url" "CACHE_URL=$cache_url")
  # What no server can change was shown above.
  [ -n "${TEST_ALL:-}" ] || arguments+=(--on-servers) left_out=", only journeys and tests with transactions of their own"
  production_code=0
  run_pytest || production_code=$?
  case $production_code in
    0) production_result=passed ;;
    5) production_result="nothing left to show" ;;
    *) production_result=FAILED failed=1 ;;
  esac
  production_result="$production_result (PostgreSQL: $postgres_source, Redis: $redis_source$left_out)"
else
  production_result="SKIPPED: see the reason above (apt install postgresql redis-server)"
fi

echo
echo "Parts of this test run:"
echo "  SQLite + filesystem broker   $sqlite_result"
echo "  PostgreSQL + Redis           $production_result"
exit "$failed"
