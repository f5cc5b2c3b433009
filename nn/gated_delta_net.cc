// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/gated_delta_net.h"

#include <cmath>

#include "autograd/ops/conv1d_silu.h"
#include "autograd/ops/delta_gates.h"
#include "autograd/ops/gated_delta_rule.h"
#include "autograd/ops/gated_rms_norm.h"
#include "autograd/ops/split_l2_norm.h"

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
      dt_bias_(b.parameter(path + ".dt_bias", {config.heads.value_heads}, Init::ones())),
      norm_weight_(b.parameter(path + ".norm.weight", {config.heads.value_dim}, Init::ones())),
      out_proj_(b, path + ".out_proj", value_width(config.heads), config.hidden,
                {.init = config.init}) {}

Var GatedDeltaNet::operator()(const Var& x, const ForwardContext& context) const {
  const Var mixed = conv1d_silu(in_proj_qkv_(x, context), conv_weight_, context.cu_seqlens);
  const auto [q, k, v] = split_l2_norm(mixed, config_.heads);
  const auto [g, beta] =
      delta_gates(in_proj_a_(x, context), in_proj_b_(x, context), a_log_, dt_bias_);
  const Var o = gated_delta_rule(q, k, v, g, beta, context.cu_seqlens);
  const Var y = gated_rms_norm(o, in_proj_z_(x, context), norm_weight_, config_.eps);
  return out_proj_(y, context);
}

}  // namespace hone::nn
