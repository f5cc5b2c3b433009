// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// GeGLU: a gated linear unit with GELU in its tanh form.
//                          source: Shazeer 2020, arXiv:2002.05202; Hendrycks & Gimpel, arXiv:1606.08415
//
//   a = sqrt(2 / pi) * (gate + 0.044715 gate^3)      s = 1 / (1 + exp(-2 a)) = (1 + tanh a) / 2
//   gelu(gate) = gate * s
//   h = gelu(gate) * up
//   dup   = dh * gelu(gate)
//   dgate = dh * up * s * (1 + gate (1 - s) * 2 sqrt(2 / pi) * (1 + 3 * 0.044715 gate^2))
//
//   gate, up, dgate, dup [N, I], rows may be strided; h, dh [N, I]
//   T = f32, f64 or bf16. Math in f32 (f64); gelu(gate) is rounded to T before the product, as the
//   models were trained. The form with s keeps all digits where tanh a is near -1.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

Tensor geglu_forward(const Tensor& gate, const Tensor& up);
// Writes dgate and dup.
void geglu_backward(const Tensor& dh, const Tensor& gate, const Tensor& up, const Tensor& dgate,
                    const Tensor& dup);

Cost geglu_forward_cost(int64_t n, int64_t i, DType t);
Cost geglu_backward_cost(int64_t n, int64_t i, DType t);

// Device implementations.
template <Isa I>
void geglu_forward(Cpu<I>, const Tensor& gate, const Tensor& up, const Tensor& h);
template <Isa I>
void geglu_backward(Cpu<I>, const Tensor& dh, const Tensor& gate, const Tensor& up,
                    const Tensor& dgate, const Tensor& dup);
void geglu_forward(Cuda, const Tensor& gate, const Tensor& up, const Tensor& h);
void geglu_backward(Cuda, const Tensor& dh, const Tensor& gate, const Tensor& up,
                    const Tensor& dgate, const Tensor& dup);

}  // namespace hone::kernels
