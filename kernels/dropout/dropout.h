// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Dropout with a mask that is a function of the random stream and the element.
//                          source: Srivastava et al. 2014, JMLR 15; Salmon et al. 2011 (Philox)
//
//   y[i] = x[i] / (1 - p) if u[i] >= p, else 0        u[i] = stream.uniform(i), uniform in [0, 1)
//
//   The gradient is the same function of dy, so nothing is kept for it.
//   x, y [...] in T = f32, f64 or bf16. Math in f32 (f64), one rounding.
//   Seed and pass are read on the device: a captured step draws new masks when they change.
#pragma once

#include <string_view>

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// The random numbers of one module in one pass of the run.
struct DropoutStream {
  Tensor seed_and_pass;  // [2] i64: seed of the run, number of the forward pass
  uint64_t path = 0;     // hash_path of the module

  // The numbers that RandomStream(seed, path, pass) has.
  static DropoutStream of(uint64_t seed, std::string_view path, uint64_t pass = 0);
};

// p in [0, 1). Requires: contiguous.
Tensor dropout(const Tensor& x, double p, const DropoutStream& stream);

Cost dropout_cost(int64_t n, DType t);

// Device implementation.
template <Isa I>
void dropout(Cpu<I>, const Tensor& x, double p, const DropoutStream& stream, const Tensor& y);
void dropout(Cuda, const Tensor& x, double p, const DropoutStream& stream, const Tensor& y);

}  // namespace hone::kernels
