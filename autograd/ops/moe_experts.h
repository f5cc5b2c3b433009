// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/ops/weight.h"
#include "autograd/var.h"
#include "kernels/moe/sort.h"

namespace hone {

// A low-rank update of every expert's matrix: W_e + scale * B_e A_e.
// a and b may have another dtype than x: they are converted for each product.
// Source: Hu et al. 2021, arXiv:2106.09685
struct ExpertLora {
  Var a;  // [E, R, in]
  Var b;  // [E, out, R]
  double scale = 1;
};

// The experts of a mixture, each token through the K that its router chose:
//
//   z = x_t W1_e^T = [g | u]     h = silu(g) * u     y_t = sum_j w_tj h W2_e^T     e = ids[t,j]
//
// x [N, C] -> y [N, C]; weights [N, K] in x's dtype; order from kernels::moe_sort of the ids.
// gate_up W1 [E, 2I, C], down W2 [E, C, I]: dense, or quantised and then dequantised a few experts
// at a time. The loras may be null.
//
//   dh = dy_t (W2 + s B A)     dw_tj = <dh, h>     dz = w_tj silu'(dh)
//   dx_t = sum_j dz (W1 + s B A)
//   dW2 = dy^T (w h)     dB = s dy^T (w h A^T)     dA = s (dy B)^T (w h)     and so for W1
//
// Experts without tokens get zero gradients. Gradients of frozen stacks are not computed.
// Saves: moe_experts.gate_up (z) [N K, 2I]; moe_experts.x if W1 or its A trains; moe_experts.xa and
// moe_experts.ha [N K, R] if the B of W1 and W2 trains. h is computed again; y before weighting is
// not needed.
Var moe_experts(const Var& x, const Var& weights, const kernels::ExpertOrder& order,
                const Weight& gate_up, const ExpertLora* gate_up_lora, const Weight& down,
                const ExpertLora* down_lora);

// Whether moe_experts now multiplies the 4-bit codes of a stack as they are: on a GPU, for so few rows,
// where nothing is recorded. Then it reads the experts that have rows and no others.
bool reads_expert_codes(const Weight& stack, int64_t assignments);

}  // namespace hone
