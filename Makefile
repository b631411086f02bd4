# Needs Python 3.11+, make and git. Everything else is set up in .venv by the first target that wants it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Clones whose commits are read for docs/calibration.md: of psf/black and pallets/werkzeug.
REPOSITORIES ?=
# Versions of holobench that `make versions` tries, such as "1.148.0 1.147.0"; the newest ten where none is named.
HOLOBENCH ?=
# How long `make fuzz` searches.
FUZZ_MINUTES ?= 10

.PHONY: dist demo lowest versions test fast lint types unit fuzz bench docs site tables snapshots slow clean

demo: .venv/.runtime        ## Measure a real benchmark before and after a change, and ask the server about it.
	$(BIN)/python examples/quickstart.py

test: lint types unit       ## Everything that CI runs.

fast: lint types            ## What a developer runs after every edit: without the tests that take half a second and more; under a minute on two cores.
	$(BIN)/python -m pytest -m "not slow"

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: .venv/.dev
	$(BIN)/mypy

unit: .venv/.dev
	$(BIN)/python -m pytest

fuzz: .venv/.dev            ## Every property of the tests with random examples, again and again for FUZZ_MINUTES; prints the seeds.
	$(BIN)/python tools/fuzz.py $(FUZZ_MINUTES)

bench: .venv/.dev           ## Measure this project itself: speed and calibration, beside their peers.
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/calibration.py
	$(BIN)/python benchmarks/rounds_calibration.py
	$(BIN)/python benchmarks/looks_calibration.py
	$(BIN)/python benchmarks/history_calibration.py
	$(BIN)/python benchmarks/past_noise_calibration.py
	$(BIN)/python benchmarks/lone_runs_calibration.py

tables: .venv/.dev          ## Write README's tables and the picture of the house anew, from the code: seconds.
	$(BIN)/python tools/write_tables.py
	$(BIN)/python tools/write_reference.py
	$(BIN)/python tools/draw_architecture.py
	$(BIN)/python tools/draw_report.py

snapshots: .venv/.dev       ## Write what the tests hold the tools against anew; read the difference before committing it.
	UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest tests/server/test_tool_snapshots.py

slow: .venv/.dev            ## Time every test, and write down which ones `make fast` leaves out.
	RECORD_SLOW=0.5 $(BIN)/python -m pytest

site: .venv/.dev           ## The docs as a site, in site/; a link that leads nowhere fails.
	$(BIN)/python -m mkdocs build --quiet --strict

dist: .venv/.venv          ## Wheel and sdist in dist/, looked into, and the wheel installed and asked for its version.
	rm -rf dist .venv/dist
	$(BIN)/python -m pip install --quiet build twine check-wheel-contents
	$(BIN)/python -m build --quiet --outdir dist .
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python -m venv .venv/dist
	.venv/dist/bin/python -m pip install --quiet dist/*.whl
	cd .venv/dist && bin/holobench-mcp --version && bin/holobench-mcp --project . config

lowest: .venv/.venv        ## The core's tests with every direct dependency at its lowest version; needs uv.
	$(BIN)/python tools/lowest.py

versions: .venv/.venv      ## Try our contract against versions of holobench, and write docs/versions.md; needs uv.
	$(BIN)/python tools/holobench_versions.py --write-docs $(HOLOBENCH)

docs: tables                ## Write what the README and docs/calibration.md show anew, by running it: an hour.
	$(BIN)/python examples/quickstart.py --write-readme
	$(BIN)/python examples/tutorial.py --write-docs
	$(BIN)/python examples/tool_transcripts.py --write-docs
	$(BIN)/python benchmarks/speed.py --write-readme
	$(BIN)/python benchmarks/scale.py --write-docs
	for what in calibration rounds_calibration looks_calibration history_calibration past_noise_calibration \
		lone_runs_calibration; do \
		$(BIN)/python benchmarks/$$what.py || exit 1; done > docs/calibration.new
	$(BIN)/python benchmarks/suite_calibration.py --real 30 >> docs/calibration.new
	$(BIN)/python benchmarks/cached_answers_calibration.py $(REPOSITORIES) >> docs/calibration.new
	mv docs/calibration.new docs/calibration.md

.venv/.venv:
	@test -n "$(PYTHON)" || { echo "holobench-mcp needs Python 3.11, 3.12 or 3.13 on PATH"; exit 1; }
	@echo "setting up .venv: half a minute, or a few where packages have to be downloaded"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

.venv/.runtime: .venv/.venv pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.dev: .venv/.runtime pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

clean:
	rm -rf .venv .demo site .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
