// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule/delta_rule.h"
#include "nn/linear.h"
#include "nn/sequence_slots.h"

namespace hone::nn {

struct GatedDeltaNetConfig {
  int64_t hidden = 0;  // C
  kernels::DeltaHeads heads;
  int64_t conv_kernel = 4;
  double eps = 1e-6;  // of the gated output norm
  double init = 0.02;
};

// Gated DeltaNet mixer: projections, short causal convolution, gated delta rule, gated norm.
//                                    source: Yang, Kautz, Hatamizadeh 2024, arXiv:2412.06464
//
//   p = in_proj_qkv x      c = silu(conv1d p)      q, k = l2norm(c_q, c_k)      v = c_v
//   g = -exp(A_log) softplus(in_proj_a x + dt_bias)      beta = sigmoid(in_proj_b x)
//   o = gated_delta_rule(q / sqrt(Dk), k, v, g, beta)
//   y = out_proj(RMSNorm(o; norm) * silu(in_proj_z x))
class GatedDeltaNet {
 public:
  // Parameters under <path>: in_proj_{qkv,z,b,a}.weight, conv1d.weight, A_log, dt_bias,
  // norm.weight, out_proj.weight.
  GatedDeltaNet(Builder& b, const std::string& path, const GatedDeltaNetConfig& config);

  // x [N, C] -> [N, C]; documents of context.cu_seqlens do not see each other.
  Var operator()(const Var& x, const ForwardContext& context) const;

  // The same for the next tokens of stored sequences, without gradients: chunked where there are
  // several, a single step where there is one each.
  DeltaNetState make_state(int64_t slots, DType dtype, Device device) const;
  Var extend(const Var& x, const ForwardContext& context, const SequenceSlots& slots,
             const DeltaNetState& state) const;

 private:
  Tensor delta_rule(const Tensor& mixed, const Var& x, const ForwardContext& context,
                    const SequenceSlots& slots, const Tensor& states) const;
  Var output(const Var& o, const Var& x, const ForwardContext& context) const;

  GatedDeltaNetConfig config_;
  Linear in_proj_qkv_, in_proj_z_, in_proj_b_, in_proj_a_;
  Var conv_weight_, a_log_, dt_bias_, norm_weight_;
  Linear out_proj_;
};

}  // namespace hone::nn
