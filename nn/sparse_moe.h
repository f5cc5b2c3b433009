// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "autograd/ops/moe_route.h"
#include "nn/mlp.h"

namespace hone::nn {

struct SparseMoeConfig {
  int64_t hidden = 0;             // C
  int64_t experts = 0;            // E
  int64_t experts_per_token = 0;  // K
  int64_t expert_width = 0;       // F
  int64_t shared_width = 0;       // 0: no shared expert
  bool renormalise = true;
  double init = 0.02;
};

// Mixture of SwiGLU experts, perhaps with a gated shared expert.
//                          source: Jiang et al. 2024, arXiv:2401.04088; Qwen2-MoE, Qwen3.5 (modeling)
//
//   p = softmax(gate x)      y = sum over the K most probable experts e of w_e expert_e(x)
//   out = y + sigmoid(shared_expert_gate x) * shared_expert(x)
class SparseMoe {
 public:
  // Parameters under <path>: gate.weight [E, C], experts.gate_up_proj [E, 2F, C],
  // experts.down_proj [E, C, F], shared_expert.*, shared_expert_gate.weight [1, C].
  SparseMoe(Builder& b, const std::string& path, const SparseMoeConfig& config);

  struct Output {
    Var y;              // [N, C]
    Var router_logits;  // [N, E]
    Tensor ids;         // [N, K] i32
  };
  // replay_ids [N, K]: experts to use instead of the router's choice; may be undefined.
  Output operator()(const Var& x, const ForwardContext& context, const Tensor& replay_ids) const;

 private:
  struct Shared {
    Mlp mlp;
    Linear gate;
  };
  // The routed experts' part of y, with the idle ones left alone: the same bits.
  Var active_experts(const Var& x, const MoeRoute& route, const kernels::ExpertOrder& order) const;

  SparseMoeConfig config_;
  Linear gate_;
  Weight gate_up_, down_;
  std::optional<ExpertLora> gate_up_lora_, down_lora_;
  std::optional<Shared> shared_;
};

}  // namespace hone::nn
