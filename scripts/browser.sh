#!/usr/bin/env bash
# The browser that the Studio's tests drive: Chromium, installed where it is missing and we may.
set -euo pipefail
if [ -x "${RVBBIT_TEST_BROWSER:-/usr/bin/chromium}" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '%s\n' "Installing chromium, which the Studio's tests drive" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    exit 0
fi
printf '%s\n' "The Studio's tests drive Chromium, and there is none at ${RVBBIT_TEST_BROWSER:-/usr/bin/chromium}: they will be skipped." \
    "Debian, Ubuntu: apt install chromium. Elsewhere name one: RVBBIT_TEST_BROWSER=/path/to/chrome make test" >&2
