#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# The merge program: what it writes, what it says about it, and that it does not say "done" for nothing.
#   merge_test.sh MERGE MODEL
set -euo pipefail
merge=$PWD/$1
cp -rL "$2" "$TEST_TMPDIR/model"  # a model's files may not be links
chmod -R u+w "$TEST_TMPDIR/model"
golden=$TEST_TMPDIR/model
out=$TEST_TMPDIR/merged

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

text=$("$merge" --model "$golden" --adapter "$golden/adapter" --out "$out") || fail "exit $?"
[[ $text == *"written  $out"* && $text == *"done     load it like any model"* ]] || fail "$text"
[[ -f $out/model.safetensors && -f $out/config.json ]] || fail "no model in $out"

# In small files, from a base in 4 bits.
"$merge" --model "$golden" --adapter "$golden/adapter" --out "$out-nf4" --load-in-4bit nf4 \
  --shard-size 0.00001 >"$TEST_TMPDIR/text" || fail "nf4: exit $?"
[[ -f $out-nf4/model.safetensors.index.json ]] || fail "no shards in $out-nf4"

# An adapter that computes nothing finite is not done.
cp -r "$golden/adapter" "$TEST_TMPDIR/broken"
# All bytes after the header become NaN.
size=$(stat -c %s "$TEST_TMPDIR/broken/adapter_model.safetensors")
header=$(od -An -tu8 -N8 "$TEST_TMPDIR/broken/adapter_model.safetensors" | tr -d ' ')
head -c $((size - 8 - header)) /dev/zero | tr '\0' '\377' |
  dd of="$TEST_TMPDIR/broken/adapter_model.safetensors" bs=1 seek=$((8 + header)) conv=notrunc status=none
code=0
"$merge" --model "$golden" --adapter "$TEST_TMPDIR/broken" --out "$out-broken" \
  >"$TEST_TMPDIR/text" 2>&1 || code=$?
[[ $code == 4 ]] || fail "a broken adapter: exit $code, $(cat "$TEST_TMPDIR/text")"
grep -q "does not compute what base and adapter do" "$TEST_TMPDIR/text" || fail "$(cat "$TEST_TMPDIR/text")"
! grep -q "^done" "$TEST_TMPDIR/text" || fail "says done: $(cat "$TEST_TMPDIR/text")"

code=0
"$merge" --model "$golden" --adapter "$golden/adapter" --out "$golden" >/dev/null 2>&1 || code=$?
[[ $code == 2 ]] || fail "over its input: exit $code"
