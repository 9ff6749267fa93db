# Two commands do everything: `make demo` shows the main job, `make test` passes the tests.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test nightly quick check format bench fuzz clean

help:             ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "odl-host needs Python 3.11 or newer; name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "This Python makes no virtual environment; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing what odl-host needs into $(VENV): a minute or two."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)    ## provision Grand Chambéry, publish a sample deposit, serve the portal
	$(BIN)/odl-host demo $(ARGS)

test: $(READY)    ## run every test
	$(BIN)/python -m pytest -n auto --dist worksteal -q $(ARGS)

nightly: $(READY) ## draw other examples, kill and disturb runs as often as a nightly build can
	$(BIN)/python -m pytest -q tests/unit -m 'not slow' --hypothesis-profile other-examples
	$(BIN)/python -m pytest -q tests/e2e/test_kill.py tests/e2e/test_faults.py --kills 200 $(ARGS)

quick: $(READY)   ## run the unit tests that take seconds
	$(BIN)/python -m pytest -q tests/unit -m 'not slow' $(ARGS)

check: $(READY)   ## run the linters, the type checker and the layer contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY)  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)   ## measure, side by side with the peers
	$(BIN)/python tests/bench/bench_validate.py $(ARGS)
	$(BIN)/python tests/bench/bench_publish.py
	$(BIN)/python tests/bench/bench_catalogue.py

fuzz: $(READY)    ## try odd files for MINUTES (10) on everything that reads; what fails is kept in .fuzz/
	$(BIN)/python -m tests.fuzz.fuzz --minutes $(or $(MINUTES),10) $(ARGS)

clean:            ## remove what these targets made
	rm -rf $(VENV) demo-home odl-demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
