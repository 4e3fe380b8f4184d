.PHONY: up test check kafka spark chromium studio screenshots types bench fix lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin

help: ## what each target does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/.ready: requirements.lock pyproject.toml hatch_build.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

studio: .venv/.ready ## build the Studio out of web/, where it has changed
	$(BIN)/python hatch_build.py

types: .venv/.ready ## write the API's OpenAPI document, of which the Studio's types are made
	$(BIN)/python scripts/export_openapi.py

up: studio ## start Legato with the example shop and its stand-in providers
	$(BIN)/legato demo $(ARGS)

kafka: .venv/kafka/.ready ## fetch the Kafka that its tests start; needs Java 17 and Maven

.venv/kafka/.ready: scripts/kafka_for_tests.sh scripts/kafka_for_tests.xml | .venv/.ready
	scripts/kafka_for_tests.sh $(CURDIR)/.venv/kafka
	touch $@

spark: .venv/spark/.ready ## fetch the Spark that its tests start; needs Java 17

.venv/spark/.ready: scripts/spark_for_tests.txt | .venv/.ready
	mkdir -p .venv/spark
	[ -n "$$LEGATO_TEST_WITHOUT_SPARK" ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/spark -r scripts/spark_for_tests.txt
	touch $@

chromium: ## see to a Chromium for the Studio's tests
	scripts/chromium_for_tests.sh

screenshots: studio chromium ## every page of the Studio, light and dark, wide and narrow, as pictures
	$(BIN)/python scripts/screenshots.py screenshots $(ARGS)

test: check studio kafka spark chromium ## everything CI runs
	$(BIN)/pytest -q -n 2 --dist loadfile tests/door tests/sim tests/conformance tests/e2e

check: .venv/.ready ## format, lint, types, floors, tidy, unit and law tests: cheapest first
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/python hatch_build.py check
	$(BIN)/pytest -q -n 2 tests/unit tests/law tests/golden tests/test_tidy.py

fix: .venv/.ready ## what a machine can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.ready ## the figures of bench/RESULTS.md, on this machine
	$(BIN)/python bench/run.py $(ARGS)

lock: ## resolve the development environment anew
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --upgrade pip uv
	.venv/lock/bin/uv pip compile --quiet --no-header --no-emit-index-url --universal --python-version 3.11 --group dev pyproject.toml -o requirements.lock
	rm -rf .venv/lock

clean: ## forget the environment and every cache
	rm -rf .venv .pytest_cache .hypothesis .ruff_cache .import_linter_cache
