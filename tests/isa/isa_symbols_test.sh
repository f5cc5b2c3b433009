#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# What the cpu_kernels rule promises, seen from the linker:
#
#   isa_symbols_test.sh ARCHIVE...
#
# In every archive, the object of level N defines no symbol for others but those with the template
# argument Isa N, and it defines at least one.
set -euo pipefail

checked=0
failures=0

# check_object DESCRIPTION FILE LEVEL
check_object() {
  local visible stray
  visible=$(nm --extern-only --defined-only --format=posix "$2" | cut -d' ' -f1)
  if ! grep -q "3IsaE$3E" <<<"$visible"; then
    echo "$1 defines no kernel of level $3"
    failures=$((failures + 1))
  fi
  if stray=$(grep -v "3IsaE$3E" <<<"$visible"); then
    echo "$1 is compiled for level $3 but defines for the whole program:"
    c++filt <<<"$stray" | head -20
    failures=$((failures + 1))
  fi
  checked=$((checked + 1))
}

for archive in "$@"; do
  members=$(ar t "$archive")
  for member in $members; do
    level=${member##*_v}
    ar p "$archive" "$member" >"$TEST_TMPDIR/$member"
    check_object "$archive($member)" "$TEST_TMPDIR/$member" "${level%%.*}"
  done
done
echo "$checked objects, $failures failures"
((checked > 0 && failures == 0))
