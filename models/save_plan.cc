// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/save_plan.h"

namespace hone {
namespace {

constexpr SavePolicy kRecompute = SavePolicy::recompute;

// One plan for every family: a tensor that a family does not have, or has without a recipe, changes
// nothing. N rows; sizes of one layer. Without norms of q and k these are kept, since attention is the
// only one to hold them; without a gate o_proj reads what the attention saves.
//
//   computed again          size             from what is kept for another reason
//   linear.x, before        [N, C] twice     the residual stream: the two RMSNorms save their input,
//   the mixer and the MLP                    and norm of it is what the projections (and experts)
//                                            read
//   linear.x of down_proj   [N, I]           gate and up, which SwiGLU saves
//   linear.x of o_proj      [N, H D]         the attention's output, which the attention saves, and
//                                            the gate, a view of what the norm of q saves
//   linear.x of out_proj    [N, Hv Dv]       the delta rule's output and z, which its norm saves
//   attention.q, .k         [N, (H + Hk) D]  q_proj and k_proj, which the norms of q and k save
//   split_l2_norm.qkv and   [N, 2 Hk Dk      in_proj_qkv, which the convolution saves: a short one,
//   gated_delta_rule.v      + Hv Dv]         4 terms an element, where the projection has C
//   gated_delta_rule.q, .k  [N, 2 Hk Dk]     the same
//
// A tensor that no recipe makes is kept whatever its name: the input of a projection that comes
// from elsewhere, and what a router chose. Kept by intent: attention.o and the delta rule's output
// (attention and delta rule again), add_gated.shared and moe_experts.gate_up (matrix products
// again), the gates g and beta [N, Hv] (small).
const SavePlan kPlan = {
    {"linear.x", kRecompute},           {"moe_experts.x", kRecompute},
    {"attention.q", kRecompute},        {"attention.k", kRecompute},
    {"split_l2_norm.qkv", kRecompute},  {"gated_delta_rule.q", kRecompute},
    {"gated_delta_rule.k", kRecompute}, {"gated_delta_rule.v", kRecompute},
};

}  // namespace

const SavePlan& save_plan_of(const ModelConfig&) { return kPlan; }

}  // namespace hone
