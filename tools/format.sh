#!/bin/bash
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
#
# Formats every C++ and CUDA file as .clang-format says; with --check only tells what would change.
# Version 14, Debian 12's: other versions break lines differently.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
[[ ${1:-} != --check ]] || mode=(--dry-run -Werror)
git ls-files -z '*.h' '*.cc' '*.cu' '*.cuh' | xargs -0 --no-run-if-empty clang-format-14 "${mode[@]}"
