# Inkling's commands. Each one does its own set-up, once, in .venv; nothing else on the machine changes.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EXTRAS := dev
# The versions that CI uses, for those who work on Inkling; a user's are any that pyproject.toml allows.
LOCKED := $(patsubst %,--constraint %,$(wildcard .ci/constraints.txt))

.DEFAULT_GOAL := help
.PHONY: help train app test test-all test-versions check lint format tutorials docs lock release-check clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1	/' | expand -t 20

train: $(VENV)/.compiled ## train a network on MNIST, test it, save it, plot it
	@$(BIN)/inkling train $(ARGS)

app: $(VENV)/.ready-to-train ## draw a digit in the browser, and look inside the network that reads it
	@$(BIN)/inkling app $(ARGS)

PYTEST := env -u CI -u BUILD_NUMBER $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

test: $(VENV)/.ready-to-develop ## run the tests that a change needs, in four minutes
	@$(PYTEST) -m "not slow" $(ARGS)

check: lint test-all ## format, lint, types and all tests: what must pass before a change lands

test-all: $(VENV)/.ready-to-develop ## run all tests: also browser, documentation site, notebooks, fresh clone
	@$(PYTEST) -W error $(ARGS)

test-versions: $(VENV)/.ready-to-develop ## run the fast tests with every Python here, and with the lowest versions
	@$(PIP) uv
	@$(BIN)/python scripts/test_versions.py $(ARGS)

lint: $(VENV)/.ready-to-develop ## ruff (format and lint) and mypy --strict
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy

format: $(VENV)/.ready-to-develop ## let ruff put the code into shape, and bring written parts of the pages up to date
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/python scripts/write_docs.py

tutorials: $(VENV)/.compiled ## run the tutorials' networks, several seeds each way, against their figures
	@$(BIN)/inkling tutorials tutorial-1 tutorial-2 tutorial-3 --seeds 5
	@$(BIN)/inkling tutorials tutorial-0 --seeds 20

docs: $(VENV)/.ready-for-docs ## build the documentation, English and Chinese, into site/
	@rm -rf site
	@$(BIN)/python scripts/write_docs.py
	@$(BIN)/python -m sphinx -W --keep-going -qE -d build/doctrees/en docs site
	@$(BIN)/python -m sphinx -W --keep-going -qE -d build/doctrees/zh -c docs -t zh docs/zh site/zh
	@echo "Read it: site/index.html"

release-check: $(VENV)/.ready-to-release ## build wheel and sdist, try both, check metadata, version, files and workflows
	@$(BIN)/python scripts/release_check.py $(ARGS)

lock: $(VENV)/.ready-to-develop ## write the newest versions that CI may use to .ci/constraints.txt
	@$(PIP) uv
	@$(BIN)/python -m uv pip compile --quiet --universal --upgrade --python-version 3.11 --fork-strategy fewest \
	  --no-header --no-annotate --extra dev --extra docs --extra release --output-file .ci/constraints.new pyproject.toml .ci/tools.txt
	@grep -vE '^(cuda|nvidia|triton)' .ci/constraints.new > .ci/constraints.txt
	@rm .ci/constraints.new

clean: ## remove the environment, caches and build output; runs/ and data stay
	@rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Inkling needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1); say which one to use: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up a virtual environment in $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.ready-to-train: pyproject.toml $(wildcard src/inkling/__init__.py) | $(BIN)/python
	@$(PIP) --editable '.[plots,sklearn,app,fast]' --only-binary numba,llvmlite 2>/dev/null || $(PIP) --editable '.[plots,sklearn,app]'
	@touch $@

# Without Numba one line says so, and networks train with NumPy.
$(VENV)/.compiled: $(VENV)/.ready-to-train $(wildcard src/inkling/compiled/*.py)
	@$(BIN)/inkling compile || true
	@touch $@

$(VENV)/.ready-to-develop: pyproject.toml $(wildcard src/inkling/__init__.py .ci/constraints.txt) | $(BIN)/python
	@$(PIP) --editable '.[$(EXTRAS)]' $(LOCKED)
	@touch $@ $(VENV)/.ready-to-train

$(VENV)/.ready-for-docs: pyproject.toml $(wildcard src/inkling/__init__.py .ci/constraints.txt) | $(BIN)/python
	@$(PIP) --editable '.[docs]' $(LOCKED)
	@touch $@

$(VENV)/.ready-to-release: pyproject.toml $(wildcard src/inkling/__init__.py .ci/constraints.txt) | $(BIN)/python
	@$(PIP) --editable '.[release]' $(LOCKED)
	@touch $@
