#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# evaluate replaces its own earlier output, and none of its inputs.
#   evaluate_test.sh EVALUATE MODEL
set -euo pipefail
evaluate=$PWD/$1
cp -rL "$2" "$TEST_TMPDIR/model"  # a model's files may not be links
cd "$TEST_TMPDIR"
cp model/golden.safetensors batch.safetensors

run() { "$evaluate" --model model --batch batch.safetensors --out "$1" --dtype float64; }

run out.safetensors
cp out.safetensors first.safetensors
run out.safetensors
cmp first.safetensors out.safetensors

status=0
run batch.safetensors 2>message || status=$?
[[ $status == 2 ]] || { echo "exit code $status instead of 2"; exit 1; }
grep -q 'is an input of this run' message
cmp model/golden.safetensors batch.safetensors

# A limit on the size of files is a disk error like any other.
status=0
(ulimit -f 1 && run out.safetensors 2>message) || status=$?
[[ $status == 8 ]] || { echo "exit code $status instead of 8"; exit 1; }
grep -q '(ulimit -f)' message
cmp first.safetensors out.safetensors
