// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// AdamW with both moments in 8 bits, in blocks of 256, as bitsandbytes' CUDA kernel has it: one pass
// over a flat arena, of which some runs may have f32 moments instead (there: small tensors).
//                                        source: Dettmers et al. 2022, arXiv:2110.02861
//
//   g       = clip * grad
//   m       = beta1 * value1[c1] * absmax1 + (1 - beta1) g
//   v       = beta2 * value2[c2] * absmax2 + (1 - beta2) g^2
//   absmax1 = max |m|        c1 = nearest code to m / absmax1, of m's sign     (signed map)
//   absmax2 = max |v|        c2 = nearest code to v / absmax2                  (unsigned map)
//   s       = sqrt(1 - beta2^t)
//   p       = T(p - lr * s / (1 - beta1^t) * m / (sqrt(v) + eps * s))
//   p       = T(p * (1 - lr * decay))              for the first `decayed` elements
//   shadow  = bf16(p)
//
//   Maxima are over the block; the maps are kernels/nf4/dynamic_map.h. The update uses m and v as
//   they were before rounding to 8 bits; decay follows it. Where g is not finite, m and v become 0
//   and p stays.
//
//   Runs with f32 moments are updated as adamw.h says. Where clip is NaN nothing changes.
//
//   p [n] T = f32, bf16 or f16      grad [n] f32 or T      shadow [n] bf16, or undefined
//   c1, c2 u8 [n8] and absmax1, absmax2 f32 [ceil(n8 / 256)], all zero at the start
//   m, v f32 [n32]; where n32 > 0, p and grad are f32
//   segments i64 [S, 4], read on the device: which elements of the arena have which moments
//   Math in f32 with the approximate functions of the GPU (kernels/gpu_math), fused where the CUDA
//   kernel for T is fused. A block belongs to one tensor when each tensor of the arena starts at a
//   multiple of 256.
//   Moves 4 n (p, f32) + 4 n (grad) + 2 n (c1, c2) in, 4 n + 2 n (+ 2 n shadow) out, absmax n / 16.
#pragma once

#include <span>

#include "kernels/optimizer/adamw.h"

namespace hone::kernels {

struct AdamW8bitState {
  static constexpr int64_t kBlock = 256;
  static constexpr int64_t kMinElements = 4096;  // bitsandbytes keeps smaller tensors in f32

  // Elements [begin, end) of the arena. What lies between two runs is left alone.
  struct Run {
    int64_t begin = 0, end = 0;
    bool eight_bit = true;
  };

  Tensor c1, c2;            // u8 [n8]: the 8-bit runs one after another
  Tensor absmax1, absmax2;  // f32 [ceil(n8 / 256)]
  Tensor m, v;              // f32 [n32]: the other runs
  Tensor segments;          // i64 [S, 4]: per run begin, end, 1 for 8 bits, where its moments begin
  int64_t elements = 0;     // of the arena: the last run's end

  // All zero: the state before the first step. Requires: runs ascend and begin at multiples of 256,
  // and those with 8 bits, the last excepted, end at one (checked).
  static AdamW8bitState zeros(std::span<const Run> runs, Device device);
  // n elements, all in 8 bits.
  static AdamW8bitState zeros(int64_t n, Device device);
  // The moments of one run, views of these: c1, c2, absmax1, absmax2 or m, v.
  AdamW8bitState moments_of(std::span<const Run> runs, size_t run) const;
  // Of the moments.
  int64_t nbytes() const;
};

// Updates p, state (and shadow) in place. One launch.
// Requires: contiguous, n = state.elements, sizes and dtypes as above.
void adamw8bit_step(const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings);

// n parameters of T with f32 gradients and 8-bit moments.
Cost adamw8bit_cost(int64_t n, DType t, bool shadow);

template <Isa I>
void adamw8bit_step(Cpu<I>, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings);
void adamw8bit_step(Cuda, const Tensor& p, const Tensor& grad, const AdamW8bitState& state,
                    const Tensor& shadow, const StepScalars& scalars,
                    const AdamWSettings& settings);

}  // namespace hone::kernels
