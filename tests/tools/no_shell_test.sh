#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# hone starts no program, loads no library but the GPU's and opens no connection: no program of it
# even refers to a function that could, except those that the CUDA runtime itself refers to.
#   no_shell_test.sh RUNTIME PROGRAM...
# RUNTIME: a program with nothing but the CUDA runtime in it.
set -euo pipefail

forbidden='system|popen|v?fork|clone|posix_spawnp?|f?exec(l|lp|le|v|ve|vp|vpe|veat)|dlm?open'
forbidden+='|socket|connect|bind|listen|send(to|msg)?|getaddrinfo|gethostby.*'

symbols_of() { nm --dynamic --undefined-only --format=posix "$1" | sed 's/[ @].*//' | sort -u; }

runtime=$1
shift
failures=0
for program in "$@"; do
  symbols=$(comm -23 <(symbols_of "$program") <(symbols_of "$runtime" | grep -v '^pread'))
  grep -qx 'pread64\|pread' <<<"$symbols" || { echo "$program: not a program that reads files?"; exit 1; }
  if found=$(grep -xE "$forbidden" <<<"$symbols"); then
    echo "$program refers to:" $found
    failures=$((failures + 1))
  fi
done
(($# > 0 && failures == 0))
