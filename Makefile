# The workshop. `make` lists what there is. A fresh clone needs Python >= 3.11, make and a package registry; nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
ARGS ?=
# Postfix' tools live where ordinary users do not look.
export PATH := $(PATH):/usr/sbin:/sbin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Compiled modules are kept, whatever the shell says: the tests start hundreds of processes, each would compile them all.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(PY) -m pip --require-virtualenv
PINNED := $(PIP) install --quiet --require-hashes --no-deps
# Tests wait more than they compute, so four processes are right for two cores.
JOBS ?= 4
T ?= 600

.PHONY: help setup setup-test ui ui-check ui-test ui-dev demo test check format bench e2e e2e-hidden pictures proofs prove-short mutants fuzz audit asvs docs pins wheel clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- set-up
# A stamp is written last, so a set-up that was interrupted is done again, and one that is done takes no time.
# Python's packages and the page are fetched and built side by side: the first minute is mostly waiting for both.
BESIDE = @$(MAKE) --silent --no-print-directory --jobs=2
setup: $(VENV)/.stamp-venv ## .venv with the pinned dependencies that running needs, and the page
	$(BESIDE) $(VENV)/.stamp-run ui
setup-test: $(VENV)/.stamp-venv
	$(BESIDE) $(VENV)/.stamp-test ui

$(VENV)/.stamp-venv:
	@sh tools/venv.sh $(VENV) "$(PYTHON)"
	@touch $@

$(VENV)/.stamp-run: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/.stamp-venv
	@echo "setup: what running needs (requirements/run.txt)"
	@$(PINNED) -r requirements/run.txt
	@$(PINNED) -r requirements/build.txt
	@$(PIP) install --quiet --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(VENV)/.stamp-test: requirements/test.txt $(VENV)/.stamp-run
	@echo "setup: what testing adds (requirements/test.txt)"  # half of it is never imported: compiled when it is
	@$(PINNED) --no-compile -r requirements/test.txt
	@touch $@

# The page is built when its sources have changed; a stamp beside the built files knows.
ui: $(VENV)/.stamp-venv ## the page, built from ui/ without a Node of the system; UI_BUILD=skip leaves it out
	@sh tools/ui.sh $(VENV)

NPM = $(PY) hatch_build.py --node $(VENV)/node npm
$(VENV)/node/.stamp: requirements/ui.txt | $(VENV)/.stamp-venv
	@sh tools/node.sh $(VENV)

ui-check: $(VENV)/node/.stamp ## the page: lint, types, sizes
	@$(NPM) run --silent check

ui-test: $(VENV)/node/.stamp ## the page: its quick tests (Vitest)
	@$(NPM) run --silent test

ui-dev: $(VENV)/node/.stamp ## the page with reload on save, beside a running `homing serve`
	@$(NPM) run --silent dev

# ---------------------------------------------------------------------------------------------- the show and the tests
demo: setup ## a real campaign survives a kill -9; ARGS="--headless" for no browser
	@$(BIN)/homing demo $(ARGS)

test: setup-test ## the quick tests, in parallel; under 7 minutes with downloads (the house test runs in `make check`)
	@$(PY) -m pytest -n $(JOBS) --dist worksteal -m "not slow and not e2e and not proof" --ignore=tests/test_house.py $(ARGS)

e2e: setup-test ## the slow tests and the whole product in its own processes
	@sh tools/pytest_some.sh $(PY) -n 3 --dist worksteal -m "slow or e2e" $(ARGS)

e2e-hidden: setup-test ## a tab that is hidden for seven minutes while it attends a campaign
	@HOMING_HIDDEN_SECONDS=420 $(PY) -m pytest --timeout 1200 tests/e2e/test_page_hidden.py $(ARGS)

pictures: setup-test ## photographs of every screen for docs/explanation/ui.md
	@$(PY) tools/pictures.py

check: setup-test ## lint, format, types, stairs, house rules, links
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(PY) tools/links.py
	@$(PY) -m pytest -q -p no:cacheprovider tests/test_house.py

format: setup-test ## lay the code out
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

# ---------------------------------------------------------------------------------------------- figures and proofs
bench: setup-test ## the real product against smtp-sink, beside smtp-source
	@$(PY) -m bench $(ARGS)

bench-import: bench-imports ## how fast contacts come in, beside a bare bulk insert of the same rows

bench-%: setup-test ## one figure
	@$(PY) -m bench.$(subst -,_,$*) $(ARGS)

prove-short: setup-test ## the short form of every proof
	@$(PY) tools/prove_short.py $(ARGS)

prove-import: setup-test ## a million contacts imported through a hundred kills
	@$(PY) -m proofs.imports $(ARGS)

prove-%: setup-test ## one proof in full: model kill syscalls power wire faults pg
	@$(PY) -m proofs.$(subst -,_,$*) $(ARGS)

mutants: setup-test ## each seeded fault must turn its proof red
	@$(PY) -m proofs.mutants $(ARGS)

fuzz: setup-test ## T=600 seconds of hostile input
	@$(PY) -m proofs.fuzz --seconds $(T) $(ARGS)

asvs: setup-test ## every OWASP ASVS id has a test or a reason
	@$(PY) tools/asvs.py

# ---------------------------------------------------------------------------------------------- keeping house
docs: setup-test $(VENV)/node/.stamp ## write the generated pages again, and the types of the API for the page
	@$(PY) tools/pages.py
	@$(NPM) run --silent types

audit: setup ## known vulnerabilities in what is pinned (pip-audit, in a venv of its own)
	@test -x $(VENV)/audit/bin/pip-audit || { $(PY) -m venv $(VENV)/audit && \
	  $(VENV)/audit/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/audit.txt; }
	@$(PY) tools/audit.py $(VENV)/audit/bin/pip-audit

pins: ## resolve requirements/*.in again (needs uv; UV=/path/to/uv)
	@UV="$(UV)" sh tools/pins.sh $(ARGS)

wheel: setup ## dist/homing-*.whl
	@rm -rf dist && $(PIP) wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist .
	@ls dist

clean: ## remove what make made
	rm -rf $(VENV) dist build ui/node_modules src/homing/web/static .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools proofs bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
