# Portero. `make help` lists the commands. Needs only make and Python 3.11 or newer.

PYTHON ?= python3
PORT ?=
ARGS ?=

bin := .venv/bin
pip := $(bin)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# A .venv made by another tool may lack pip.
ensure_pip := $(bin)/python -m pip --version >/dev/null 2>&1 || $(bin)/python -m ensurepip --default-pip >/dev/null
lock := $(bin)/python -m uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench bench-speed bench-feed bench-chase bench-exports bench-memory bench-slots format lock clean
.DELETE_ON_ERROR:

help: ## this list
	@echo "Portero: moves WhatsApp Business numbers from one provider to another."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: .venv/.product ## the whole service on this machine (web, worker, beat, Meta simulator); PORT=8000
	@exec $(bin)/python manage.py serve $(if $(PORT),--port $(PORT)) $(ARGS)

demo: .venv/.product ## one migration told step by step, from the ticket to the closed case
	@exec $(bin)/python manage.py demo $(ARGS)

test: .venv/.dev ## all tests, on SQLite and on PostgreSQL + Redis; ARGS='-k chase' goes to pytest
	@exec bash deploy/test.sh $(ARGS)

check: .venv/.dev ## everything a change must pass: style, types, imports, contracts, tests
	@MAKE='$(MAKE)' exec bash deploy/check.sh

bench: .venv/.dev ## how lists, filters, polls and filing grow from ten thousand tickets to a million; ARGS='--on sqlite'
	@exec $(bin)/python -m bench.lists $(ARGS)

bench-speed: .venv/.dev ## polls and tickets beside a bare Django view and django-helpdesk; ARGS='--without-helpdesk'
	@exec $(bin)/python -m bench.speed $(ARGS)

bench-feed: .venv/.dev ## the change feed: eight write, three follow, nothing is missed; ARGS='--events 100000 --large 10000000'
	@exec $(bin)/python -m bench.feed $(ARGS)

bench-chase: .venv/.dev ## the due sweep among a million attempts, and ten thousand handed out by four workers; ARGS='--workers 8'
	@exec $(bin)/python -m bench.sweeps $(ARGS)

bench-exports: .venv/.dev ## time and memory of exports of a hundred thousand tickets; ARGS='--tickets 2000000'
	@exec $(bin)/python -m bench.exports $(ARGS)

bench-memory: .venv/.dev ## memory of the idle service, and of a worker over twenty thousand tasks; ARGS='--tasks 100000'
	@exec $(bin)/python -m bench.memory $(ARGS)

bench-slots: .venv/.dev ## looking for a call: 30 days, 20 agents, 1,000 booked calls; ARGS='--on sqlite'
	@exec $(bin)/python -m bench.slots $(ARGS)

format: .venv/.dev ## rewrite the code in the house style
	@$(bin)/python -m ruff check --fix --exit-zero --quiet .
	@$(bin)/python -m ruff format .

lock: .venv/.dev ## compile both locks again after a change of requirements*.in (UPGRADE=1 takes newer versions)
	$(lock) $(if $(UPGRADE),--upgrade) --output-file requirements.txt requirements.in
	$(lock) $(if $(UPGRADE),--upgrade) --output-file requirements-dev.txt requirements-dev.in

clean: ## remove what can be made again (.venv, caches, collected files); the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp per lock: packages are installed again only when the lock is newer.

.venv/.product: requirements.txt $(bin)/python
	@echo "Installing Portero's packages into .venv (about half a minute, only after a change of requirements.txt) ..."
	@$(ensure_pip)
	@$(pip) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt $(bin)/python
	@echo "Installing the development packages into .venv (about a minute, only after a change of requirements-dev.txt) ..."
	@$(ensure_pip)
	@$(pip) -r requirements-dev.txt
	@touch $@

# Order matters: the version first, since an old Python has no useful advice of its own; then what Debian packages apart.
# A failed creation is removed, because a .venv without pip would be taken for a finished one.
$(bin)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Python is missing ($(PYTHON)). On Debian and Ubuntu: sudo apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Portero needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
		echo "Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) -V) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
