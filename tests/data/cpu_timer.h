// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How long something takes, for tests that must notice quadratic time.
#pragma once

#include <ctime>

namespace hone {

// Processor time since construction: other programs on the machine do not count.
class CpuTimer {
 public:
  double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t start_ = std::clock();
};

}  // namespace hone
