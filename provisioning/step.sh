#!/usr/bin/env bash
# step.sh NAME COMMAND…: one progress line for a slow step; what it printed is shown only if it fails.
set -u
name=$1; shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf '  %s ...' "$name"
began=$SECONDS
if "$@" >"$log" 2>&1; then
  printf ' %d s\n' $((SECONDS - began))
else
  status=$?
  printf ' failed after %d s:\n' $((SECONDS - began))
  tail -n 40 "$log"
  exit $status
fi
