#!/bin/bash
# Runs what the compiler emits, and the engine's contract, on a Step Functions interpreter that is not ours: LocalStack's,
# without Docker. Installs it under .cache/ the first time. Arguments go to vitest, e.g. `run.sh oracle`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HEADRACE_LOCALSTACK=$PWD/.cache/localstack
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
test/emulated/install.sh "$HEADRACE_LOCALSTACK"
exec npx vitest run --config test/emulated/vitest.config.mts "$@"
