#!/usr/bin/env bash
# Resolves pyproject.toml into requirements.lock: every extra and the dev group, for Python 3.11 and later on any platform, each file
# by its hash on PyPI. No index or host is written into the lock. Arguments go to uv: `scripts/lock.sh --upgrade-package duckdb`.
set -euo pipefail
cd "$(dirname "$0")/.."
uv_version=0.13.9
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet "uv==$uv_version"
UV_NO_CONFIG=1 "$scratch/venv/bin/uv" pip compile pyproject.toml --quiet --all-extras --group dev \
    --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "scripts/lock.sh" \
    --output-file requirements.lock "$@"
