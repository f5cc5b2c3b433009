// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/attention/attention.h"
#include "kernels/conv1d/conv1d.h"
#include "kernels/delta_rule/delta_gates.h"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gated_rms_norm/gated_rms_norm.h"
#include "kernels/l2_norm/l2_norm.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "kernels/rope/rope.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

DeltaHeads delta_heads(const ModelConfig& m) {
  return {m.delta_net.key_heads, m.delta_net.value_heads, m.delta_net.key_dim,
          m.delta_net.value_dim};
}

RotaryTable rotary(const BenchSizes& s) {
  const Tensor positions = s.indices({s.tokens}, s.tokens, DType::i32);
  return rotary_table(positions, inverse_frequencies(s.model.rotary), s.model.rotary.mrope_section,
                      s.dtype);
}

std::vector<BenchCase> rotary_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, h = s.model.heads, d = s.model.head_dim, r = s.model.rotary.dims;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"H", h}, {"D", d}}, t);
  return {
      {"rope", "rotary_table", shape_text({{"N", n}, {"rotary", r}}, t), rotary_table_cost(n, r, t),
       [=] {
         const Tensor positions = s.indices({n}, n, DType::i32);
         const std::vector<double> frequencies = inverse_frequencies(s.model.rotary);
         const std::vector<int64_t> sections = s.model.rotary.mrope_section;
         return [=] { rotary_table(positions, frequencies, sections, t); };
       }},
      {"qk_norm_rope", "qk_norm_rope_forward", shape, qk_norm_rope_forward_cost(n, h, d, r, t),
       [=] {
         const Tensor x = s.values({n, h, d}, t), w = s.values({d}, t);
         const RotaryTable table = rotary(s);
         return [=] { qk_norm_rope_forward(x, w, 1e-6, NormWeight::zero_centred, table); };
       }},
      {"qk_norm_rope", "qk_norm_rope_backward", shape, qk_norm_rope_backward_cost(n, h, d, r, t),
       [=] {
         const Tensor x = s.values({n, h, d}, t), w = s.values({d}, t), dy = s.values({n, h, d}, t);
         const RotaryTable table = rotary(s);
         const Tensor rstd = qk_norm_rope_forward(x, w, 1e-6, NormWeight::zero_centred, table).rstd;
         const Tensor dx = Tensor::zeros_like(x);
         const GradTarget dw{s.zeros({d}, DType::f32)};
         return [=] {
           qk_norm_rope_backward(dy, x, w, rstd, NormWeight::zero_centred, table, dx, dw);
         };
       }},
  };
}

std::vector<BenchCase> attention_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, h = s.model.heads, hk = s.model.kv_heads, d = s.model.head_dim;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"H", h}, {"Hk", hk}, {"D", d}}, t);
  const std::vector<int32_t> bounds = s.document_bounds();
  int64_t pairs = 0;
  for (size_t i = 1; i < bounds.size(); ++i) {
    const int64_t rows = bounds[i] - bounds[i - 1];
    pairs += rows * (rows + 1) / 2;
  }
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  return {
      {"attention", "attention_forward", shape, attention_forward_cost(n, pairs, h, hk, d, t),
       [=] {
         const Tensor q = s.values({n, h, d}, t), k = s.values({n, hk, d}, t),
                      v = s.values({n, hk, d}, t);
         const Tensor documents = s.documents();
         return [=] { attention_forward(q, k, v, documents, scale, 0); };
       }},
      {"attention", "attention_backward", shape, attention_backward_cost(n, pairs, h, hk, d, t),
       [=] {
         const Tensor q = s.values({n, h, d}, t), k = s.values({n, hk, d}, t),
                      v = s.values({n, hk, d}, t);
         const Tensor dout = s.values({n, h, d}, t, 0.5);
         const Tensor documents = s.documents();
         const AttentionOutput out = attention_forward(q, k, v, documents, scale, 0);
         return [=] { attention_backward(dout, q, k, v, out, documents, scale, 0); };
       }},
  };
}

// What comes before the delta rule: convolution and normalisation.
std::vector<BenchCase> delta_input_cases(const BenchSizes& s) {
  const DeltaHeads heads = delta_heads(s.model);
  const int64_t n = s.tokens, c = heads.qkv_width(), taps = s.model.delta_net.conv_kernel;
  const int64_t hk = heads.key_heads, dk = heads.key_dim;
  const DType t = s.dtype;
  const std::string conv_shape = shape_text({{"N", n}, {"C", c}, {"taps", taps}}, t);
  const std::string l2_shape = shape_text({{"N", n}, {"Hk", hk}, {"D", dk}}, t);
  return {
      {"conv1d", "conv1d_silu_forward", conv_shape, conv1d_silu_forward_cost(n, c, taps, t),
       [=] {
         const Tensor x = s.values({n, c}, t), w = s.values({c, taps}, t), docs = s.documents();
         return [=] { conv1d_silu_forward(x, w, docs); };
       }},
      {"conv1d", "conv1d_silu_backward", conv_shape, conv1d_silu_backward_cost(n, c, taps, t, true),
       [=] {
         const Tensor x = s.values({n, c}, t), w = s.values({c, taps}, t), docs = s.documents();
         const Tensor dy = s.values({n, c}, t);
         const GradTarget dw{s.zeros({c, taps}, DType::f32)};
         return [=] { conv1d_silu_backward(dy, x, w, docs, dw); };
       }},
      {"l2_norm", "l2_norm_forward", l2_shape, l2_norm_forward_cost(n * hk, dk, t),
       [=] {
         const Tensor x = s.values({n, hk, dk}, t);
         return [=] { l2_norm_forward(x, 1e-6); };
       }},
      {"l2_norm", "l2_norm_backward", l2_shape, l2_norm_backward_cost(n * hk, dk, t),
       [=] {
         const Tensor x = s.values({n, hk, dk}, t), dy = s.values({n, hk, dk}, t);
         const Tensor rnorm = l2_norm_forward(x, 1e-6).rnorm, dx = Tensor::zeros_like(x);
         return [=] { l2_norm_backward(dy, x, rnorm, dx); };
       }},
  };
}

