#!/bin/bash
# Glue scripts on a real PySpark. It is installed by the command itself, the first time, into .cache: that is part of the test.
set -euo pipefail
cd "$(dirname "$0")/../.."
export XDG_CACHE_HOME=$PWD/.cache
unset SPARK_HOME
npx tsx bin/headrace.ts local --install-spark
exec npx vitest run --config test/spark/vitest.config.mts "$@"
