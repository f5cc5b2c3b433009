#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Joins objects compiled for one instruction set into one that shows only that set's kernels.
#
#   isolate_isa.sh LD OBJCOPY OBJDUMP LEVEL OUTPUT OBJECT...
#
# An inline function of a shared header (a std::vector member, say) is a weak symbol in every object
# that uses it, and the linker keeps any one copy for the whole program. Were that the AVX-512 copy,
# the program would crash on a machine without AVX-512, outside any kernel. So all symbols become
# local to the joined object, save those whose mangled name has the template argument
# hone::kernels::Isa LEVEL: only kernels chosen at run time call those.
set -euo pipefail

ld=$1 objcopy=$2 objdump=$3 level=$4 output=$5
shift 5

joined=$output.joined
trap 'rm -f "$joined"' EXIT

# Groups are what ties weak copies in different objects together: dissolve them.
"$ld" -r --force-group-allocation -o "$joined" "$@"

# A sanitizer's build registers its globals at start, and keeps initialisers that an optimised build
# has no need of (Eigen's, for one). It runs on the machine it was built on: let it.
symbols=$("$objdump" -t "$joined")
sections=$("$objdump" -h "$joined")
if ! grep -qE '__(asan|tsan|ubsan)_' <<<"$symbols" &&
  grep -qE '[[:space:]]\.(init_array|ctors)[[:space:]]' <<<"$sections"; then
  echo "error: these CPU kernels have static initialisers, which would run with the instructions of" \
    "x86-64-v$level on every machine. Use constexpr or function-local variables, and do not include" \
    "<iostream>. Compiled from: $*" >&2
  exit 1
fi

"$objcopy" -w --keep-global-symbol="*3IsaE${level}E*" "$joined" "$output"
