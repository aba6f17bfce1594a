# Every target sets up what it needs: .venv in this checkout (uv where it is installed, else venv and pip).
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-postgres lint format export release check lab bench clean
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR := 1

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@echo "Making the environment in $(VENV) (a few minutes, once) ..."
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
		uv pip install --quiet --python $(BIN)/python -e '.[dev]'; \
	else \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
			{ echo "Python 3.10 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }; \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'; \
	fi
	@touch $@

demo: $(READY) ## Grade a sample class of milestone 1 and print the rubric table
	@$(BIN)/python -m demo

test: $(READY) ## Run all tests (slow ones included)
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-fast: $(READY) ## Run the tests that take no kernel, browser or class
	@$(BIN)/python -m pytest -n 2 -m 'not slow'

test-postgres: $(READY) ## Run the tests that need a PostgreSQL server, on one made for them
	@.ci/with-postgres $(BIN)/python -m pytest tests/grading/test_batch_postgres.py

lint: $(READY) ## Check style (ruff) of code and authored notebooks
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(READY) ## Put code into the project's format
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

export: $(READY) ## Export the reference's tinytorch/ into this checkout
	@$(BIN)/python -m tito.notebooks.exporter

release: $(READY) ## Build source/ and release/ from the authored notebooks
	@$(BIN)/tito course build

check: $(READY) ## Prove every assignment: the reference earns all, an untouched release nothing
	@$(BIN)/tito course check

lab: release ## Open JupyterLab on the course, formgrader included
	@$(BIN)/python -m tito.lab

bench: $(READY) ## Measure build, grading and command-line times
	@$(BIN)/python -m benchmarks

clean: ## Remove the environment, caches and generated files
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis source/*/ course
	find tinytorch -name '*.py' ! -name __init__.py -delete
