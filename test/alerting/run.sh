#!/bin/bash
# Alerts of runs on machines that are not ours: LocalStack's Step Functions, EventBridge, SQS, SNS and DynamoDB, without Docker. The
# functions run in this process. Installs the server under .cache/ the first time. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HEADRACE_LOCALSTACK=$PWD/.cache/localstack
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
test/emulated/install.sh "$HEADRACE_LOCALSTACK"
node build.mjs
exec npx vitest run --config test/alerting/vitest.config.mts "$@"
