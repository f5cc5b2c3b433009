// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hone::kernels {

// The parts of d that cover n >= 0.
constexpr int64_t ceil_div(int64_t n, int64_t d) { return (n + d - 1) / d; }

}  // namespace hone::kernels
