#!/bin/sh
# Reports of a container to the task that waits for it. Copy this file into the image; it needs the aws command.
#
#   headrace-report.sh run COMMAND...          runs a program, beats every 30 seconds and reports its end;
#                                              values go into the file $HEADRACE_VALUES, as one JSON object
#   headrace-report.sh alive [TEXT]            a sign of life
#   headrace-report.sh succeed [JSON]          the task's outputs; the program then has to end with exit code 0
#   headrace-report.sh fail ERROR [CAUSE]      fails the task in the program's own words, and ends with 1
#   headrace-report.sh skip [CAUSE]            asks that the task counts as skipped, and ends with 1
#
# Outside of a task every call does nothing but print.
set -eu

usage() {
  sed -n '4,9s/^#   //p' "$0" >&2
  exit 2
}

# A container may start before its token has been laid down for it.
token() {
  tries=0
  until found=$(aws s3 cp --only-show-errors "$HEADRACE_TOKEN" - 2>/dev/null); do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "there is no token at $HEADRACE_TOKEN" >&2; return 1; }
    sleep 1
  done
  printf '%s' "$found" | tr -d '"\n'
}

answer() {
  if [ -z "${HEADRACE_TOKEN:-}" ]; then
    echo "headrace-report: $* (no task waits)"
    return 0
  fi
  command -v aws >/dev/null || { echo "headrace-report.sh needs the aws command in the image" >&2; exit 1; }
  call=$1
  shift
  given=$(token)
  aws stepfunctions "$call" --task-token "$given" "$@"
}

succeed() {
  answer send-task-success --task-output "${1:-{\}}"
  [ -z "${HEADRACE_TOKEN:-}" ] || aws s3 rm --only-show-errors "$HEADRACE_TOKEN"
}

run() {
  [ $# -gt 0 ] || usage
  HEADRACE_VALUES=$(mktemp)
  export HEADRACE_VALUES
  answer send-task-heartbeat
  (while sleep "${HEADRACE_BEAT_SECONDS:-30}"; do answer send-task-heartbeat || true; done) &
  beat=$!
  "$@" &
  work=$!
  trap 'kill "$work" 2>/dev/null || true' TERM INT
  code=0
  wait "$work" || code=$?
  kill "$beat" 2>/dev/null || true
  if [ "$code" -eq 0 ]; then
    if [ -s "$HEADRACE_VALUES" ]; then succeed "$(cat "$HEADRACE_VALUES")"; else succeed; fi
  fi
  rm -f "$HEADRACE_VALUES"
  exit "$code"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
  run) run "$@" ;;
  alive)
    [ $# -eq 0 ] || echo "$*"
    answer send-task-heartbeat
    ;;
  succeed) succeed "$@" ;;
  fail)
    [ $# -gt 0 ] || usage
    answer send-task-failure --error "$1" --cause "${2:-}"
    exit 1
    ;;
  skip)
    answer send-task-failure --error Headrace.Skip --cause "${1:-}"
    exit 1
    ;;
  *) usage ;;
esac
