// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The weights of the experts that a batch uses, and of no others.
//
//   active     ids of the experts that occur in the batch, ascending              [A]
//   compact    expert id -> its position in `active`, -1 for an idle expert       [E]
//   gathered   W'[c, ...] = T(W[active[c], ...])                                  [A, ...]
//
//   A stack of E experts of `shape` elements each may be dense, 4-bit (nf4 or fp4, with or without
//   double quantisation) or e4m3 with a scale per expert. The layout comes from the shapes given,
//   never from the ids. 4-bit blocks may straddle experts: an expert is elements
//   [e * numel, (e + 1) * numel) of the flattened stack, whatever block they fall into, and only
//   the scales of those blocks are dequantised.
//   How many experts are active is known on the host, so active_experts waits for the device. With
//   2048 tokens and 8 of 256 experts each, no expert is idle: this saves memory for short or skewed
//   batches, not for ordinary training.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "kernels/core/grad_target.h"
#include "tensor/quantized.h"

namespace hone::kernels {

struct ActiveExperts {
  Tensor ids;      // [A] i32, ascending
  Tensor compact;  // [E] i32: position in ids, or -1

  int64_t count() const { return ids.numel(); }
};

// ids: i32 of any shape, each in [0, experts) (checked). On the meta device as many experts are
// active as can be.
ActiveExperts active_experts(const Tensor& ids, int64_t experts);

// The same ids in compact numbering; the order of ids is kept, so a stable sort by expert gives the
// same permutation. Requires: every id is active (checked where the host sees them).
Tensor remap_expert_ids(const Tensor& ids, const ActiveExperts& active);

// offsets [E + 1] i32 of tokens sorted by expert -> [A + 1]: idle experts have no tokens, so the
// positions are the same.
Tensor compact_offsets(const Tensor& offsets, const ActiveExperts& active);

// The active experts of a stack: a copy of dense weights [E, ...] of any dtype (so the result is
// bit-equal), or dequantised to `dtype`, rounded once. expert: the shape of one expert.
// Requires: the stack holds exactly E experts of that shape.
Tensor gather_experts(const Tensor& dense, const ActiveExperts& active);
Tensor gather_experts(const QuantizedTensor& stack, const Shape& expert,
                      const ActiveExperts& active, DType dtype);
Tensor gather_experts(const Fp8Experts& stack, const ActiveExperts& active, DType dtype);

// Experts [begin, begin + out.dim(0)) of a stack into out [experts, ...]: T(value of code * scale),
// rounded once. Requires: out contiguous.
void dequantize_fp8_experts(const Fp8Experts& stack, int64_t begin, const Tensor& out);

// Requires: u8 codes [E, ...] and an f32 scale for each expert.
void check_fp8(const Fp8Experts& stack);

// The gradient of gather_experts: gradient [A, ...] goes to the active experts' places in
// full [E, ...]; with accumulate off, idle experts get zero. Requires: both f32 (or both f64).
void scatter_experts(const Tensor& gradient, const ActiveExperts& active, const GradTarget& full);

// scale[e] = max |x[e]| / 448 (1 for an expert of zeros), codes = e4m3(x / scale).
// x [E, ...] f32, bf16 or f16.
Fp8Experts quantize_fp8_experts(const Tensor& x);

// E experts of n elements each, from T.
Cost quantize_fp8_experts_cost(int64_t experts, int64_t n, DType t);
// E experts of n elements each, to T.
Cost dequantize_fp8_experts_cost(int64_t experts, int64_t n, DType t);

// A of E experts of n f32 elements each, written or added.
Cost scatter_experts_cost(int64_t active, int64_t experts, int64_t n, bool accumulate);

// A experts of n elements each in a format of `bits` bits an element, to T.
Cost gather_experts_cost(int64_t active, int64_t n, double bits, DType t);

// Device implementations; `ids` is ActiveExperts::ids, outputs are allocated by the functions
// above.
template <Isa I>
void remap_expert_ids(Cpu<I>, const Tensor& ids, const Tensor& compact, const Tensor& out);
template <Isa I>
void compact_offsets(Cpu<I>, const Tensor& offsets, const Tensor& ids, const Tensor& out);
template <Isa I>
void gather_experts(Cpu<I>, const Tensor& dense, const Tensor& ids, const Tensor& out);
template <Isa I>
void gather_experts(Cpu<I>, const QuantizedTensor& stack, const Tensor& ids, const Tensor& out);
template <Isa I>
void gather_experts(Cpu<I>, const Fp8Experts& stack, const Tensor& ids, const Tensor& out);
template <Isa I>
void dequantize_fp8_experts(Cpu<I>, const Fp8Experts& stack, int64_t begin, const Tensor& out);
template <Isa I>
void scatter_experts(Cpu<I>, const Tensor& gradient, const ActiveExperts& active,
                     const GradTarget& full);
template <Isa I>
void quantize_fp8_experts(Cpu<I>, const Tensor& x, const Fp8Experts& out);
void remap_expert_ids(Cuda, const Tensor& ids, const Tensor& compact, const Tensor& out);
void compact_offsets(Cuda, const Tensor& offsets, const Tensor& ids, const Tensor& out);
void gather_experts(Cuda, const Tensor& dense, const Tensor& ids, const Tensor& out);
void gather_experts(Cuda, const QuantizedTensor& stack, const Tensor& ids, const Tensor& out);
void gather_experts(Cuda, const Fp8Experts& stack, const Tensor& ids, const Tensor& out);
void dequantize_fp8_experts(Cuda, const Fp8Experts& stack, int64_t begin, const Tensor& out);
void scatter_experts(Cuda, const Tensor& gradient, const ActiveExperts& active,
                     const GradTarget& full);
void quantize_fp8_experts(Cuda, const Tensor& x, const Fp8Experts& out);

}  // namespace hone::kernels
