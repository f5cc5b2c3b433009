// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hone::test {

// Leaves NaNs in the GPU's shared memory, where a kernel that reads what it did not write finds
// them. Does nothing without CUDA. Errors: kDevice.
void fill_shared_memory_with_nan();

}  // namespace hone::test
