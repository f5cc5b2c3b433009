#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# hone starts no program, loads no library and opens no connection: no program of it even refers to
# a function that could.
#   no_shell_test.sh PROGRAM...
set -euo pipefail

forbidden='system|popen|v?fork|clone|posix_spawnp?|f?exec(l|lp|le|v|ve|vp|vpe|veat)|dlm?open'
forbidden+='|socket|connect|bind|listen|send(to|msg)?|getaddrinfo|gethostby.*'

failures=0
for program in "$@"; do
  symbols=$(nm --dynamic --undefined-only --format=posix "$program" | sed 's/[ @].*//')
  grep -qx 'pread64\|pread' <<<"$symbols" || { echo "$program: not a program that reads files?"; exit 1; }
  if found=$(grep -xE "$forbidden" <<<"$symbols"); then
    echo "$program refers to:" $found
    failures=$((failures + 1))
  fi
done
(($# > 0 && failures == 0))
