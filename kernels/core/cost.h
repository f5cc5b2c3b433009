// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hone::kernels {

// What an op must do at least: device-memory traffic with each operand moved once, and
// floating-point operations. Declared beside each op, so that the comment, the benchmark and the
// memory plan state the same numbers.
struct Cost {
  double bytes = 0;
  double flops = 0;
};

}  // namespace hone::kernels
