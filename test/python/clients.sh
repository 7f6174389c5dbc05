#!/bin/bash
# The local S3 endpoint and the local gateway, asked by the clients that people use from Python: boto3, s3fs.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/python/venv.sh .cache/python/clients test/python/clients.txt
HEADRACE_PYTHON=$PWD/.cache/python/clients/bin/python exec npx vitest run test/local/s3/compat.test.ts test/local/gateway test/local/services/glue-clients.test.ts
