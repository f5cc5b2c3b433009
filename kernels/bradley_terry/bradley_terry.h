// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The loss of a reward model: of two answers, the one that people preferred scores higher.
//                                 source: Bradley & Terry 1952; Ouyang et al. 2022, arXiv:2203.02155
//                                 margin: Touvron et al. 2023, arXiv:2307.09288, eq. 2
//                                 centre: Eisenstein et al. 2023, arXiv:2312.09244, section 3.1
//
//   c, r  = scores[rows[2p]], scores[rows[2p + 1]]      the chosen and the rejected answer of pair p
//   d     = c - r - margins[p]
//   loss  = sum_p (log(1 + exp(-d)) + centre * (c + r)^2) / num_pairs
//   right = sum_p [c > r] / num_pairs
//   dc, dr = dloss / num_pairs * (2 centre (c + r) -/+ 1 / (1 + exp(d)))
//
//   scores, dscores [N, 1] in T = f32, f64 or bf16: of every token; dscores is zero where no answer
//   ends. rows [2P] i32; a pair whose rows are -1 is padding. margins [P] in f32 (f64 for f64) or
//   undefined: zeros. num_pairs, loss, right: scalars in f32 (f64). Maths in f32 (f64), sums in double in
//   a fixed order.
//
//   A few numbers of a batch: one block on a GPU, bound by its launch.
#pragma once

#include "kernels/core/cost.h"
#include "kernels/core/dispatch.h"
#include "tensor/tensor.h"

namespace hone::kernels {

struct PreferencePairs {
  Tensor rows;        // [2P] i32
  Tensor margins;     // [P] f32 (f64), or undefined
  Tensor num_pairs;   // scalar f32 (f64): pairs of the whole accumulated batch
  double centre = 0;  // weight of the squared sums, which keep scores near zero
};

struct BradleyTerry {
  Tensor loss;   // scalar
  Tensor right;  // scalar
};

// Errors: kInternal for other shapes or dtypes, and on the CPU for rows outside the scores.
BradleyTerry bradley_terry_forward(const Tensor& scores, const PreferencePairs& pairs);
// Returns dscores. dloss: scalar f32 (f64).
Tensor bradley_terry_backward(const Tensor& dloss, const Tensor& scores,
                              const PreferencePairs& pairs);

Cost bradley_terry_forward_cost(int64_t pairs, DType t);
Cost bradley_terry_backward_cost(int64_t n, int64_t pairs, DType t);

// Device implementations; outputs are allocated, dscores is zeroed.
template <Isa I>
void bradley_terry_forward(Cpu<I>, const Tensor& scores, const PreferencePairs& pairs,
                           const BradleyTerry& out);
template <Isa I>
void bradley_terry_backward(Cpu<I>, const Tensor& dloss, const Tensor& scores,
                            const PreferencePairs& pairs, const Tensor& dscores);
void bradley_terry_forward(Cuda, const Tensor& scores, const PreferencePairs& pairs,
                           const BradleyTerry& out);
void bradley_terry_backward(Cuda, const Tensor& dloss, const Tensor& scores,
                            const PreferencePairs& pairs, const Tensor& dscores);

}  // namespace hone::kernels
