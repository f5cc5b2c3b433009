#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# The program itself: arguments, paths, exit codes, what it prints where.
set -euo pipefail

finetune=$PWD/train/finetune
repository=$PWD
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/finetune.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# expect STATUS PATTERN COMMAND...: the exit status, and what standard error has in it ("" for
# nothing at all).
expect() {
  local status=0 wanted=$1 pattern=$2
  shift 2
  "$@" >"$work/out" 2>"$work/err" || status=$?
  if ((status != wanted)) || { [[ -n $pattern ]] && ! grep -q -- "$pattern" "$work/err"; } ||
    { [[ -z $pattern && -s $work/err ]]; }; then
    echo "FAILED: $*: status $status, expected $wanted with '$pattern'" >&2
    cat "$work/out" "$work/err" >&2
    failures=$((failures + 1))
  fi
}

# says PATTERN: the last command's standard output has it.
says() {
  grep -q -- "$1" "$work/out" || { echo "FAILED: no '$1' in the output" >&2; failures=$((failures + 1)); }
}

exists() {
  [[ -e $1 ]] || { echo "FAILED: $1 does not exist" >&2; failures=$((failures + 1)); }
}

expect 0 "" "$finetune" --help
says "usage: finetune"
expect 2 "error: .*unknown option" "$finetune" --fast
expect 2 "error: .*does not exist" "$finetune" none.yaml
expect 2 "learning_rate" "$finetune" train/examples/quickstart.yaml learning_rat=1

# A path on the command line is relative to where the user stands; the example's own paths are
# found from the repository.
mkdir "$work/user"
printf '{"question": "a?", "answer": "b"}\n{"question": "c?", "answer": "d"}\n' >"$work/user/rows.jsonl"
export BUILD_WORKING_DIRECTORY=$work/user BUILD_WORKSPACE_DIRECTORY=$repository
expect 0 "" "$finetune" "$repository/train/examples/gsm8k.yaml" datasets.0.path=rows.jsonl \
  max_steps=2 sequence_len=64 output_dir=run
says "step 2/2  loss "
exists "$work/user/run/metrics.jsonl"
exists "$work/user/run/adapter/adapter_model.safetensors"

# Without output_dir it is outputs/<time> there.
expect 0 "" "$finetune" "$repository/train/examples/quickstart.yaml" max_steps=1
exists "$(echo "$work"/user/outputs/*/model/model.safetensors)"

printf '{"question": "a?", "answer": "b"}\n{"question": 1}\n' >"$work/user/bad.jsonl"
expect 3 "bad.jsonl:2: " "$finetune" "$repository/train/examples/gsm8k.yaml" \
  datasets.0.path=bad.jsonl output_dir=bad
expect 6 "error: step [0-9]*: the .* is -*\(nan\|inf\)" "$finetune" \
  "$repository/train/examples/quickstart.yaml" learning_rate=1e30 max_steps=10 output_dir=diverged

exit $((failures > 0))
