// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How much a template may do: nothing that it contains can hang the program or fill its memory.
#pragma once

#include <cstdint>
#include <string>

#include "data/jinja_value.h"

namespace hone::jinja {

inline constexpr int64_t kMaxSteps = 10'000'000;
inline constexpr int64_t kMaxOutputBytes = int64_t{64} << 20;  // of the text, and of any string
inline constexpr int64_t kMaxRange = 100'000;  // elements, as Jinja's sandbox has it
inline constexpr int kMaxCallDepth = 200;      // macros in macros

class Budget {
 public:
  // Evaluating an expression, running a statement, touching an element: one step each.
  void spend(int64_t steps) {
    steps_ += steps;
    if (steps_ > kMaxSteps || steps < 0)
      throw Problem("the template takes more than " + std::to_string(kMaxSteps) + " steps");
  }
  // A string of that size is made: a step for every 32 bytes.
  void spend_string(int64_t bytes) {
    if (bytes > kMaxOutputBytes || bytes < 0)
      throw Problem("a string of more than " + std::to_string(kMaxOutputBytes >> 20) + " MiB");
    spend(bytes / 32);
  }
  int64_t steps() const { return steps_; }

 private:
  int64_t steps_ = 0;
};

}  // namespace hone::jinja
