#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# bench_train: its runs, its table of ops, and losses that do not depend on the number of threads.
set -euo pipefail

bench=$1

fail() {
  echo "bench_train_test: $*" >&2
  exit 1
}

runs=$("$bench" --list)
expected="quickstart full
quickstart lora
quickstart qlora
wide full
wide lora
wide qlora"
[[ $runs == "$expected" ]] || fail "--list says: $runs"
"$bench" --help | grep -q -- --threads || fail "--help does not name --threads"

table=$("$bench" --model quickstart --mode lora --steps 1 --threads 1)
for word in "float32 product" "quickstart, lora" "ms/step" "tok/s" "GFLOP/s" "% of product" \
  " gemm " " attention_backward " " gated_delta_rule_forward " " grouped_lora " " adamw_step "; do
  [[ $table == *"$word"* ]] || fail "no \"$word\" in: $table"
done

losses() {
  "$bench" --model quickstart --mode "$1" --steps 2 --threads "$2" --json |
    grep -o '"loss_first": [0-9.]*, "loss_last": [0-9.]*'
}
for mode in full lora qlora; do
  one=$(losses "$mode" 1)
  [[ $one == "$(losses "$mode" 3)" ]] || fail "$mode: the losses depend on the number of threads"
done
[[ $(losses full 1) != "$(losses lora 1)" ]] || fail "full and lora end with the same loss"

model=$TEST_TMPDIR/model
"$bench" --model quickstart --save "$model"
for file in config.json model.safetensors batch.safetensors; do
  [[ -s $model/$file ]] || fail "--save did not write $file"
done

for wrong in "--model huge" "--mode none" "--threads 0" "--steps 0" "--save $model"; do
  status=0
  # shellcheck disable=SC2086
  "$bench" $wrong >"$TEST_TMPDIR/out" 2>&1 || status=$?
  [[ $status == 2 ]] || fail "$wrong: exit status $status"
done
