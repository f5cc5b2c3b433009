#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Checks the CUDA kernels on a machine that has a GPU but no Bazel:
#
#   tools/gpu_check.sh pack DIR       where Bazel is: builds the programs and packs them into DIR
#   tools/gpu_check.sh run DIR WHAT   where the GPU is, in a copy of the repository:
#     tests      the CUDA cases of the tests of kernels and of generation: CUDA against the CPU
#     sanitize   the CUDA cases under compute-sanitizer: memcheck, racecheck, synccheck, initcheck
#     train      the main program: three runs, and one killed and resumed, write the same bytes: the
#                quickstart; 50 steps of Qwen3.5-0.8B with LoRA and of four layers of Qwen3.5-35B-A3B
#                with QLoRA. Losses of the quickstart on the GPU and on the CPU, in f32, within 1 %
#     goldens D  evaluate --device cuda against the golden files of .ci/goldens D
#
# `run` ends with "N passed, M failed" and a status of 0 when M is 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  sed -n 's/^# \{0,1\}//; 6,18p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

pack() {
  local directory=$1 staging binary name
  mapfile -t tests < <(tools/bazel query --noshow_progress \
    'kind(cc_test, //tests/kernels/... + //tests/train:gpu_training_test + //tests/train:memory_plan_test)' 2>/dev/null)
  tests+=(//tests/models:decode_session_test //tests/models:generation_test)
  local targets=("${tests[@]}" //tools:bench_kernels //tools:bench_train //tools:evaluate
    //tools:generate //train:finetune)
  tools/bazel build --noshow_progress --color=no "${targets[@]}"
  staging=$(mktemp -d)
  trap 'rm -rf "$staging"' RETURN
  mkdir -p "$staging/bin" "$directory"
  for name in "${targets[@]}"; do
    binary=bazel-bin/${name#//}
    strip -o "$staging/bin/$(basename "${binary/:/\/}")" "${binary/:/\/}"
  done
  # The programs share most of their code: a dictionary larger than one finds it again.
  tar -C "$staging" -cf - bin | xz --lzma2=preset=1,dict=512MiB >"$directory/gpu_check.tar.xz"
  du -h "$directory/gpu_check.tar.xz"
}

has_cuda_cases() { grep -q '^cuda:' <<<"$("$1" --test-case='cuda:*' --list-test-cases)"; }

passed=0
failed=0

# check NAME COMMAND...: one thing that passes or fails; its output is shown when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok: $name: $(grep -oE 'assertions: *[0-9]+|ERROR SUMMARY: [0-9]+ errors' <<<"$output" | tail -1)"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s: %s\n%s\n' "$name" "$*" "$(tail -40 <<<"$output")"
  fi
}

# repeatable NAME SAVE_STEPS COMMAND...: what the program writes does not depend on the run, nor on
# being killed after the second checkpoint. Leaves the runs in $out/1, 2, 3 and killed.
repeatable() {
  local name=$1 save_steps=$2 i pid
  shift 2
  rm -rf "${out:?}"/*
  for i in 1 2 3; do
    check "$name, run $i" "$@" output_dir="$out/$i"
    tail -n 1 "$out/$i/metrics.jsonl"
    if [[ -f $out/$i/result.json ]]; then cat "$out/$i/result.json"; fi
  done
  local killed=("$@" save_strategy=steps "save_steps=$save_steps" output_dir="$out/killed")
  "${killed[@]}" >"$out/log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && ! [[ -d $out/killed/checkpoint-$((2 * save_steps)) ]]; do sleep 0.1; done
  kill -KILL "$pid" || true
  wait "$pid" || true
  check "$name, killed and resumed" "${killed[@]}" resume_from_checkpoint=auto
  for i in 2 3 killed; do
    check "$name: the adapters of 1 and $i are the same" diff -r "$out/1/adapter" "$out/$i/adapter"
  done
}

# near METRICS METRICS: the losses of all steps differ by at most 1 %.
near() {
  python3 - "$@" <<'PYTHON'
import json, sys
a, b = ([json.loads(line)["loss"] for line in open(path) if '"loss"' in line] for path in sys.argv[1:])
worst = max(abs(x - y) / abs(y) for x, y in zip(a, b))
print(f"{len(a)} and {len(b)} losses, at most {100 * worst:.3f} % apart")
sys.exit(not (len(a) == len(b) > 0 and worst <= 0.01))
PYTHON
}

# train FINETUNE
train() {
  local finetune=$1 out rows=data/quickstart/train.jsonl
  out=$(mktemp -d)
  local quickstart=("$finetune" train/examples/quickstart.yaml)
  check "quickstart on the CPU" "${quickstart[@]}" device=cpu bf16=false output_dir="$out/cpu"
  mv "$out/cpu/metrics.jsonl" "$out.cpu"
  check "quickstart in f32" "${quickstart[@]}" device=cuda bf16=false output_dir="$out/f32"
  check "losses of CPU and GPU" near "$out/f32/metrics.jsonl" "$out.cpu"
  near "$out/f32/metrics.jsonl" "$out.cpu" || true
  repeatable "quickstart" 20 "${quickstart[@]}" device=cuda
  local random=("$finetune" tokenizer_config=data/quickstart "datasets.0.path=$rows"
    datasets.0.type=question_answer sample_packing=true lora_r=16 lora_alpha=32
    lora_target_linear=true learning_rate=1e-4 max_steps=50 device=cuda bf16=true)
  repeatable "Qwen3.5-0.8B" 15 "${random[@]}" base_model=random:Qwen3.5-0.8B adapter=lora \
    sequence_len=2048 micro_batch_size=2
  repeatable "4 layers of Qwen3.5-35B-A3B" 15 "${random[@]}" base_model=random:tools/gpu_check_model \
    adapter=qlora load_in_4bit=true sequence_len=2048 micro_batch_size=2 \
    "lora_target_parameters=[mlp.experts.gate_up_proj, mlp.experts.down_proj]"
  rm -rf "$out" "$out.cpu"
}

run() {
  local bin what=$2 test tool
  bin=$(mktemp -d)
  trap 'rm -rf "$bin"' RETURN
  xz -dc "$1/gpu_check.tar.xz" | tar -C "$bin" -xf - --strip-components=1
  export DEVICE=cuda
  case $what in
    tests)
      for test in "$bin"/*_test; do
        has_cuda_cases "$test" || continue
        check "$(basename "$test")" "$test" --test-case='cuda:*'
      done
      ;;
    sanitize)
      for tool in memcheck racecheck synccheck initcheck; do
        for test in "$bin"/*_test; do
          has_cuda_cases "$test" || continue
          check "$tool $(basename "$test")" compute-sanitizer --tool "$tool" --error-exitcode 1 \
            "$test" --test-case='cuda:*'
        done
      done
      ;;
    train) train "$bin/finetune" ;;
    goldens)
      EVALUATE="$bin/evaluate --device cuda" .ci/goldens "$3"
      return
      ;;
    *) usage ;;
  esac
  echo "$passed passed, $failed failed"
  ((failed == 0))
}

case ${1:-} in
  pack) [[ $# == 2 ]] || usage; pack "$2" ;;
  run) [[ $# == 3 || ($# == 4 && $3 == goldens) ]] || usage; run "${@:2}" ;;
  *) usage ;;
esac
