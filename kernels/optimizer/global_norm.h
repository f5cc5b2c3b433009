// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The norm of all gradients together, and the factor that clips it.
//                                        source: Pascanu et al. 2013, arXiv:1211.5063
//
//   norm = sqrt(sum_i g_i^2)        clip = min(1, max_norm / (norm + 1e-6)); 1 if max_norm is 0
//
//   g [n] f32 or f64 (the flat gradient arena)      norm, clip: f32 scalars on the device
//   Sums of squares over blocks of 65536 elements, then an ordered sum, in f64: the same bits for
//   any number of threads. A gradient that is not finite makes norm not finite, and clip NaN: AdamW
//   then leaves everything as it is, without the host in between.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Writes norm and clip. Requires: g contiguous, max_norm >= 0.
void clip_factor(const Tensor& g, double max_norm, const Tensor& norm, const Tensor& clip);

Cost clip_factor_cost(int64_t n, DType t);

inline constexpr int64_t kNormBlock = 1 << 16;
// partial [ceil(n / kNormBlock)] f64: scratch.
template <Isa I>
void clip_factor(Cpu<I>, const Tensor& g, double max_norm, const Tensor& norm, const Tensor& clip,
                 const Tensor& partial);
void clip_factor(Cuda, const Tensor& g, double max_norm, const Tensor& norm, const Tensor& clip,
                 const Tensor& partial);

}  // namespace hone::kernels
