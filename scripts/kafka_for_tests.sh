#!/usr/bin/env bash
# Fetches the Kafka that the tests start, pinned in kafka_for_tests.xml, into .venv/kafka.
# Java and Maven are installed where this runs as root on Debian or Ubuntu, as in CI.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
target="$1"
rm -rf "$target"
mkdir -p "$target"
[ -n "${LEGATO_TEST_WITHOUT_KAFKA:-}" ] && exit 0

if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends default-jre-headless maven >/dev/null
  else
    echo "The tests of Kafka need Java 17 or later and Maven: install them, as root by" >&2
    echo "  apt-get install default-jre-headless maven" >&2
    echo "or set LEGATO_TEST_WITHOUT_KAFKA=1 to leave these tests out." >&2
    exit 1
  fi
fi
mvn --quiet --batch-mode --file "$here/kafka_for_tests.xml" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$target"
