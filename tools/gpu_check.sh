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
#     train      the main program: the quickstart three times and once killed and resumed: same bytes
#
# `run` ends with "N passed, M failed" and a status of 0 when M is 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  sed -n 's/^# \{0,1\}//; 6,13p' "${BASH_SOURCE[0]}" >&2
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
  tar -C "$staging" -cf - bin | xz --lzma2=preset=4,dict=512MiB >"$directory/gpu_check.tar.xz"
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

# train FINETUNE: what the program writes does not depend on the run, nor on being killed.
train() {
  local quickstart=("$1" train/examples/quickstart.yaml device=cuda
    save_strategy=steps save_steps=20) out i pid
  out=$(mktemp -d)
  for i in 1 2 3; do
    check "quickstart $i" "${quickstart[@]}" output_dir="$out/$i"
    tail -n 1 "$out/$i/metrics.jsonl"
    if [[ -f $out/$i/result.json ]]; then cat "$out/$i/result.json"; fi
  done
  "${quickstart[@]}" output_dir="$out/killed" >"$out/log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && ! [[ -d $out/killed/checkpoint-40 ]]; do sleep 0.1; done
  kill -KILL "$pid" || true
  wait "$pid" || true
  check "quickstart, killed and resumed" "${quickstart[@]}" output_dir="$out/killed" \
    resume_from_checkpoint=auto
  for i in 2 3 killed; do
    check "same adapter: 1 and $i" diff -r "$out/1/adapter" "$out/$i/adapter"
  done
  rm -rf "$out"
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
    *) usage ;;
  esac
  echo "$passed passed, $failed failed"
  ((failed == 0))
}

case ${1:-} in
  pack) [[ $# == 2 ]] || usage; pack "$2" ;;
  run) [[ $# == 3 ]] || usage; run "$2" "$3" ;;
  *) usage ;;
esac
