# Everything a checkout can do. `make demo` and `make test` start from a fresh clone; the rest follows from them.
# `make` alone sets up and builds the Studio.
# Another Python: make setup PYTHON=python3.12

BIN := .venv/bin
STAMP := .venv/.stamp
MODULES := studio/node_modules/.stamp
BUILT := src/rvbbit/http/built/index.html
export PYTHON

.PHONY: all setup studio demo test check lint types imports pages bench bench-peers serve docs pictures lock clean

all: setup studio

setup: $(STAMP)

# The Studio's pages. Only this needs Node: what pip installs has them built.
studio: $(BUILT)

$(BUILT): $(MODULES) studio/index.html studio/vite.config.ts $(shell find studio/src -type f)
	@cd studio && npm run --silent build -- --logLevel error

$(MODULES): studio/package-lock.json scripts/node.sh
	@scripts/node.sh
	@cd studio && npm ci --no-audit --no-fund --no-update-notifier --loglevel error
	@touch $@

$(STAMP): requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

demo: setup
	@$(MAKE) --no-print-directory studio || echo "Going on without the Studio's pages: the demo itself needs no Node."
	@$(BIN)/rvbbit demo

# Checks and tests both run to their end, so that one run shows everything there is to mend. Tests run on as many cores as there are, up to
# four, a file on one of them: fixtures of a module are made once.
test: setup studio
	@scripts/browser.sh
	@status=0; \
	$(MAKE) --no-print-directory --keep-going check || status=1; \
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder || status=1; \
	exit $$status

check: lint types imports pages

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

pages: studio
	@cd studio && npm run --silent lint && npm run --silent drift && npm run --silent test

bench: setup
	$(BIN)/python -m bench.run

# The systems that bench measures RVBBIT beside, each in an environment of its own.
bench-peers: setup
	bench/peers/setup.sh

serve: setup studio
	@$(BIN)/rvbbit serve

# Pages generated from the code. A test fails when one is stale.
docs: setup
	$(BIN)/python scripts/make_settings_doc.py
	$(BIN)/python scripts/make_cascade_schema.py
	$(BIN)/python scripts/make_operators_doc.py
	$(BIN)/python scripts/make_openapi.py
	cd studio && npm run --silent types

# Pictures of the Studio in docs/, taken anew.
pictures: setup studio
	@scripts/browser.sh
	$(BIN)/python scripts/make_screenshots.py

lock:
	scripts/lock.sh

clean:
	rm -rf .venv dist build studio/node_modules src/rvbbit/http/built .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
