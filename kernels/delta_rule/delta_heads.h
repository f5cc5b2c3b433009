// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hone::kernels {

// The heads of a gated delta rule layer. Value head h reads key head h / (value_heads / key_heads).
struct DeltaHeads {
  int64_t key_heads;    // Hk: heads of q and k
  int64_t value_heads;  // Hv: heads of v, the states and the output; a multiple of Hk
  int64_t key_dim;      // Dk
  int64_t value_dim;    // Dv

  int64_t key_width() const { return key_heads * key_dim; }
  int64_t value_width() const { return value_heads * value_dim; }
  // Columns of the joint projection: q | k | v.
  int64_t qkv_width() const { return 2 * key_width() + value_width(); }
};

}  // namespace hone::kernels
