// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How much a template may do: nothing that it contains can hang the program or fill its memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "data/jinja_value.h"

namespace hone::jinja {

inline constexpr int64_t kMaxOutputBytes = int64_t{64} << 20;  // of the text, and of any string
inline constexpr int64_t kMaxRange = 100'000;  // elements, as Jinja's sandbox has it
inline constexpr int kMaxCallDepth = 200;      // macros in macros

class Budget {
 public:
  explicit Budget(int64_t steps) : max_steps_(steps) {}

  // Evaluating an expression, running a statement: one step each. Whatever is made costs a step for
  // every 16 bytes, so that all of it together stays below 160 MB.
  void spend(int64_t steps) {
    steps_ += steps;
    if (steps_ > max_steps_ || steps < 0)
      throw Problem("the template takes more than " + std::to_string(max_steps_) + " steps");
  }
  // A string of that size.
  void spend_string(int64_t bytes) {
    if (bytes > kMaxOutputBytes || bytes < 0)
      throw Problem("a string of more than " + std::to_string(kMaxOutputBytes >> 20) + " MiB");
    spend(bytes / kBytesPerStep);
  }
  // A text with its marks, `times` times.
  void spend_text(const Text& text, int64_t times = 1) {
    int64_t bytes = 0, marks = 0;
    const bool too_many =
        __builtin_mul_overflow(times, static_cast<int64_t>(text.bytes.size()), &bytes) ||
        __builtin_mul_overflow(times, static_cast<int64_t>(text.marks.size()), &marks);
    spend_string(too_many ? -1 : bytes);
    spend_marks(marks);
  }
  void spend_marks(int64_t count) { spend_objects(count, sizeof(Mark)); }
  // A list of so many values that there are already.
  void spend_values(int64_t count) { spend_objects(count, sizeof(Value)); }
  // The same with values that are texts or lists of their own.
  void spend_new_values(int64_t count) {
    spend_objects(count, sizeof(Value) + std::max(sizeof(Text), sizeof(Value) * 4));
  }
  int64_t steps() const { return steps_; }

 private:
  static constexpr int64_t kBytesPerStep = 16;

  void spend_objects(int64_t count, size_t bytes_each) {
    int64_t bytes = 0;
    const bool too_many = __builtin_mul_overflow(count, static_cast<int64_t>(bytes_each), &bytes);
    spend(too_many ? -1 : (bytes + kBytesPerStep - 1) / kBytesPerStep);
  }

  int64_t max_steps_;
  int64_t steps_ = 0;
};

}  // namespace hone::jinja
