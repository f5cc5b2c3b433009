#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# The quickstart's first steps give the same bytes each time, whatever the number of threads.
set -euo pipefail

finetune=$PWD/train/finetune
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/reproducible_run.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Files, not links to files elsewhere: those are refused in a model's folder.
mkdir -p "$work/repository/train"
cp -rL data "$work/repository/"
cp -rL train/examples "$work/repository/train/"
export BUILD_WORKSPACE_DIRECTORY=$work/repository BUILD_WORKING_DIRECTORY=$work

# train FOLDER THREADS PAIRS...
train() {
  local folder=$1 threads=$2
  shift 2
  HONE_THREADS=$threads "$finetune" max_steps=20 eval_on_start=false eval_strategy=no \
    evals_per_epoch= do_causal_lm_eval=false output_dir="$folder" "$@" >"$work/out" 2>&1 ||
    { cat "$work/out" >&2; exit 1; }
}
adapter() { echo "$work/$1/adapter/adapter_model.safetensors"; }

train two 2
train again 2
train one 1
train other 1 seed=43
for folder in again one; do
  cmp "$(adapter two)" "$(adapter $folder)" || { echo "FAILED: $folder" >&2; exit 1; }
done
! cmp -s "$(adapter two)" "$(adapter other)" || { echo "FAILED: another seed, the same adapter" >&2; exit 1; }
