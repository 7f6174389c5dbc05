#!/bin/bash
# The library as a Python user has it: the wheel installed beside aws-cdk-lib, a pipeline written in Python held against the
# same one in TypeScript, and a type checker over it. Environments and the wheel are kept under .cache/python.
set -euo pipefail
cd "$(dirname "$0")/../.."
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
environment=.cache/python/cdk
wheels=.cache/python/wheels
python=$environment/bin/python
test/python/venv.sh "$environment" test/python/cdk.txt

# The wheel holds what was compiled and bundled: made anew when a source is newer than it.
mkdir -p "$wheels"
newest=$(find "$wheels" -name '*.whl' -print -quit)
if [ -z "$newest" ] || [ -n "$(find lib lambda bin package.json build.mjs tsconfig.jsii.json -newer "$newest" -print -quit)" ]; then
  rm -rf "$wheels"
  npm run --silent build
  npx jsii-pacmak --target python --outdir "$wheels"
fi
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/python/*.whl

"$python" test/python/synth.py
"$python" -m mypy --strict --cache-dir .cache/python/mypy test/python/app/pipeline.py test/python/app/sales.py
