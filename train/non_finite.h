// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hone {

// What happens to a step whose loss or gradient is not finite.
enum class NonFinite {
  kStop,  // an error
  kSkip,  // weights and optimizer stay as they are, bit for bit; kMaxSkipped in a row, then an error
};
inline constexpr int64_t kMaxSkipped = 5;

}  // namespace hone
