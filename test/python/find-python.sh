#!/bin/bash
# usage: find-python.sh MINIMUM [MAXIMUM]     e.g. find-python.sh 3.12
# Prints the path of the newest Python from MINIMUM to MAXIMUM (default 3.13): on the PATH or among pyenv's versions.
set -euo pipefail
minimum=$1 maximum=${2:-3.13}

candidates() {
  local minor
  for minor in $(seq "${maximum#3.}" -1 "${minimum#3.}"); do
    if command -v pyenv > /dev/null; then
      find "$(pyenv root)/versions" -maxdepth 3 -path "*/3.$minor.*/bin/python3.$minor" 2> /dev/null | sort -rV
    fi
    command -v "python3.$minor" || true
  done
}

# A candidate may be a shim that refuses to run, or lack venv: ask it.
while read -r python; do
  if "$python" -c 'import venv, ensurepip, ssl' > /dev/null 2>&1; then
    echo "$python"
    exit 0
  fi
done < <(candidates)
echo "no Python from $minimum to $maximum with venv was found: install one (pyenv install $maximum), or put one on the PATH" >&2
exit 1
