# Everything a checkout can do. `make demo` and `make test` start from a fresh clone; the rest follows from them.
# Another Python: make setup PYTHON=python3.12

BIN := .venv/bin
STAMP := .venv/.stamp
export PYTHON

.PHONY: setup demo test check lint types imports bench serve docs lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

demo: setup
	@$(BIN)/rvbbit demo

# Checks and tests both run to their end, so that one run shows everything there is to mend. Tests run on as many cores as there are, up to
# four, a file on one of them: fixtures of a module are made once.
test: setup
	@status=0; \
	$(MAKE) --no-print-directory --keep-going check || status=1; \
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder || status=1; \
	exit $$status

check: lint types imports

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python bench/run.py

serve: setup
	@$(BIN)/rvbbit serve

# Pages generated from the code. A test fails when one is stale.
docs: setup
	$(BIN)/python scripts/make_settings_doc.py
	$(BIN)/python scripts/make_cascade_schema.py

lock:
	scripts/lock.sh

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
