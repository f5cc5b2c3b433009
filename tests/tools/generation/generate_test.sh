#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# The program itself: arguments, exit codes, what it prints where.
set -euo pipefail

generate=$PWD/tools/generate
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/generate.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0
n=0
# A model made of links is refused, and links are what Bazel gives tests.
golden=$(dirname "$(realpath tests/goldens/models/qwen3_5_moe/config.json)")
tokenizer=$PWD/data/quickstart/tokenizer.json
model=(--model random:quickstart --tokenizer "$tokenizer" --max-new-tokens 12)

fail() {
  echo "FAILED: $1" >&2
  cat "$work/out" "$work/err" >&2
  failures=$((failures + 1))
}

# expect STATUS PATTERN ARGUMENTS...: the exit status, and what standard error has in it.
expect() {
  local status=0 wanted=$1 pattern=$2
  shift 2
  "$generate" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
  ((status == wanted)) || fail "$*: status $status, expected $wanted"
  grep -q -- "$pattern" "$work/err" || fail "$*: no '$pattern' on standard error"
}
says() { grep -q -- "$1" "$work/out" || fail "no '$1' in the output"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

expect 2 "--model is required" --prompt x
expect 2 "unknown option '--temprature'; did you mean '--temperature'?" "${model[@]}" --temprature 1
expect 2 "unknown option '--xyzzy'; --help lists all" "${model[@]}" --xyzzy
expect 2 "no prompt" "${model[@]}"
expect 2 "has no tokenizer" --model random:quickstart --prompt x
expect 2 "there is no preset" --model random:none --tokenizer "$tokenizer" --prompt x
expect 2 "prompt 2: the prompt is empty" "${model[@]}" --prompt x --prompt ""
expect 2 "top_p is 0" "${model[@]}" --prompt x --top-p 0
expect 2 "max_new_tokens is 0" "${model[@]:0:4}" --prompt x --max-new-tokens 0
expect 3 "none.txt" "${model[@]}" --prompts none.txt
expect 4 "the tokenizer has ids up to" --model "$golden" --tokenizer "$tokenizer" --prompt x
expect 4 "none" --model none --prompt x
expect 4 "adapter" "${model[@]}" --adapter "$golden/adapter" --prompt x
expect 8 "no-folder" "${model[@]}" --prompt x --out no-folder/answers.jsonl

# One prompt: its text; the figures go to standard error.
expect 0 "wrote 11 tokens in .* tokens/s" "${model[@]}" --prompt "She sells" --ignore-eos
cp "$work/out" "$work/one"
expect 0 "" "${model[@]}" --prompt "She sells" --ignore-eos --load-in-4bit nf4
[[ -s $work/out ]] || fail "4-bit weights wrote nothing"

# Several prompts: an object each, in their order, and the same text as alone.
printf 'She sells\nsea\nshells by the shore' >"$work/prompts.txt"
expect 0 "read " "${model[@]}" --prompts "$work/prompts.txt" --ignore-eos --batch-size 2
[[ $(wc -l <"$work/out") == 3 ]] || fail "not three answers"
cp "$work/out" "$work/three"
says '^{"index":0,"prompt":"She sells","text":"'
says '"tokens":12,"finish_reason":"length"}'
expect 0 "" "${model[@]}" --prompt "She sells" --prompt other --ignore-eos
sed -n 1p "$work/out" >"$work/first"
sed -n 1p "$work/three" >"$work/expected"
same "$work/first" "$work/expected"
expect 0 "" "${model[@]}" --prompts "$work/prompts.txt" --ignore-eos --out "$work/answers.jsonl"
same "$work/answers.jsonl" "$work/three"

# Seeds.
for seed in 1 1 2; do
  expect 0 "" "${model[@]}" --prompt x --temperature 1 --seed $seed --ignore-eos
  cp "$work/out" "$work/seed.$((++n))"
done
same "$work/seed.1" "$work/seed.2"
! cmp -s "$work/seed.1" "$work/seed.3" || fail "two seeds, one text"

# Conversations: in a file, of a prompt, and line by line.
echo '{"messages": [{"role": "user", "content": "Hello"}]}' >"$work/chat.jsonl"
expect 0 "" "${model[@]}" --prompts "$work/chat.jsonl" --out "$work/a.jsonl"
expect 0 "" "${model[@]}" --chat --prompt Hello --out "$work/b.jsonl"
same "$work/a.jsonl" "$work/b.jsonl"
expect 0 "" "${model[@]}" --chat --prompt Hello --chat-template chatml --out "$work/c.jsonl"
expect 2 "no built-in template \"none\"" "${model[@]}" --chat --prompt x --chat-template none
expect 2 "none.jinja" "${model[@]}" --chat --prompt x --chat-template none.jinja
printf 'Hello\n\nAnd you?\n' | "$generate" "${model[@]}" --chat >"$work/out" 2>"$work/err" ||
  fail "a conversation from a pipe"
[[ $(wc -l <"$work/out") -ge 2 ]] || fail "not two answers"

# What a run changed of its tokenizer's folder needs no option: its result carries it.
echo '{"question": "Hello", "answer": "Hi"}' >"$work/rows.jsonl"
train=("$PWD/train/finetune" base_model=random:quickstart tokenizer_config="$PWD/data/quickstart"
  datasets.0.path="$work/rows.jsonl" learning_rate=1e-3 max_steps=1 chat_template=chatml
  "special_tokens.eos_token=<|endoftext|>")
ask=(--chat --prompt Hello --max-new-tokens 8)
"${train[@]}" adapter=lora lora_target_linear=true output_dir="$work/lora" >"$work/out" 2>"$work/err" ||
  fail "training an adapter"
"${train[@]}" output_dir="$work/full" >"$work/out" 2>"$work/err" || fail "training a model"
adapter=(--model random:quickstart --adapter "$work/lora/adapter")
expect 0 "read 17 tokens" "${adapter[@]}" "${ask[@]}" --out "$work/d.jsonl"
expect 0 "read 17 tokens" "${adapter[@]}" --tokenizer "$tokenizer" "${ask[@]}" --chat-template chatml \
  --out "$work/e.jsonl"
same "$work/d.jsonl" "$work/e.jsonl"
expect 0 "read 23 tokens" "${adapter[@]}" --tokenizer "$tokenizer" "${ask[@]}"
expect 0 "read 17 tokens" --model "$work/full/model" "${ask[@]}" --out "$work/f.jsonl"
expect 0 "read 17 tokens" --model "$work/full/model" "${ask[@]}" --chat-template chatml --out "$work/g.jsonl"
same "$work/f.jsonl" "$work/g.jsonl"
for result in lora/adapter full/model; do
  grep -q '"eos_token": "<|endoftext|>"' "$work/$result/tokenizer_config.json" || fail "no eos_token"
  grep -q eos_token_id "$work/$result/generation_config.json" || fail "no eos_token_id"
done

((failures == 0)) || exit 1
