# `make help` lists the targets. Settings: PYTHON, HTTP, DIR, PYTEST_ARGS, BENCH_ARGS.

PYTHON ?= python3
HTTP ?= 127.0.0.1:8090
DIR ?= pb_data
PYTEST_ARGS ?= --numprocesses auto --dist loadfile
BENCH_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
SERVE_READY := $(VENV)/.ready-to-serve
TEST_READY := $(VENV)/.ready-to-test
SDK_READY := sdk_tests/node_modules/.ready

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

.PHONY: help serve test lint ruff mypy imports pytest sdk node bench

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

serve: $(SERVE_READY) ## Install what is missing and serve on 127.0.0.1:8090.
	$(BIN)/pbpy serve --http $(HTTP) --dir $(DIR)

test: lint pytest sdk ## Install what is missing and run every check and test.

lint: ruff mypy imports ## Run the linters and the type checker.

ruff: $(TEST_READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

mypy: $(TEST_READY)
	$(BIN)/mypy --strict

imports: $(TEST_READY)
	$(BIN)/lint-imports

pytest: $(TEST_READY) ## Run the Python tests.
	@command -v redis-server >/dev/null \
		|| echo "redis-server is not in PATH: the tests of the Redis bus are skipped" >&2
	$(BIN)/pytest $(PYTEST_ARGS)

# Whatever can be served is served the same by both ASGI servers, and by any number of workers.
sdk: $(TEST_READY) $(SDK_READY) ## Run the official JavaScript SDK against `pbpy serve`.
	cd sdk_tests && PBPY_SERVE_ARGS="--server uvicorn --workers 2" npm test
	cd sdk_tests && PBPY_SERVE_ARGS="--server hypercorn --workers 1" npm test

bench: $(TEST_READY) ## Compare the speed with PocketBase's.
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "pbpy needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(SERVE_READY): pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fast]'
	touch $@

$(TEST_READY): pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fast,test]'
	touch $(SERVE_READY) $@

$(SDK_READY): sdk_tests/package.json sdk_tests/package-lock.json | node
	cd sdk_tests && npm ci --no-audit --no-fund
	touch $@

node:
	@command -v node >/dev/null && command -v npm >/dev/null \
		|| { echo "sdk_tests/ needs Node.js 20 or newer with npm, and one of them is not in PATH" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
		|| { echo "sdk_tests/ needs Node.js 20 or newer, found $$(node --version)" >&2; exit 1; }
