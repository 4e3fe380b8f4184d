#!/usr/bin/env bash
# Sees to a Chromium for the tests of the Studio: the system's own. Nothing is downloaded but from
# Debian or Ubuntu, and that only where this runs as root, as in CI.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
  exit 0
fi
echo "The tests of the Studio in a browser need Chromium: they are skipped without. Install it, as root by" >&2
echo "  apt-get install chromium" >&2
[ -z "${CI:-}" ]
