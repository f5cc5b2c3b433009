// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The norm of all gradients together, the factor that clips it, and whether the step is taken.
//                                        source: Pascanu et al. 2013, arXiv:1211.5063
//
//   norm = sqrt(sum_i g_i^2)        clip = min(1, max_norm / (norm + 1e-6)); 1 if max_norm is 0
//   step = step + 1
//
//   g [n] f32 or f64 (the flat gradient arena)      norm: f32 scalar      losses: f64 [M]
//   Sums of squares over blocks of 65536 elements, then an ordered sum, in f64: the same bits for
//   any number of threads. When the norm or a loss is not finite, clip is NaN and step stays: AdamW
//   then leaves everything as it is, without the host in between.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/optimizer/step_scalars.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Writes norm, scalars.clip and scalars.step. losses: what the gradients are of; undefined: all finite.
// Requires: g and losses contiguous, max_norm >= 0.
void clip_factor(const Tensor& g, const Tensor& losses, double max_norm, const Tensor& norm,
                 const StepScalars& scalars);

Cost clip_factor_cost(int64_t n, DType t);

inline constexpr int64_t kNormBlock = 1 << 16;
// partial [ceil(n / kNormBlock)] f64: scratch.
template <Isa I>
void clip_factor(Cpu<I>, const Tensor& g, const Tensor& losses, double max_norm, const Tensor& norm,
                 const StepScalars& scalars, const Tensor& partial);
void clip_factor(Cuda, const Tensor& g, const Tensor& losses, double max_norm, const Tensor& norm,
                 const StepScalars& scalars, const Tensor& partial);

}  // namespace hone::kernels
