// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The two gates of the gated delta rule: the log decay g and the writing strength beta.
//                                    source: Yang et al. 2024, arXiv:2412.06464; the form of the
//                                    decay: Dao & Gu 2024, arXiv:2405.21060
//
//   u[n,h]    = a[n,h] + dt_bias[h]                 softplus(u) = log(1 + e^u)
//   g[n,h]    = -exp(a_log[h]) * softplus(u[n,h])   <= 0, natural logarithm of the decay
//   beta[n,h] = sigmoid(b[n,h])                     rounded to T, then widened
//   du = -dg * exp(a_log) * sigmoid(u)              da = du      ddt_bias = sum_n du
//   da_log[h] = sum_n dg * g                        db = dbeta * beta * (1 - beta)
//
//   a, b, da, db [N, H] in T = f32, f64 or bf16, row-major      a_log, dt_bias [H] in any of those
//   g, beta, dg, dbeta [N, H] and da_log, ddt_bias [H] in f32 (f64 for f64)
//   Math in f32 (f64). Parameter gradients: partial sums over blocks of 256 tokens, then an ordered
//   sum.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct DeltaGates {
  Tensor g;     // [N, H] f32
  Tensor beta;  // [N, H] f32
};

// Requires: contiguous; a and b of one shape and dtype.
DeltaGates delta_gates_forward(const Tensor& a, const Tensor& b, const Tensor& a_log,
                               const Tensor& dt_bias);

struct DeltaGatesGrads {
  Tensor da;  // [N, H] T; undefined without dg
  Tensor db;  // [N, H] T; undefined without dbeta
};

// dg, dbeta: gradients of the outputs; either may be undefined. Parameter gradients may be
// unwanted; they must be unwanted if dg is undefined.
DeltaGatesGrads delta_gates_backward(const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                                     const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                                     const GradTarget& da_log, const GradTarget& ddt_bias);

// N tokens of H heads, a and b in T.
Cost delta_gates_forward_cost(int64_t n, int64_t h, DType t);
Cost delta_gates_backward_cost(int64_t n, int64_t h, DType t);

// Device implementations; outputs are allocated by the functions above, the parameters come widened
// to f32 (f64). `partial` [ceil(N / 256), 2, H] is scratch for da_log and ddt_bias.
inline constexpr int64_t kDeltaGatesRowBlock = 256;
template <Isa I>
void delta_gates_forward(Cpu<I>, const Tensor& a, const Tensor& b, const Tensor& a_log,
                         const Tensor& dt_bias, const DeltaGates& out);
template <Isa I>
void delta_gates_backward(Cpu<I>, const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                          const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                          const DeltaGatesGrads& out, const GradTarget& da_log,
                          const GradTarget& ddt_bias, const Tensor& partial);
void delta_gates_forward(Cuda, const Tensor& a, const Tensor& b, const Tensor& a_log,
                         const Tensor& dt_bias, const DeltaGates& out);
void delta_gates_backward(Cuda, const Tensor& dg, const Tensor& dbeta, const Tensor& a,
                          const Tensor& b, const Tensor& a_log, const Tensor& dt_bias,
                          const DeltaGatesGrads& out, const GradTarget& da_log,
                          const GradTarget& ddt_bias, const Tensor& partial);

}  // namespace hone::kernels
