// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// SwiGLU: a gated linear unit with SiLU.             source: Shazeer 2020, arXiv:2002.05202
//
//   s = 1 / (1 + exp(-gate))        silu(gate) = gate * s
//   h = silu(gate) * up
//   dup   = dh * silu(gate)
//   dgate = dh * up * s * (1 + gate * (1 - s))
//
//   gate, up, dgate, dup [N, I], rows may be strided (two halves of one matrix); h, dh [N, I]
//   T = f32, f64 or bf16. Math in f32 (f64); silu(gate) is rounded to T before the product, as the
//   models were trained.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

Tensor swiglu_forward(const Tensor& gate, const Tensor& up);
// Writes dgate and dup.
void swiglu_backward(const Tensor& dh, const Tensor& gate, const Tensor& up, const Tensor& dgate,
                     const Tensor& dup);

Cost swiglu_forward_cost(int64_t n, int64_t i, DType t);
Cost swiglu_backward_cost(int64_t n, int64_t i, DType t);

// Device implementations.
template <Isa I>
void swiglu_forward(Cpu<I>, const Tensor& gate, const Tensor& up, const Tensor& h);
template <Isa I>
void swiglu_backward(Cpu<I>, const Tensor& dh, const Tensor& gate, const Tensor& up,
                     const Tensor& dgate, const Tensor& dup);
void swiglu_forward(Cuda, const Tensor& gate, const Tensor& up, const Tensor& h);
void swiglu_backward(Cuda, const Tensor& dh, const Tensor& gate, const Tensor& up,
                     const Tensor& dgate, const Tensor& dup);

}  // namespace hone::kernels
