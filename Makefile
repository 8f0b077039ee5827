# `make lab` opens the course, `make test` runs every check; both set everything up first.
# Everything is called as `python -m ...`: scripts in .venv/bin break in a path with spaces.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
# The environment is ready when the mark named after its ingredients is there. Any change of
# the lock, the project file, the settings it installs, the Python or the folder, or an
# interrupted set-up, makes it anew.
KEY := $(shell (pwd; "$(PYTHON)" --version; cat requirements.lock pyproject.toml course_utils/*_settings.json) 2>/dev/null | cksum | cut -d' ' -f1)
READY := .venv/ready-$(KEY)
LAB_FLAGS ?= $(if $(filter 0,$(shell id -u)),--allow-root) \
	$(if $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname))),,--no-browser)
NB ?=
# Lessons are executed as on a new user's machine: with the bundled samples, none solved.
# (Tests see to that themselves, in conftest.py.)
notebooks decks pages: export COURSE_DATA_DIR = $(CURDIR)/build/cache
# Two tests at a time, all of a file or notebook in the same process; those that take long
# come first, as conftest.py puts them.
TWO := -n 2 --dist loadscope --no-loadscope-reorder
NBVAL := --nbval --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout 240

.DEFAULT_GOAL := help
.PHONY: help setup lab slides test quick fuzz lint unit notebooks-test browser notebooks decks pages full bench lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | \
		awk -F'\t' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(READY)

$(READY): # uv comes from the lock too; where it cannot reach the index, pip can still know how
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found. Install one, or name it: make lab PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up .venv with $$("$(PYTHON)" --version) ..."
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@awk '/^[^ #]/ { uv = /^uv==/ } uv' requirements.lock > .venv/uv.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@VIRTUAL_ENV=.venv $(PY) -m uv pip install --quiet --require-hashes -r requirements.lock || \
		$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lab: setup ## open the course in JupyterLab
	$(PY) -m jupyterlab $(LAB_FLAGS) --ServerApp.root_dir=. \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

slides: setup ## open a lesson as live slides: make slides NB=01
	$(PY) -m jupyterlab $(LAB_FLAGS) --ServerApp.root_dir=. \
		--LabApp.default_url=/rise/$(firstword $(wildcard notebooks/$(or $(NB),00)_*.ipynb))

test: setup ## run every check
	@$(MAKE) --no-print-directory lint
	$(PY) -m pytest $(TWO) $(NBVAL) notebooks tests/unit
	@$(MAKE) --no-print-directory browser
	@echo "All checks passed."

quick: lint ## format, lint, types and the unit tests without TensorFlow: a minute
	$(PY) -m pytest -n 2 --dist worksteal -m "not tensorflow and not kernel" tests/unit

fuzz: setup ## property tests on new random input, without end: until a failure or Ctrl-C
	@while $(PY) -m pytest -x -q -m hypothesis --hypothesis-profile=fuzz tests/unit; do :; done; \
	code=$$?; echo "To see a failure again: make fuzz tries it first. Elsewhere: put the line"; \
	echo "@reproduce_failure(...) from above over the test, and run $(PY) -m pytest FILE::TEST"; \
	exit $$code

lint: setup ## formatting, lint and types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy

unit: setup ## tests of the package
	$(PY) -m pytest $(TWO) tests/unit

notebooks-test: setup ## execute every notebook and compare its outputs
	$(PY) -m pytest $(TWO) $(NBVAL) notebooks

browser: setup ## drive the explorers in a real browser
	$(PY) -m pytest -n 2 --maxschedchunk 1 tests/browser

notebooks: setup ## execute all notebooks and store their outputs (one: NB=01)
	$(PY) -m tools.notebooks $(NB)

decks: setup ## slides as one HTML file a lesson, in build/decks (one: NB=01)
	$(PY) -m tools.export decks $(NB)

pages: setup ## lessons as HTML pages with an index, in build/pages (one: NB=01)
	$(PY) -m tools.export pages $(NB)

full: setup ## train lesson 05's large network on full photographs; goes on where it was stopped
	$(PY) -m course_utils.full_run

bench: setup ## how long from input to picture, ours against interact
	$(PY) -m benchmarks.explorer_latency

lock: setup ## resolve requirements.lock anew from pyproject.toml
	VIRTUAL_ENV=.venv $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--generate-hashes --no-emit-index-url --no-annotate --upgrade \
		--custom-compile-command "make lock" -o requirements.lock pyproject.toml

clean: ## remove the environment and what the tools left
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis
