#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Fuzzes the parsers: tools/fuzz.sh [SECONDS [TARGET...]]
#
# Builds the libFuzzer programs of tests/fuzz (all, or those named) with clang, AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs each for SECONDS (60) at low priority, starting from its
# corpus. Prints per target: executions, executions per second, code edges covered, findings.
#
# A finding is left in $FUZZ_OUT/findings (a new folder in /tmp otherwise). Make it a file of the
# corpus together with the fix. Inputs that reach new code are left in $FUZZ_OUT/<target>; take the
# smallest set of them into the corpus with: <program> -merge=1 CORPUS NEW
#
# Needs the Debian packages clang-19 and libclang-rt-19-dev (older ones lack parts of C++20).
# An input that takes more than 5 s of processor time is a finding, and so is one after which nothing
# happens for FUZZ_TIMEOUT (60) seconds. The exit status is 1 when anything was found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
targets=("$@")
if ((${#targets[@]} == 0)); then
  mapfile -t targets < <(sed -nE 's/^ +name = "([a-z_]+_fuzz)",$/\1/p' tests/fuzz/BUILD)
fi
command -v clang-19 >/dev/null || {
  echo "fuzz.sh: needs clang: apt-get install --yes --no-install-recommends clang-19 libclang-rt-19-dev" >&2
  exit 2
}

out=${FUZZ_OUT:-$(mktemp -d --tmpdir hone_fuzz.XXXXXX)}
mkdir -p "$out/programs" "$out/findings"
labels=("${targets[@]/#///tests/fuzz:}")
tools/bazel build --config=fuzz --noshow_progress "${labels[@]}"
# Copies: the next build with other flags replaces bazel-bin.
for target in "${targets[@]}"; do cp -f "bazel-bin/tests/fuzz/$target" "$out/programs/"; done

status=0
for target in "${targets[@]}"; do
  mkdir -p "$out/$target"
  rule=$(tools/bazel query --noshow_progress --output=build "//tests/fuzz:$target" 2>/dev/null)
  max_len=$(sed -nE 's/.*"max_len=([0-9]+)".*/\1/p' <<<"$rule")
  mapfile -t seeds < <(grep -oE '"seeds=[^"]+' <<<"$rule" | cut -d= -f2)
  found=0
  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 nice -n 19 "$out/programs/$target" \
    "$out/$target" "tests/fuzz/corpus/$target" "${seeds[@]}" -dict="tests/fuzz/dictionaries/$target.dict" \
    -max_len="$max_len" -max_total_time="$seconds" -timeout="${FUZZ_TIMEOUT:-60}" \
    -rss_limit_mb=512 -print_final_stats=1 \
    -artifact_prefix="$out/findings/$target-" >"$out/$target.log" 2>&1 || found=$?
  stat() { sed -nE "s/^stat::$1: +([0-9]+)/\1/p" "$out/$target.log" | tail -1 || true; }
  edges=$(grep -oE 'cov: [0-9]+' "$out/$target.log" | tail -1 || true)
  echo "$target: $(stat number_of_executed_units) executions in $seconds s," \
    "$(stat average_exec_per_sec)/s, ${edges:-cov: ?}, $(stat new_units_added) new inputs," \
    "peak $(stat peak_rss_mb) MB: $( ((found == 0)) && echo "nothing found" || echo "FOUND, see $out/$target.log")"
  ((found == 0)) || status=1
done
echo "fuzz.sh: in $out"
exit $status
