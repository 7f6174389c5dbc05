#!/bin/bash
# Deploys, changes and destroys every example with the real CDK command against an emulator on loopback; no account is touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED=true
test/python/venv.sh .cache/python/moto test/deploy/requirements.txt
test/python/venv.sh .cache/python/checkov test/deploy/checkov.txt
npm run --silent build:bundles
exec .cache/python/moto/bin/python test/deploy/deploy.py "$@"
