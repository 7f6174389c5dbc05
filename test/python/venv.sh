#!/bin/bash
# usage: venv.sh FOLDER REQUIREMENTS [MINIMUM]
# Makes FOLDER a virtual environment with exactly the pinned packages of REQUIREMENTS (and nothing they name beside), on the
# newest Python from MINIMUM (default 3.10) on. Does nothing when it is that already.
set -euo pipefail
folder=$1 requirements=$2
python=$("$(dirname "$0")/find-python.sh" "${3:-3.10}")

stamp=$(echo "$python" | cat - "$requirements" "$0" | sha256sum)
[ "$(cat "$folder/made" 2> /dev/null)" = "$stamp" ] && exit 0

echo "making $folder from $requirements (once)"
rm -rf "$folder"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$requirements"
echo "$stamp" > "$folder/made"
