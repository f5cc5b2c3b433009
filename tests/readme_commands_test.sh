#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs every command of README.md and train/README.md: the lines of their ```sh blocks, in order, in
# a folder that looks like a clone after a build. tools/bazel stands for itself there: `build` checks
# that the program is there, `run` starts it, and `test` is what is happening anyway.
set -euo pipefail

repository=$PWD
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/readme.XXXXXX")
trap 'rm -rf "$work"' EXIT
clone=$work/clone
mkdir -p "$clone/tools" "$clone/train" "$clone/bazel-bin/train" "$clone/bazel-bin/tools"
# Files, not links to files elsewhere: those are refused in a model's folder.
cp -rL "$repository/data" "$clone/"
cp -rL "$repository/train/examples" "$repository/train/README.md" "$clone/train/"
ln -s "$repository/train/finetune" "$clone/bazel-bin/train/finetune"
ln -s "$repository/tools/generate" "$repository/tools/evaluate" "$clone/bazel-bin/tools/"

cat >"$clone/tools/bazel" <<'BAZEL'
#!/bin/bash
set -euo pipefail
program_of() {
  case $1 in
    //train:finetune | //tools:generate | //tools:evaluate | //tools:merge) echo "$REPOSITORY/${1:2}" | tr : / ;;
    //tests:readme_loop) echo "$REPOSITORY/tests/readme_loop" ;;
    *) echo "readme_commands_test: no program $1" >&2; exit 2 ;;
  esac
}
verb=$1
shift
case $verb in
  build) for label in "$@"; do [[ -x $(program_of "$label") ]]; done ;;
  run)
    program=$(program_of "$1")
    shift
    [[ ${1:-} != -- ]] || shift
    export BUILD_WORKING_DIRECTORY=$PWD BUILD_WORKSPACE_DIRECTORY=$CLONE
    exec "$program" "$@"
    ;;
  test) [[ $* == //... ]] ;;
  *) exit 2 ;;
esac
BAZEL
chmod +x "$clone/tools/bazel"
export REPOSITORY=$repository CLONE=$clone

# What the reader has: a model, rows.
mkdir "$clone/MODEL"
cp -L "$repository"/data/quickstart/base/* "$clone/MODEL/"
head -40 "$repository/data/quickstart/train.jsonl" >"$clone/rows.jsonl"

failures=0
commands=0
# The commands of a file: backslashes join lines, comments go.
commands_of() {
  awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$1" |
    sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' -e 's/ *# .*$//' | grep -v '^$'
}
for readme in README.md train/README.md; do
  while IFS= read -r command; do
    commands=$((commands + 1))
    echo "\$ $command"
    (cd "$clone" && bash -c "set -euo pipefail; $command" </dev/null) >"$work/out" 2>&1 || {
      echo "FAILED in $readme: $command" >&2
      cat "$work/out" >&2
      failures=$((failures + 1))
    }
    [[ $command != "tools/bazel run //train:finetune" ]] || cp "$work/out" "$work/quickstart"
  done < <(commands_of "$readme")
done
((commands >= 8)) || { echo "FAILED: only $commands commands found" >&2; failures=$((failures + 1)); }

# The quickstart has learned its task, and its summary's own suggestion works.
result=$(echo "$clone"/outputs/*/result.json | tr ' ' '\n' | head -1)
cat "$result"
awk -F '[:,]' '{gsub(/[" {}]/, "", $1); value[$1] = $2}
  END {
    memory = value["peak_memory_bytes"] / value["predicted_memory_bytes"]
    exit !(value["exact_match_before"] < 0.1 && value["exact_match_after"] >= 0.8 &&
           value["rows"] >= 200 && memory > 0.95 && memory < 1.02)
  }' "$result" || { echo "FAILED: the result of the quickstart" >&2; failures=$((failures + 1)); }
next=$(sed -n 's/^next  *//p' "$work/quickstart" | head -1)
answer=$(cd "$clone" && bash -c "$next" </dev/null 2>/dev/null) || failures=$((failures + 1))
echo "\$ $next"
echo "$answer"
grep -qF -- "after   $answer" "$work/quickstart" || {
  echo "FAILED: the suggested command gives '$answer', not the answer shown" >&2
  failures=$((failures + 1))
}
exit $((failures > 0))
