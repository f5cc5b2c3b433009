#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# The program itself: arguments, paths, exit codes, what it prints where.
set -euo pipefail

finetune=$PWD/train/finetune
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/finetune.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0
# Files, not links to files elsewhere: those are refused in a model's folder.
repository=$work/repository
mkdir -p "$repository/train"
cp -rL data "$repository/"
cp -rL train/examples "$repository/train/"

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
expect 0 "" "$finetune" explain lora_rank
says "type      an integer of at least 1"
expect 0 "" "$finetune" explain
says "sequence_len"
expect 2 "did you mean 'lora_r'" "$finetune" explain lora_rr
expect 2 "error: .*unknown option" "$finetune" --fast
expect 2 "unknown option '--memory-cp=1GiB'; did you mean '--memory-cap'?" "$finetune" --memory-cp=1GiB
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
exists "$work/user/run/plan.json"
says "predicted for the peak: "
says "(predicted "

# The resolved configuration is one, and gives the same adapter.
expect 0 "" "$finetune" "$work/user/run/config.resolved.yaml" output_dir=again
cmp "$work/user/run/adapter/adapter_model.safetensors" \
  "$work/user/again/adapter/adapter_model.safetensors" || failures=$((failures + 1))

# A dry run trains nothing, shows a row and writes the plan.
expect 0 "" "$finetune" "$repository/train/examples/gsm8k.yaml" datasets.0.path=rows.jsonl \
  sequence_len=64 output_dir=dry --dry-run
says "trained parameters: modules x parameters"
says "a?.*"
says "\[\[b"
says "dry run: nothing was trained"
exists "$work/user/dry/plan.json"
[[ ! -e $work/user/dry/adapter && ! -e $work/user/dry/metrics.jsonl ]] || failures=$((failures + 1))

# Without a configuration it is the quickstart's.
expect 0 "" "$finetune" --dry-run
says "dry run: nothing was trained"

expect 0 "" "$finetune" seed=7 device=cpu output_dir=changed --dry-run
says "data/quickstart/train.jsonl: 2,400 rows"
says "^seed     7$"
says "^output   .*/user/changed$"
expect 2 "learning_rate" "$finetune" seed=7 learning_rat=1 --dry-run
expect 2 "learning_rate: required" "$finetune" base_model=random:quickstart --dry-run

expect 2 "command line argument 2, --memory-cap: memory_limit: expected an amount" "$finetune" \
  seed=7 --memory-cap=abc --dry-run

# A target that the model lacks stands where it was given, beside what may have been meant.
printf '%s\n' "base_model: random:quickstart" "tokenizer_config: data/quickstart" "learning_rate: 1e-3" \
  "datasets: [{path: rows.jsonl}]" "adapter: lora" "lora_target_modules: [q_proj, o_porj]" >"$work/user/lora.yaml"
expect 2 "lora.yaml:6:31: lora_target_modules: LoRA target \"o_porj\" .*; did you mean 'o_proj'? there are " \
  "$finetune" lora.yaml output_dir=lora --dry-run
expect 2 "command line argument 2: lora_target_parameters: LoRA target \"mlp.experts.down_prj\" .*'experts.down_proj'\|mlp.experts.down_proj'" \
  "$finetune" lora.yaml "lora_target_parameters=[mlp.experts.down_prj]" "lora_target_modules=[q_proj]" output_dir=lora --dry-run

# Memory: predicted before anything is loaded.
expect 5 "memory: the run needs .* memory_limit is 1.0 MiB; nothing was loaded" "$finetune" \
  "$repository/train/examples/gsm8k.yaml" datasets.0.path=rows.jsonl output_dir=large \
  --memory-cap=1MiB
expect 5 "micro_batch_size: 1 .*saves " "$finetune" "$repository/train/examples/gsm8k.yaml" \
  datasets.0.path=rows.jsonl output_dir=large --memory-cap=1MiB
expect 0 "" "$finetune" "$repository/train/examples/gsm8k.yaml" datasets.0.path=rows.jsonl \
  output_dir=large --memory-cap=1MiB --dry-run
says "this does not fit: memory_limit is 1.0 MiB"
expect 4 "error: " "$finetune" "$repository/train/examples/quickstart.yaml" \
  tokenizer_config="$work/user" output_dir=none

# Without output_dir it is outputs/<time> there.
expect 0 "" "$finetune" "$repository/train/examples/quickstart.yaml" max_steps=1
exists "$(echo "$work"/user/outputs/*/adapter/adapter_model.safetensors)"
exists "$(echo "$work"/user/outputs/*/result.json)"
exists "$(echo "$work"/user/outputs/*/result.svg)"

printf '{"question": "a?", "answer": "b"}\n{"question": 1}\n' >"$work/user/bad.jsonl"
expect 3 "bad.jsonl:2:14: " "$finetune" "$repository/train/examples/gsm8k.yaml" \
  datasets.0.path=bad.jsonl output_dir=bad
expect 6 "error: step [0-9]*: the .* is -*\(nan\|inf\)" "$finetune" \
  "$repository/train/examples/quickstart.yaml" learning_rate=1e30 max_steps=10 eval_on_start=false \
  output_dir=diverged

# A run that is stopped and resumed ends like one that is not; meanwhile nobody else gets the folder.
short=("$finetune" "$repository/train/examples/gsm8k.yaml" datasets.0.path=rows.jsonl sequence_len=64
  gradient_accumulation_steps=2 micro_batch_size=1)
expect 0 "" "${short[@]}" max_steps=300 output_dir=whole
"${short[@]}" max_steps=300 output_dir=stopped >"$work/stopped" 2>&1 &
pid=$!
until grep -q "step 3/" "$work/stopped" || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
expect 2 "process $pid is training into this folder" "${short[@]}" output_dir=stopped
kill -s TERM "$pid"
status=0
wait "$pid" || status=$?
((status == 143)) || { echo "FAILED: SIGTERM: status $status" >&2; failures=$((failures + 1)); }
grep -q "stopped  by SIGTERM after " "$work/stopped" || { cat "$work/stopped" >&2; failures=$((failures + 1)); }
expect 2 "seed: 42 in the checkpoint, now 7" "${short[@]}" max_steps=300 output_dir=stopped \
  resume_from_checkpoint=auto seed=7
expect 0 "" "${short[@]}" max_steps=300 output_dir=stopped resume_from_checkpoint=auto
says "resumed  from .*/stopped/checkpoint-"
cmp "$work"/user/{whole,stopped}/adapter/adapter_model.safetensors || failures=$((failures + 1))
expect 0 "" "${short[@]}" max_steps=300 output_dir=stopped resume_from_checkpoint=auto
says "nothing to do"

exit $((failures > 0))
