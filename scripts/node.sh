#!/usr/bin/env bash
# Whether this machine has the Node that builds and checks the Studio; says what to do where it has not.
set -euo pipefail
if command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    exit 0
fi
printf '%s\n' "The Studio is built with Node 20.19 or newer and npm; here is $(node --version 2>/dev/null || echo none)." \
    "Install them (https://nodejs.org; macOS: brew install node) and run this again. What pip installs needs no Node." >&2
exit 2
