// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The convolution of conv1d.h for sequences that grow: a call appends some tokens to each of them,
// one in generation, many in prefill, and remembers the inputs that the next tokens will see.
//
//   p[t,c] = sum_j w[c,j] * x[t - (W-1) + j, c]      y[t,c] = silu(p[t,c])
//
//   where x before the first row of document s is what slot b = slots[s] of `states` holds:
//     states[b, i, :] = input i - (W-1) rows before that first row,      i < W-1
//   and zero where the sequence had not begun: starts[s] tokens came before this call. Afterwards
//   the slot holds the last W-1 inputs of the sequence. Where starts[s] = 0 it need not be
//   initialised; rows before the sequence's start become zero.
//
//   x, y [N, C], w [C, 1, W] or [C, W], states [slots, W-1, C] in T = f32, f64 or bf16
//   cu_seqlens [S + 1], slots [S], starts [S] i32      the slots of a call are different
//   Math in f32 (f64), one rounding to T. The bits are those of conv1d_silu_forward over the whole
//   sequence, however it was cut into calls.
#pragma once

#include "kernels/conv1d/conv1d.h"
#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

// Returns y; changes the slots' states. An empty document leaves its slot as it is.
Tensor conv1d_silu_extend(const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                          const Tensor& slots, const Tensor& starts, const Tensor& states);

// N tokens of S sequences, C channels, W taps, elements of T.
Cost conv1d_silu_extend_cost(int64_t n, int64_t s, int64_t c, int64_t w, DType t);

// Device implementations. `taps` [W, C] f32 (f64) is scratch, undefined on a GPU.
template <Isa I>
void conv1d_silu_extend(Cpu<I>, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                        const Tensor& slots, const Tensor& starts, const Tensor& states,
                        const Tensor& y, const Tensor& taps);
void conv1d_silu_extend(Cuda, const Tensor& x, const Tensor& w, const Tensor& cu_seqlens,
                        const Tensor& slots, const Tensor& starts, const Tensor& states,
                        const Tensor& y, const Tensor& taps);

}  // namespace hone::kernels
