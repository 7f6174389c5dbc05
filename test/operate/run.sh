#!/bin/bash
# The operating verbs as a person types them, on deployed machines (LocalStack's Step Functions, without Docker) and on this
# machine: the same script for both. Installs the server under .cache/ the first time. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HEADRACE_LOCALSTACK=$PWD/.cache/localstack
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
test/emulated/install.sh "$HEADRACE_LOCALSTACK"
test/python/venv.sh .cache/python/moto test/deploy/requirements.txt
node build.mjs
exec npx vitest run --config test/operate/vitest.config.mts "$@"
