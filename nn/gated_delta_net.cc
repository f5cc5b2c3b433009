// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/gated_delta_net.h"

#include <cmath>

#include "autograd/ops/conv1d_silu.h"
#include "autograd/ops/delta_gates.h"
#include "autograd/ops/gated_delta_rule.h"
#include "autograd/ops/gated_rms_norm.h"
#include "autograd/ops/split_l2_norm.h"
#include "kernels/conv1d/conv1d_extend.h"
#include "kernels/delta_rule/delta_rule_step.h"
#include "kernels/slots/slots.h"

namespace hone::nn {
namespace {

int64_t qkv_width(const kernels::DeltaHeads& h) {
  return 2 * h.key_heads * h.key_dim + h.value_heads * h.value_dim;
}
int64_t value_width(const kernels::DeltaHeads& h) { return h.value_heads * h.value_dim; }

}  // namespace

// The decay and write-strength projections decide what is remembered and are tiny: never 4-bit.
GatedDeltaNet::GatedDeltaNet(Builder& b, const std::string& path, const GatedDeltaNetConfig& config)
    : config_(config),
      in_proj_qkv_(b, path + ".in_proj_qkv", config.hidden, qkv_width(config.heads),
                   {.init = config.init}),
      in_proj_z_(b, path + ".in_proj_z", config.hidden, value_width(config.heads),
                 {.init = config.init}),
      in_proj_b_(b, path + ".in_proj_b", config.hidden, config.heads.value_heads,
                 {.may_quantise = false, .init = config.init}),
      in_proj_a_(b, path + ".in_proj_a", config.hidden, config.heads.value_heads,
                 {.may_quantise = false, .init = config.init}),
      conv_weight_(
          b.parameter(path + ".conv1d.weight", {qkv_width(config.heads), 1, config.conv_kernel},
                      Init::uniform(1 / std::sqrt(static_cast<double>(config.conv_kernel))))),
      a_log_(b.parameter(path + ".A_log", {config.heads.value_heads}, Init::a_log())),
      dt_bias_(b.parameter(path + ".dt_bias", {config.heads.value_heads}, Init::dt_bias())),
      norm_weight_(b.parameter(path + ".norm.weight", {config.heads.value_dim}, Init::ones())),
      out_proj_(b, path + ".out_proj", value_width(config.heads), config.hidden,
                {.init = config.init}) {}

Var GatedDeltaNet::output(const Var& o, const Var& x, const ForwardContext& context) const {
  return out_proj_(gated_rms_norm(o, in_proj_z_(x, context), norm_weight_, config_.eps), context);
}

Var GatedDeltaNet::operator()(const Var& x, const ForwardContext& context) const {
  const Var mixed = conv1d_silu(in_proj_qkv_(x, context), conv_weight_, context.cu_seqlens);
  const auto [q, k, v] = split_l2_norm(mixed, config_.heads);
  const auto [g, beta] =
      delta_gates(in_proj_a_(x, context), in_proj_b_(x, context), a_log_, dt_bias_);
  return output(gated_delta_rule(q, k, v, g, beta, context.cu_seqlens), x, context);
}

DeltaNetState GatedDeltaNet::make_state(int64_t slots, DType dtype, Device device) const {
  const kernels::DeltaHeads& h = config_.heads;
  return {Tensor::empty({slots, config_.conv_kernel - 1, qkv_width(h)}, dtype, device),
          Tensor::empty({slots, h.value_heads, h.key_dim, h.value_dim},
                        kernels::accumulator_dtype(dtype), device)};
}

Tensor GatedDeltaNet::delta_rule(const Tensor& mixed, const Var& x, const ForwardContext& context,
                                 const SequenceSlots& slots, const Tensor& states) const {
  const auto [q, k, v] = split_l2_norm(Var(mixed), config_.heads);
  const auto [g, beta] =
      delta_gates(in_proj_a_(x, context), in_proj_b_(x, context), a_log_, dt_bias_);
  const Tensor& places = slots.sequences.slots;
  if (slots.single && !slots.fresh)
    return kernels::gated_delta_rule_step(
        {q.value(), k.value(), v.value(), g.value(), beta.value(), places}, states);
  const Tensor before = slots.fresh ? Tensor() : kernels::gather_slots(states, places);
  const kernels::DeltaRuleOutput out = kernels::gated_delta_rule_forward(
      {q.value(), k.value(), v.value(), g.value(), beta.value(), context.cu_seqlens, before},
      kernels::DeltaForm::chunked, /*want_final_state=*/true);
  kernels::scatter_slots(out.final_state, places, states);
  return out.o;
}

Var GatedDeltaNet::extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
                          const DeltaNetState& state) const {
  const Tensor mixed = kernels::conv1d_silu_extend(
      in_proj_qkv_(x, context).value(), conv_weight_.value(), slots.sequences.cu_seqlens,
      slots.sequences.slots, slots.sequences.starts, state.conv);
  return output(Var(delta_rule(mixed, x, context, slots, state.delta)), x, context);
}

}  // namespace hone::nn
