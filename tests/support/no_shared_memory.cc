// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// For builds without CUDA.
#include "tests/support/shared_memory.h"

void hone::test::fill_shared_memory_with_nan() {}
