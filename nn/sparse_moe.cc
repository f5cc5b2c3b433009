// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/sparse_moe.h"

#include "autograd/ops/select_experts.h"
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
    shared_.emplace(Shared{Mlp(b, path + ".shared_expert",
                               {.hidden = c.hidden, .width = c.shared_width, .init = c.init}),
                           Linear(b, path + ".shared_expert_gate", c.hidden, 1, {.init = c.init})});
}

Var SparseMoe::active_experts(const Var& x, const MoeRoute& route,
                              const kernels::ExpertOrder& order) const {
  const kernels::ActiveExperts active = kernels::active_experts(route.ids, config_.experts);
  const auto select = [&](const std::optional<ExpertLora>& lora) {
    return lora ? std::optional(select_experts(*lora, active)) : std::nullopt;
  };
  const std::optional<ExpertLora> gate_up_lora = select(gate_up_lora_),
                                  down_lora = select(down_lora_);
  return moe_experts(x, route.weights, compact_order(order, active),
                     select_experts(gate_up_, active, x.dtype()), pointer(gate_up_lora),
                     select_experts(down_, active, x.dtype()), pointer(down_lora));
}

SparseMoe::Output SparseMoe::operator()(const Var& x, const ForwardContext& context,
                                        const Tensor& replay_ids) const {
  const Var logits = gate_(x, context);
  const MoeRoute route =
      moe_route(logits, config_.experts_per_token, config_.renormalise, replay_ids);
  const kernels::ExpertOrder order = kernels::moe_sort(route.ids, config_.experts);
  const int64_t assignments = route.ids.numel();
  const bool idle = gate_up_.quantized() && down_.quantized() && assignments < config_.experts;
  const bool few =
      reads_expert_codes(gate_up_, assignments) && reads_expert_codes(down_, assignments);
  Var y = context.decoding && idle && !few
              ? active_experts(x, route, order)
              : moe_experts(x, route.weights, order, gate_up_, pointer(gate_up_lora_), down_,
                            pointer(down_lora_));
  if (shared_) y = add_gated(y, shared_->mlp(x, context), shared_->gate(x, context));
  return {y, logits, route.ids};
}

}  // namespace hone::nn
