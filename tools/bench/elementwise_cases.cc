// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/dora/dora.h"
#include "kernels/dropout/dropout.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/geglu/geglu.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/random_fill/random_fill.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/sigmoid_gate/sigmoid_gate.h"
#include "kernels/squared_relu/squared_relu.h"
#include "kernels/swiglu/swiglu.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

namespace {

std::vector<BenchCase> norm_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"C", c}}, t);
  return {
      {"rms_norm", "rms_norm_forward", shape, rms_norm_forward_cost(n, c, t, true),
       [=] {
         const Tensor x = s.values({n, c}, t), residual = s.values({n, c}, t), w = s.values({c}, t);
         return [=] { rms_norm_forward(x, residual, w, 1e-6, NormWeight::zero_centred); };
       }},
      {"rms_norm", "rms_norm_backward", shape, rms_norm_backward_cost(n, c, t, true),
       [=] {
         const Tensor h = s.values({n, c}, t), w = s.values({c}, t), dy = s.values({n, c}, t);
         const Tensor rstd = rms_norm_forward(h, {}, w, 1e-6, NormWeight::zero_centred).rstd;
         const GradTarget dw{s.zeros({c}, DType::f32)};
         return [=] { rms_norm_backward(dy, {}, h, w, rstd, NormWeight::zero_centred, dw); };
       }},
      {"layer_norm", "layer_norm_forward", shape, layer_norm_forward_cost(n, c, t, true),
       [=] {
         const Tensor x = s.values({n, c}, t), residual = s.values({n, c}, t), w = s.values({c}, t);
         return [=] { layer_norm_forward(x, residual, w, w, 1e-5, NormWeight::zero_centred); };
       }},
      {"layer_norm", "layer_norm_backward", shape, layer_norm_backward_cost(n, c, t, true),
       [=] {
         const Tensor h = s.values({n, c}, t), w = s.values({c}, t), dy = s.values({n, c}, t);
         const Tensor stats = layer_norm_forward(h, {}, w, w, 1e-5, NormWeight::zero_centred).stats;
         const LayerNormTargets targets{{s.zeros({c}, DType::f32)}, {s.zeros({c}, DType::f32)}};
         return
             [=] { layer_norm_backward(dy, {}, h, w, stats, NormWeight::zero_centred, targets); };
       }},
  };
}

// The activations of dense MLPs and of shared experts, [N, F].
std::vector<BenchCase> activation_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, f = s.model.moe.shared_width;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"F", f}}, t);
  std::vector<BenchCase> cases = {
      {"squared_relu", "squared_relu_forward", shape, squared_relu_forward_cost(n * f, t),
       [=] {
         const Tensor x = s.values({n, f}, t);
         return [=] { squared_relu_forward(x); };
       }},
      {"squared_relu", "squared_relu_backward", shape, squared_relu_backward_cost(n * f, t),
       [=] {
         const Tensor x = s.values({n, f}, t), dy = s.values({n, f}, t);
         return [=] { squared_relu_backward(dy, x); };
       }},
  };
  struct Gated {
    std::string name;
    Tensor (*forward)(const Tensor& gate, const Tensor& up);
    void (*backward)(const Tensor& dh, const Tensor& gate, const Tensor& up, const Tensor& dgate,
                     const Tensor& dup);
    Cost forward_cost, backward_cost;
  };
  for (const Gated& g : {Gated{"swiglu", swiglu_forward, swiglu_backward,
                               swiglu_forward_cost(n, f, t), swiglu_backward_cost(n, f, t)},
                         Gated{"geglu", geglu_forward, geglu_backward, geglu_forward_cost(n, f, t),
                               geglu_backward_cost(n, f, t)}}) {
    cases.push_back({g.name, g.name + "_forward", shape, g.forward_cost, [=] {
                       const Tensor gate = s.values({n, f}, t), up = s.values({n, f}, t);
                       return [=, forward = g.forward] { forward(gate, up); };
                     }});
    cases.push_back({g.name, g.name + "_backward", shape, g.backward_cost, [=] {
                       const Tensor gate = s.values({n, f}, t), up = s.values({n, f}, t);
                       const Tensor dgate = Tensor::zeros_like(gate), dup = Tensor::zeros_like(up);
                       return [=, backward = g.backward] { backward(up, gate, up, dgate, dup); };
                     }});
  }
  return cases;
}

std::vector<BenchCase> dora_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size;
  const DType t = s.dtype, sums = accumulator_dtype(t);
  const std::string shape = shape_text({{"N", n}, {"C", c}}, t);
  return {
      {"dora", "dora_norms", shape_text({{"C", c}, {"C", c}}, sums), dora_norms_cost(c, c, sums),
       [=] {
         const Tensor v = s.values({c, c}, sums);
         return [=] { dora_norms(v); };
       }},
      {"dora", "dora_forward", shape, dora_forward_cost(n, c, t),
       [=] {
         const Tensor u = s.values({n, c}, t), m = s.values({c}, sums);
         return [=] { dora_forward(u, m, m, Tensor()); };
       }},
      {"dora", "dora_backward", shape, dora_backward_cost(n, c, t), [=] {
         const Tensor u = s.values({n, c}, t), m = s.values({c}, sums);
         const Tensor dm = Tensor::zeros_like(m);
         return [=] { dora_backward(u, u, m, m, {dm, false}, {}); };
       }}};
}

