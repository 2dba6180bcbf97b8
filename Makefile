# Two commands are enough: `make run` starts the dashboard, `make test` runs every test.
# They need Python 3.11, 3.12 or 3.13, make and a package index.

.DEFAULT_GOAL := help
.PHONY: help run test check install browser constraints bench bench-quality bench-reading bench-training bench-causal coverage clean kernels

PORT ?= 8501
WATCH ?= none
TESTS ?= tests
TASKS ?=
SIZES ?= usual
REPLICATIONS ?= 200
LEARNED ?= 200
BUDGET ?= 60
# First what needs no browser, on all cores; then the journeys one by one, since a browser and a
# server fill the machine by themselves. 5 is pytest's word for: none of these is in TESTS.
NONE_HERE = test $$? -eq 5
WORKERS ?= 2

# Without PYTHON the first fitting Python is taken and .venv holds what is installed; with it
# (make test PYTHON=python3.12) each version has a folder of its own, so that none overwrites another.
ifeq ($(PYTHON),)
  PYTHON := $(shell for each in python3 python3.13 python3.12 python3.11 python; do \
    "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
    && echo "$$each" && break; done)
  VENV := .venv
else
  VENV = .venv-$(basename $(VERSION))
endif
VERSION := $(shell "$(PYTHON)" -c 'import platform; print(platform.python_version())' 2>/dev/null)
SUPPORTED := $(filter 3.11.% 3.12.% 3.13.%,$(VERSION))

BIN = $(VENV)/bin
READY = $(VENV)/.ready-$(VERSION)
READY_DEV = $(VENV)/.ready-dev-$(VERSION)

# uv installs in seconds what takes pip minutes. It is fetched into the environment; where that
# fails, or uv cannot reach the index that pip is set up for, pip does the work.
define install
@echo "Installing what $(1) names into $(VENV) (the first time takes a few minutes)"
@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install -q uv \
	|| echo "uv could not be installed: going on with pip, which is slower."
@$(BIN)/python -m uv pip install -q --python $(BIN)/python --compile-bytecode \
	-r $(1) -c constraints.txt \
	|| { echo "Installing with pip:"; $(BIN)/python -m pip install -r $(1) -c constraints.txt; }
endef

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PYTHON=python3.12 chooses a Python, PORT=8502 another port, TESTS=tests/causal some tests;"
	@echo "  bench takes TASKS=shap,surfaces (words of their names) and SIZES=small (a quick look)."

run: $(READY) kernels  ## Install what is missing and start the dashboard
	@echo "Starting Whence at http://127.0.0.1:$(PORT) (Ctrl-C stops it)"
	@$(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.fileWatcherType $(WATCH) \
		|| { echo "It ended. If the port is taken, choose another: make run PORT=8502"; exit 1; }

test: $(READY_DEV) browser kernels  ## Install what tests need, the browser included, and run everything
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not browser" $(TESTS) || $(NONE_HERE)
	@$(BIN)/python -m pytest -m browser $(TESTS) || $(NONE_HERE)

check: $(READY_DEV)  ## Format, lint, types and the layers of the house
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

install: $(READY) kernels  ## Install what the dashboard runs on

kernels: $(READY)  ## Compile the exact engine where it is not compiled yet
	@$(BIN)/python -m interpret.trees

browser: $(READY_DEV)
	@$(BIN)/python -m tests.browser.install

constraints: $(READY_DEV)  ## Find the newest fitting versions and write them to constraints.txt
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate \
		--upgrade requirements-dev.txt -o $(VENV)/constraints.txt
	@{ echo "# The versions that were tested together, written on $$(date +%F) by: make constraints"; \
		echo "# (uv pip compile --universal --python-version 3.11 requirements-dev.txt)"; \
		cat $(VENV)/constraints.txt; } > constraints.txt

bench: $(READY_DEV)  ## Measure this project beside its peers, and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks.run --tasks "$(TASKS)" --sizes "$(SIZES)"

bench-quality: $(READY_DEV)  ## Hold the tuned model against other ways, on tables in DATA=folder
	@$(BIN)/python -m benchmarks.quality $(if $(DATA),--data "$(DATA)")

bench-reading: $(READY_DEV)  ## Read and profile 1,000,000 rows, and write benchmarks/READING.md
	@$(BIN)/python -m benchmarks.reading

bench-training: $(READY_DEV)  ## Time every family's training on 100,000 rows, and write the table
	@$(BIN)/python -m benchmarks.training

bench-causal: $(READY_DEV)  ## Time effects with intervals beside DoWhy, EconML and DoubleML, and write the table
	@$(BIN)/python -m benchmarks.causal_speed --tasks "$(TASKS)" --budget $(BUDGET)

coverage: $(READY_DEV)  ## Hold the intervals of every estimator against known truths (hours; goes on where it was cut off)
	@$(BIN)/python -m benchmarks.coverage --replications $(REPLICATIONS) --learned $(LEARNED)

clean:  ## Remove every environment and everything that was made
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt constraints.txt
	$(call prepare)
	$(call install,requirements.txt)
	@touch $@

$(READY_DEV): requirements.txt requirements-dev.txt constraints.txt
	$(call prepare)
	$(call install,requirements-dev.txt)
	@touch $@ $(READY)

# An environment of another Python is made anew; one of the same Python is kept and brought up to date.
define prepare
@test -n "$(SUPPORTED)" || { \
	echo "Whence needs Python 3.11, 3.12 or 3.13; '$(or $(PYTHON),python3)' $(if $(VERSION),is $(VERSION),cannot be run here)."; \
	echo "Install one of them, or say where it is: make run PYTHON=/path/to/python3.12"; exit 1; }
@test "$$($(BIN)/python -c 'import platform; print(platform.python_version())' 2>/dev/null)" = "$(VERSION)" \
	|| "$(PYTHON)" -m venv --clear $(VENV)
endef
