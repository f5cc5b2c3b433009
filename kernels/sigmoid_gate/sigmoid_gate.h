// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Products with a sigmoid: the output gate of attention, and the gate of a shared expert.
//                                   source of the former: Qiu et al. 2025, arXiv:2505.06708
//
//   y = a * s                s = 1 / (1 + exp(-z))
//   da = dy * s              dz = dy * a * s * (1 - s)
//     a, y, dy, da [N, H*D]   z [N, H, D], rows and heads may be strided   dz [N, H, D]
//
//   y[n,c] = routed[n,c] + s[n] * shared[n,c]           s[n] = 1 / (1 + exp(-z[n]))
//   drouted = dy                       dshared[n,c] = dy[n,c] * s[n]
//   dz[n] = s[n] (1 - s[n]) sum_c dy[n,c] shared[n,c]
//     routed, shared, y, dy, dshared [N, C]   z, dz [N, 1]
//
//   T = f32, f64 or bf16. Math in f32 (f64). Forward rounds s and s * shared to T as the models do,
//   backward rounds once.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

Tensor sigmoid_gate_forward(const Tensor& a, const Tensor& z);
struct SigmoidGateGradients {
  Tensor da;  // [N, H*D]
  Tensor dz;  // [N, H, D]
};
SigmoidGateGradients sigmoid_gate_backward(const Tensor& dy, const Tensor& a, const Tensor& z);

Tensor add_gated_forward(const Tensor& routed, const Tensor& shared, const Tensor& z);
struct AddGatedGradients {
  Tensor dshared;  // [N, C]
  Tensor dz;       // [N, 1]
};
AddGatedGradients add_gated_backward(const Tensor& dy, const Tensor& shared, const Tensor& z);

// N rows of C = H*D elements of T.
Cost sigmoid_gate_forward_cost(int64_t n, int64_t c, DType t);
Cost sigmoid_gate_backward_cost(int64_t n, int64_t c, DType t);
Cost add_gated_forward_cost(int64_t n, int64_t c, DType t);
Cost add_gated_backward_cost(int64_t n, int64_t c, DType t);

// Device implementations.
template <Isa I>
void sigmoid_gate_forward(Cpu<I>, const Tensor& a, const Tensor& z, const Tensor& y);
template <Isa I>
void sigmoid_gate_backward(Cpu<I>, const Tensor& dy, const Tensor& a, const Tensor& z,
                           const SigmoidGateGradients& out);
template <Isa I>
void add_gated_forward(Cpu<I>, const Tensor& routed, const Tensor& shared, const Tensor& z,
                       const Tensor& y);
template <Isa I>
void add_gated_backward(Cpu<I>, const Tensor& dy, const Tensor& shared, const Tensor& z,
                        const AddGatedGradients& out);
void sigmoid_gate_forward(Cuda, const Tensor& a, const Tensor& z, const Tensor& y);
void sigmoid_gate_backward(Cuda, const Tensor& dy, const Tensor& a, const Tensor& z,
                           const SigmoidGateGradients& out);
void add_gated_forward(Cuda, const Tensor& routed, const Tensor& shared, const Tensor& z,
                       const Tensor& y);
void add_gated_backward(Cuda, const Tensor& dy, const Tensor& shared, const Tensor& z,
                        const AddGatedGradients& out);

}  // namespace hone::kernels
