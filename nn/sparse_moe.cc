// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_moe.h"

#include "autograd/ops/moe_route.h"
#include "autograd/ops/sigmoid_gate.h"

namespace hone::nn {
namespace {

const ExpertLora* pointer(const std::optional<ExpertLora>& lora) { return lora ? &*lora : nullptr; }

}  // namespace

SparseMoe::SparseMoe(Builder& b, const std::string& path, const SparseMoeConfig& c)
    : config_(c),
      gate_(b, path + ".gate", c.hidden, c.experts,
            {.may_quantise = false, .lora_by_parameter = true, .init = c.init}),
      gate_up_(b.matrix(path + ".experts.gate_up_proj", {c.experts, 2 * c.expert_width, c.hidden},
                        Init::normal(c.init), true)),
      down_(b.matrix(path + ".experts.down_proj", {c.experts, c.hidden, c.expert_width},
                     Init::normal(c.init), true)),
      gate_up_lora_(
          b.expert_lora(path + ".experts.gate_up_proj", c.experts, c.hidden, 2 * c.expert_width)),
      down_lora_(b.expert_lora(path + ".experts.down_proj", c.experts, c.expert_width, c.hidden)) {
  if (c.shared_width > 0)
    shared_.emplace(Shared{SwigluMlp(b, path + ".shared_expert", c.hidden, c.shared_width, c.init),
                           Linear(b, path + ".shared_expert_gate", c.hidden, 1, {.init = c.init})});
}

SparseMoe::Output SparseMoe::operator()(const Var& x, const ForwardContext& context,
                                        const Tensor& replay_ids) const {
  const Var logits = gate_(x, context);
  const MoeRoute route =
      moe_route(logits, config_.experts_per_token, config_.renormalise, replay_ids);
  const kernels::ExpertOrder order = kernels::moe_sort(route.ids, config_.experts);
  Var y = moe_experts(x, route.weights, order, gate_up_, pointer(gate_up_lora_), down_,
                      pointer(down_lora_));
  if (shared_) y = add_gated(y, shared_->mlp(x, context), shared_->gate(x, context));
  return {y, logits, route.ids};
}

}  // namespace hone::nn
