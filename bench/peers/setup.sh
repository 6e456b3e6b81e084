#!/usr/bin/env bash
# Sets up the peers that `make bench` measures beside RVBBIT, each in an environment of its own: bench/peers/setup.sh [NAME …], default all.
# Versions are pinned here and nowhere else. Environments are kept in the user's cache; a peer that does not install is said and skipped.
set -uo pipefail
VENVS=${RVBBIT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/rvbbit-peers}
declare -A PINS=(
    [lotus]="torch==2.13.0 lotus-ai==1.2.4"
    [daft]="daft==0.7.26 openai>=1.0 numpy"
    [docetl]="docetl==0.3.0"
    [blendsql]="polars==1.44.2 blendsql==0.1.28"  # with Polars 2, whose joins keep no order, its answers come to other rows
    [palimpzest]="torch==2.13.0 palimpzest==0.7.21"
)

failed=0
for name in "${@:-lotus daft docetl blendsql palimpzest}"; do
    for peer in $name; do
        if [ -z "${PINS[$peer]:-}" ]; then
            echo "There is no peer $peer: ${!PINS[*]}" >&2
            exit 2
        fi
        [ -f "$VENVS/$peer/.ready" ] && continue
        echo "Installing $peer: ${PINS[$peer]}"
        if "${PYTHON:-python3.11}" -m venv --clear "$VENVS/$peer"; then
            done=yes
            for pin in ${PINS[$peer]}; do  # one at a time: torch first takes the build that is for CPUs alone
                "$VENVS/$peer/bin/python" -m pip install --quiet --disable-pip-version-check "$pin" || { done=no; break; }
            done
            [ "$done" = yes ] && touch "$VENVS/$peer/.ready" && continue
        fi
        echo "$peer did not install; the bench goes on without it" >&2
        failed=1
    done
done
exit $failed
