#!/bin/bash
# Records anew what test/ops/aws replays: runs the acts of test/ops/aws/acts.ts against the services and keeps what was asked and answered.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true CDK_VALIDATION=false
test/python/venv.sh .cache/python/moto test/deploy/requirements.txt
node build.mjs
exec npx tsx --tsconfig tsconfig.json test/operate/services/record.ts