// Its gates, and the gated norm after it.
std::vector<BenchCase> delta_gate_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, h = s.model.delta_net.value_heads, d = s.model.delta_net.value_dim;
  const DType t = s.dtype;
  const std::string gate_shape = shape_text({{"N", n}, {"H", h}}, t);
  const std::string norm_shape = shape_text({{"N", n}, {"H", h}, {"D", d}}, t);
  return {
      {"delta_rule/delta_gates", "delta_gates_forward", gate_shape,
       delta_gates_forward_cost(n, h, t),
       [=] {
         const Tensor a = s.values({n, h}, t), b = s.values({n, h}, t), p = s.values({h}, t);
         return [=] { delta_gates_forward(a, b, p, p); };
       }},
      {"delta_rule/delta_gates", "delta_gates_backward", gate_shape,
       delta_gates_backward_cost(n, h, t),
       [=] {
         const Tensor a = s.values({n, h}, t), b = s.values({n, h}, t), p = s.values({h}, t);
         const Tensor dy = s.values({n, h}, DType::f32);
         const GradTarget da_log{s.zeros({h}, DType::f32)};
         const GradTarget ddt_bias{s.zeros({h}, DType::f32)};
         return [=] { delta_gates_backward(dy, dy, a, b, p, p, da_log, ddt_bias); };
       }},
      {"gated_rms_norm", "gated_rms_norm_forward", norm_shape,
       gated_rms_norm_forward_cost(n * h, d, t),
       [=] {
         const Tensor x = s.values({n, h, d}, t), z = s.values({n, h, d}, t), w = s.values({d}, t);
         return [=] { gated_rms_norm_forward(x, z, w, 1e-6); };
       }},
      {"gated_rms_norm", "gated_rms_norm_backward", norm_shape,
       gated_rms_norm_backward_cost(n * h, d, t, true),
       [=] {
         const Tensor x = s.values({n, h, d}, t), z = s.values({n, h, d}, t), w = s.values({d}, t);
         const Tensor dy = s.values({n, h * d}, t);
         const Tensor rstd = gated_rms_norm_forward(x, z, w, 1e-6).rstd;
         const GradTarget dw{s.zeros({d}, DType::f32)};
         return [=] { gated_rms_norm_backward(dy, x, z, w, rstd, dw); };
       }},
  };
}

DeltaRuleInput delta_rule_input(const BenchSizes& s) {
  const DeltaHeads heads = delta_heads(s.model);
  const int64_t n = s.tokens;
  DeltaRuleInput in;
  in.q = l2_norm_forward(s.values({n, heads.key_heads, heads.key_dim}, s.dtype), 1e-6).y;
  in.k = l2_norm_forward(s.values({n, heads.key_heads, heads.key_dim}, s.dtype, -1), 1e-6).y;
  in.v = s.values({n, heads.value_heads, heads.value_dim}, s.dtype);
  const Tensor a = s.values({n, heads.value_heads}, s.dtype);
  const Tensor p = s.values({heads.value_heads}, s.dtype);
  const DeltaGates gates = delta_gates_forward(a, a, p, p);
  in.g = gates.g;
  in.beta = gates.beta;
  in.cu_seqlens = s.documents();
  return in;
}

std::vector<BenchCase> delta_rule_cases(const BenchSizes& s) {
  const DeltaHeads heads = delta_heads(s.model);
  const std::string shape = shape_text({{"N", s.tokens},
                                        {"Hk", heads.key_heads},
                                        {"Hv", heads.value_heads},
                                        {"Dk", heads.key_dim},
                                        {"Dv", heads.value_dim}},
                                       s.dtype);
  std::vector<BenchCase> cases;
  for (const auto& [form, name] :
       {std::pair{DeltaForm::chunked, " chunked"}, {DeltaForm::recurrent, " recurrent"}}) {
    cases.push_back({"delta_rule", "gated_delta_rule_forward", shape + name,
                     gated_delta_rule_forward_cost(s.tokens, heads, s.dtype, form), [=] {
                       const DeltaRuleInput in = delta_rule_input(s);
                       return [=] { gated_delta_rule_forward(in, form, false); };
                     }});
    cases.push_back({"delta_rule", "gated_delta_rule_backward", shape + name,
                     gated_delta_rule_backward_cost(s.tokens, heads, s.dtype, form), [=] {
                       const DeltaRuleInput in = delta_rule_input(s);
                       const Tensor grad_o = s.values(in.v.shape(), s.dtype, 0.5);
                       return [=] { gated_delta_rule_backward(grad_o, {}, in, form); };
                     }});
  }
  return cases;
}

}  // namespace

std::vector<BenchCase> mixer_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases;
  for (auto part :
       {rotary_cases, attention_cases, delta_input_cases, delta_gate_cases, delta_rule_cases})
    for (BenchCase& c : part(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
