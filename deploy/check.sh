#!/usr/bin/env bash
# Everything a change must pass, quickest first; stops at the first step that fails. `make check` calls this.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.venv/bin
make=${MAKE:-make}
started=$SECONDS

# The gate must not write into the developer's own data folder, nor depend on the shell it is called from.
scratch=$(mktemp -d)
types=
trap '[ -z "$types" ] || kill "$types" 2>/dev/null || true; rm -rf "$scratch"' EXIT
unset DJANGO_SETTINGS_MODULE PORTERO_MODE PORTERO_BASE_URL META_BASE_URL EMAIL_URL SECRET_KEY ALLOWED_HOSTS \
  DATABASE_URL BROKER_URL CACHE_URL PYTHONDONTWRITEBYTECODE

step() {
  local title=$1 begin=$SECONDS
  shift
  echo "== $title"
  "$@" || {
    echo "== FAILED: $title" >&2
    exit 1
  }
  echo "   ($((SECONDS - begin)) s)"
}

manage() { PORTERO_VAR=$scratch "$bin/python" manage.py "$@"; }

# Production settings without production: `check` only reads the addresses, it connects to nothing.
production() {
  PORTERO_MODE=production \
    SECRET_KEY=$("$bin/python" -c 'import secrets; print(secrets.token_urlsafe(50))') \
    ALLOWED_HOSTS=portero.example \
    PORTERO_BASE_URL=https://portero.example \
    DATABASE_URL=postgres://portero:unused@127.0.0.1:5432/portero \
    BROKER_URL=redis://127.0.0.1:6379/0 \
    CACHE_URL=redis://127.0.0.1:6379/1 \
    EMAIL_URL=smtp://127.0.0.1:25 \
    META_ACCESS_TOKEN=unused \
    METRICS_TOKEN=unused \
    manage "$@"
}

migrations_are_named() {
  local unnamed
  unnamed=$(find tickets providers migrations_app config -path '*/migrations/*_auto_*.py')
  [ -z "$unnamed" ] || {
    echo "Give these migrations a name that says what they do:" "$unnamed" >&2
    return 1
  }
}

# Types take longest of what needs one processor only: they are looked at while the other steps run.
look_at_types() { "$bin/python" -m mypy >"$scratch/types" 2>&1; }
tell_types() {
  local code=0
  wait "$types" || code=$?
  cat "$scratch/types"
  return "$code"
}

step "format"                       "$bin/python" -m ruff format --check .
step "lint"                         "$bin/python" -m ruff check .
look_at_types &
types=$!
step "import direction"             "$bin/lint-imports" --no-cache
step "system checks, embedded"      manage check --fail-level WARNING
step "system checks, production"    production check --deploy --fail-level WARNING
step "no migration is missing"      manage makemigrations --check --dry-run
step "migrations are named"         migrations_are_named
step "API description is current"   manage openapi --check
step "translations are complete"    "$bin/python" deploy/translations.py check
step "state diagrams are current"   manage draw_states --check
step "types"                        tell_types
step "tests"                        "$make" --no-print-directory test

echo "== everything passed in $((SECONDS - started)) s"
