#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Ends a finetuning run in many ways and resumes it, until it is done; every time the result must be
# that of a run that was never disturbed, byte for byte.
#
#   tools/kill_test.sh [-n RUNS] [-s SECONDS] COMMAND...
#
# COMMAND is the program with its configuration, without output_dir. First it runs undisturbed.
# Then, RUNS times (10), it is started again and again in a new output folder with
# resume_from_checkpoint=auto, and sent SIGKILL, SIGTERM, SIGINT or SIGUSR1 after a random time of at
# most SECONDS (as long as the undisturbed run took), until it ends by itself. Exits with 1 if a
# result differs, if a stopped run has the wrong exit code, or if metrics.jsonl has a step twice.
set -euo pipefail

runs=10
seconds=
while getopts n:s: option; do
  case $option in
    n) runs=$OPTARG ;;
    s) seconds=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
(($# > 0)) || { sed -n '5,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }

work=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/kill_test.XXXXXX")
trap 'rm -rf "$work"' EXIT
started=$(date +%s%N)
"$@" output_dir="$work/undisturbed" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
milliseconds=$((($(date +%s%N) - started) / 1000000))
[[ -z $seconds ]] || milliseconds=$((seconds * 1000))

result_of() {
  (cd "$1" && find . -type f \( -path './adapter/*' -o -path './model/*' \) ! -name '*.tmp-*' \
    -exec sha256sum {} + | sort -k2)
}
failures=0
complain() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

expected=$(result_of "$work/undisturbed")
[[ -n $expected ]] || complain "the undisturbed run left no result"
declare -A code=([KILL]=137 [TERM]=143 [INT]=130 [USR1]=143) sent=([KILL]=0 [TERM]=0 [INT]=0 [USR1]=0)
signals=(KILL KILL KILL TERM INT USR1)
for ((run = 1; run <= runs; ++run)); do
  output=$work/disturbed
  rm -rf "$output"
  for ((part = 1; ; ++part)); do
    "$@" output_dir="$output" resume_from_checkpoint=auto >"$work/log" 2>&1 &
    pid=$!
    # At most 40 times: then it may come to its end.
    signal=
    if ((part <= 40)); then
      wait_for=$(((RANDOM * 32768 + RANDOM) % milliseconds))
      sleep "$((wait_for / 1000)).$(printf '%03d' $((wait_for % 1000)))"
      signal=${signals[RANDOM % ${#signals[@]}]}
      kill -s "$signal" "$pid" 2>/dev/null || signal=
    fi
    status=0
    wait "$pid" || status=$?
    ((status != 0)) || break
    [[ -n $signal ]] || { complain "run $run ended with $status"; cat "$work/log" >&2; break; }
    sent[$signal]=$((sent[$signal] + 1))
    ((status == code[$signal])) || { complain "$signal: exit code $status, expected ${code[$signal]}"; cat "$work/log" >&2; break; }
    mkdir -p "$output"
    partial=$(find "$output" -maxdepth 1 -name 'checkpoint-*' ! -exec test -f {}/MANIFEST.json \; -print)
    [[ -z $partial ]] || complain "a partial checkpoint: $partial"
  done
  [[ $(result_of "$output") == "$expected" ]] || complain "run $run: another result"
  twice=$(grep -o '"step":[0-9]*' "$output/metrics.jsonl" | sort | uniq -d || true)
  [[ -z $twice ]] || complain "metrics.jsonl has twice: $twice"
  missing=$(($(wc -l <"$output/metrics.jsonl") - $(wc -l <"$work/undisturbed/metrics.jsonl")))
  ((missing == 0)) || complain "metrics.jsonl has $missing lines more than undisturbed"
done
echo "$runs runs; signals sent:$(for s in KILL TERM INT USR1; do printf ' %s %d' "$s" "${sent[$s]}"; done); $failures failures"
exit $((failures > 0))
