// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Cosines and sines of the rotary position embedding, computed once per forward pass and shared by
// all layers.                                            source: Su et al. 2021, arXiv:2104.09864
//
//   angle[n,j] = position[axis(j), n] * inv_freq[j]          j < R/2
//   cos[n,j]   = cos(angle[n,j])      sin[n,j] = sin(angle[n,j])
//
//   Plain: one axis. Multimodal, interleaved (Qwen3.5): positions have three rows, time, height and
//   width, and neighbouring frequencies take turns:
//     axis(j) = height if j % 3 == 1 and j < 3 * section[1]
//               width  if j % 3 == 2 and j < 3 * section[2]
//               time   otherwise
//   so each axis gets section[axis] of the R/2 frequencies.
//
//   Angles in f32, as the models were trained (f64 for f64); cosines and sines are rounded to the
//   model's dtype and stored in f32 (f64).
#pragma once

#include <span>

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct RotaryTable {
  Tensor cos;  // [N, R/2] f32 (f64 for f64)
  Tensor sin;  // [N, R/2]

  int64_t rotary_dim() const { return 2 * cos.dim(1); }
};

// positions [N] or [3, N] i32. mrope_section: empty for plain, else {time, height, width} with sum
// R/2; positions [N] then stand for all three axes.
RotaryTable rotary_table(const Tensor& positions, std::span<const double> inv_freq,
                         std::span<const int64_t> mrope_section, DType model_dtype);

Cost rotary_table_cost(int64_t n, int64_t rotary_dim, DType model_dtype);

// Device implementation.
template <Isa I>
void rotary_table(Cpu<I>, const Tensor& positions, std::span<const double> inv_freq,
                  std::span<const int64_t> mrope_section, DType model_dtype,
                  const RotaryTable& table);
void rotary_table(Cuda, const Tensor& positions, std::span<const double> inv_freq,
                  std::span<const int64_t> mrope_section, DType model_dtype,
                  const RotaryTable& table);

}  // namespace hone::kernels
