#!/usr/bin/env bash
# Makes .venv and installs into it exactly what requirements.lock names, then this checkout. Never touches anything outside .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    say "RVBBIT needs Python 3.11 or newer; none found (tried: ${PYTHON:-python3 python3.13 python3.12 python3.11})."
    say "Debian, Ubuntu: apt install python3 python3-venv. macOS: brew install python@3.13."
    say "Or name one: make setup PYTHON=/path/to/python3.11"
    exit 2
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$python cannot make virtual environments: its venv or ensurepip module is missing."
        say "Debian, Ubuntu: apt install python3-venv. Then run this again."
        exit 2
    fi
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

usable() { .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
usable || make_venv

pip=(.venv/bin/python -m pip --disable-pip-version-check)
say "Installing $(grep -c '==' requirements.lock) packages from requirements.lock, each checked against its hash"
# The lock is everything there is to install. Without --no-deps an older pip asks for the newest version of what a package wants with an extra.
"${pip[@]}" install --quiet --no-deps --require-hashes -r requirements.lock
"${pip[@]}" install --quiet --no-deps --no-build-isolation -e .
"${pip[@]}" check >/dev/null || { "${pip[@]}" check >&2; say "requirements.lock lacks something: run scripts/lock.sh"; exit 1; }
say "Ready: .venv/bin/rvbbit"
