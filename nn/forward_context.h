// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/dropout/dropout.h"
#include "kernels/rope/rope.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hone::nn {

// What every layer of one forward pass shares. N rows: the documents of a packed row one after
// another.
struct ForwardContext {
  Tensor cu_seqlens;                    // [S + 1] i32: document boundaries, 0 ... N
  kernels::RotaryTable rotary;          // cos and sin of each row's position
  kernels::RotaryTable sliding_rotary;  // the same for layers with a sliding window; undefined:
                                        // they have the others'
  bool training = false;                // dropout on
  bool decoding = false;                // few rows: a quantised stack's idle experts are left alone
  Tensor seed_and_pass;            // [2] i64, for dropout: see kernels/dropout/dropout.h. Passes
                                   // are micro batches of the run, not steps
  std::vector<Tensor> replay_ids;  // per MoE layer [N, K] i32: experts to use; empty: choose

  // The stream of a module in this pass.
  kernels::DropoutStream random(std::string_view path) const {
    return {seed_and_pass, hash_path(path)};
  }
};

}  // namespace hone::nn