std::vector<BenchCase> gate_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size, h = s.model.heads, d = s.model.head_dim;
  const DType t = s.dtype;
  const std::string head_shape = shape_text({{"N", n}, {"H", h}, {"D", d}}, t);
  const std::string shape = shape_text({{"N", n}, {"C", c}}, t);
  return {
      {"sigmoid_gate", "sigmoid_gate_forward", head_shape, sigmoid_gate_forward_cost(n, h * d, t),
       [=] {
         const Tensor a = s.values({n, h * d}, t), z = s.values({n, h, d}, t);
         return [=] { sigmoid_gate_forward(a, z); };
       }},
      {"sigmoid_gate", "sigmoid_gate_backward", head_shape, sigmoid_gate_backward_cost(n, h * d, t),
       [=] {
         const Tensor a = s.values({n, h * d}, t), z = s.values({n, h, d}, t);
         const Tensor dy = s.values({n, h * d}, t);
         return [=] { sigmoid_gate_backward(dy, a, z); };
       }},
      {"sigmoid_gate", "add_gated_forward", shape, add_gated_forward_cost(n, c, t),
       [=] {
         const Tensor routed = s.values({n, c}, t), shared = s.values({n, c}, t),
                      z = s.values({n, 1}, t);
         return [=] { add_gated_forward(routed, shared, z); };
       }},
      {"sigmoid_gate", "add_gated_backward", shape, add_gated_backward_cost(n, c, t),
       [=] {
         const Tensor dy = s.values({n, c}, t), shared = s.values({n, c}, t),
                      z = s.values({n, 1}, t);
         return [=] { add_gated_backward(dy, shared, z); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> elementwise_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size, v = s.model.vocab_size;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"C", c}}, t);
  std::vector<BenchCase> cases = {
      {"dropout", "dropout", shape, dropout_cost(n * c, t),
       [=] {
         const Tensor x = s.values({n, c}, t);
         DropoutStream stream = DropoutStream::of(0, "bench");
         stream.seed_and_pass = stream.seed_and_pass.to(s.device);
         return [=] { dropout(x, 0.1, stream); };
       }},
      {"elementwise", "add", shape, add_cost(n * c, t),
       [=] {
         const Tensor a = s.values({n, c}, t), b = s.values({n, c}, t);
         return [=] { add(a, b); };
       }},
      {"elementwise", "cast", shape_text({{"N", n}, {"C", c}}, DType::f32) + " -> bfloat16",
       cast_cost(n * c, DType::f32, DType::bf16),
       [=] {
         const Tensor x = s.values({n, c}, DType::f32);
         return [=] { cast(x, DType::bf16); };
       }},
      {"elementwise", "cast_into", shape, cast_cost(n * c, t, t),
       [=] {
         const Tensor x = s.values({n, c}, t), y = s.empty({n, c}, t);
         return [=] { cast_into(x, y, false); };
       }},
      {"elementwise", "fill", shape, Cost{static_cast<double>(n * c * size_of(t)), 0},
       [=] {
         const Tensor x = s.empty({n, c}, t);
         return [=] { fill(x, 1); };
       }},
      {"random_fill", "fill_uniform", shape, random_fill_cost(n * c, t),
       [=] {
         const Tensor x = s.empty({n, c}, t);
         return [=] { fill_uniform(x, 1, RandomStream(0, "bench")); };
       }},
      {"random_fill", "fill_normal", shape, random_fill_cost(n * c, t),
       [=] {
         const Tensor x = s.empty({n, c}, t);
         return [=] { fill_normal(x, 1, RandomStream(0, "bench")); };
       }},
      {"elementwise", "multiply", shape, add_cost(n * c, t),
       [=] {
         const Tensor a = s.values({n, c}, t), b = s.values({n, c}, t);
         return [=] { multiply(a, b); };
       }},
      {"elementwise", "scale", shape, cast_cost(n * c, t, t),
       [=] {
         const Tensor a = s.values({n, c}, t), factor = s.scalar(0.5f);
         return [=] { scale(a, factor); };
       }},
      {"embedding", "embedding_forward", shape, embedding_forward_cost(n, c, t),
       [=] {
         const Tensor ids = s.indices({n}, v, DType::i64), table = s.values({v, c}, t);
         return [=] { embedding_forward(ids, table); };
       }},
      {"embedding", "embedding_backward", shape, embedding_backward_cost(n, c, t),
       [=] {
         const Tensor ids = s.indices({n}, v, DType::i64), dy = s.values({n, c}, t);
         const GradTarget dtable{s.zeros({v, c}, DType::f32), true};
         return [=] { embedding_backward(dy, ids, dtable); };
       }},
  };
  for (auto part : {norm_cases, activation_cases, gate_cases, dora_cases})
    for (BenchCase& row : part(s)) cases.push_back(std::move(row));
  return cases;
}

}  // namespace hone::kernels::bench
