// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/multiply.h"
#include "kernels/nf4/quantize.h"
#include "kernels/nf4/selective.h"
#include "kernels/optimizer/adamw.h"
#include "kernels/optimizer/adamw8bit.h"
#include "kernels/optimizer/global_norm.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

// Bits an element with double quantisation: a code, 1/64 of an absmax code, 1/64/256 of an f32.
constexpr double kNestedBits = 4 + 8.0 / QuantizedTensor::kBlock +
                               32.0 / (QuantizedTensor::kBlock * QuantizedTensor::kNestedBlock);

// The first stack of the experts, [E, 2F, C], in 4 bits; half of the experts are active.
std::vector<BenchCase> nf4_cases(const BenchSizes& s) {
  const int64_t e = s.model.moe.experts;
  const Shape expert{2 * s.model.moe.expert_width, s.model.hidden_size};
  const Shape stack{e, expert[0], expert[1]};
  const int64_t n = stack.numel();
  const DType t = s.dtype;
  const std::string shape = shape_text({{"E", e}, {"out", expert[0]}, {"in", expert[1]}}, t);
  const auto active = [=] { return active_experts(s.indices({s.tokens}, e / 2, DType::i32), e); };
  const int64_t used = active().count();
  std::vector<BenchCase> cases;
  for (const QuantType type : {QuantType::nf4, QuantType::fp4}) {
    const std::string typed = shape + " " + name_of(type);
    cases.push_back({"nf4/quantize", "quantize_4bit", typed, quantize_4bit_cost(n, t, true), [=] {
                       const Tensor x = s.values(stack, t);
                       return [=] { quantize_4bit(x, type, true); };
                     }});
    cases.push_back(
        {"nf4/dequantize", "dequantize_4bit", typed, dequantize_4bit_cost(n, t, true), [=] {
           const QuantizedTensor q = quantize_4bit(s.values(stack, t), type, true);
           return [=] { dequantize_4bit(q, t); };
         }});
    const int64_t out = expert[0], in = expert[1];
    cases.push_back({"nf4/multiply", "multiply_4bit",
                     shape_text({{"M", 1}, {"N", out}, {"K", in}}, t) + " " + name_of(type),
                     multiply_4bit_cost(1, out, in, t, true), [=] {
                       const QuantizedTensor q = quantize_4bit(s.values(expert, t), type, true);
                       const Tensor x = s.values({1, in}, t);
                       return [=] { multiply_4bit(x, q); };
                     }});
    cases.push_back({"nf4/selective", "gather_experts", typed,
                     gather_experts_cost(used, expert.numel(), kNestedBits, t), [=] {
                       const QuantizedTensor q = quantize_4bit(s.values(stack, t), type, true);
                       const ActiveExperts experts = active();
                       return [=] { gather_experts(q, expert, experts, t); };
                     }});
  }
  return cases;
}

// The same stack in e4m3.
std::vector<BenchCase> fp8_cases(const BenchSizes& s) {
  const int64_t e = s.model.moe.experts;
  const Shape expert{2 * s.model.moe.expert_width, s.model.hidden_size};
  const Shape stack{e, expert[0], expert[1]};
  const DType t = s.dtype;
  const std::string shape =
      shape_text({{"E", e}, {"out", expert[0]}, {"in", expert[1]}}, t) + " e4m3";
  const ActiveExperts active = active_experts(s.indices({s.tokens}, e / 2, DType::i32), e);
  return {
      {"nf4/selective", "quantize_fp8_experts", shape,
       quantize_fp8_experts_cost(e, expert.numel(), t),
       [=] {
         const Tensor x = s.values(stack, t);
         return [=] { quantize_fp8_experts(x); };
       }},
      {"nf4/selective", "dequantize_fp8_experts", shape,
       dequantize_fp8_experts_cost(e, expert.numel(), t),
       [=] {
         const Fp8Experts q = quantize_fp8_experts(s.values(stack, t));
         const Tensor out = s.empty(stack, t);
         return [=] { dequantize_fp8_experts(q, 0, out); };
       }},
      {"nf4/selective", "gather_experts", shape,
       gather_experts_cost(active.count(), expert.numel(), 8, t),
       [=] {
         const Fp8Experts q = quantize_fp8_experts(s.values(stack, t));
         return [=] { gather_experts(q, active, t); };
       }},
  };
}

// Which experts are active, dense ones of them, and LoRA gradients back to their places.
std::vector<BenchCase> selection_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, e = s.model.moe.experts, r = 16, c = s.model.hidden_size;
  const Tensor ids = s.indices({n}, e / 2, DType::i32);
  const ActiveExperts active = active_experts(ids, e);
  const std::string ids_shape = shape_text({{"P", n}, {"E", e}}, DType::i32);
  const std::string shape = shape_text({{"E", e}, {"R", r}, {"in", c}}, DType::f32);
  const Cost ids_cost{4.0 * static_cast<double>(n + e), 0};
  const Cost offsets_cost{8.0 * static_cast<double>(e), 0};
  return {
      {"nf4/selective", "active_experts", ids_shape, ids_cost,
       [=] { return [=] { active_experts(ids, e); }; }},
      {"nf4/selective", "remap_expert_ids", ids_shape, ids_cost,
       [=] { return [=] { remap_expert_ids(ids, active); }; }},
      {"nf4/selective", "compact_offsets", ids_shape, offsets_cost,
       [=] {
         const Tensor offsets = s.zeros({e + 1}, DType::i32);
         return [=] { compact_offsets(offsets, active); };
       }},
      {"nf4/selective", "gather_experts", shape,
       gather_experts_cost(active.count(), r * c, 32, DType::f32),
       [=] {
         const Tensor a = s.values({e, r, c}, DType::f32);
         return [=] { gather_experts(a, active); };
       }},
      {"nf4/selective", "scatter_experts", shape,
       scatter_experts_cost(active.count(), e, r * c, false),
       [=] {
         const Tensor gradient = s.values({active.count(), r, c}, DType::f32);
         const GradTarget full{s.zeros({e, r, c}, DType::f32)};
         return [=] { scatter_experts(gradient, active, full); };
       }},
  };
}

// Over as many parameters as four square matrices have.
std::vector<BenchCase> optimizer_cases(const BenchSizes& s) {
  const int64_t n = 4 * s.model.hidden_size * s.model.hidden_size;
  const std::string shape = shape_text({{"n", n}}, DType::f32);
  return {
      {"optimizer/adamw", "adamw_step", shape, adamw_cost(n, true),
       [=] {
         const Tensor p = s.values({n}, DType::f32), grad = s.values({n}, DType::f32);
         const Tensor m = Tensor::zeros_like(p), v = Tensor::zeros_like(p);
         const Tensor shadow = s.empty({n}, DType::bf16);
         StepScalars scalars = StepScalars::make(s.device);
         scalars.step = s.scalar(int64_t{1});
         return [=] { adamw_step(p, grad, m, v, shadow, scalars, {}); };
       }},
      {"optimizer/adamw8bit", "adamw8bit_step", shape, adamw8bit_cost(n, DType::f32, true),
       [=] {
         const Tensor p = s.values({n}, DType::f32), grad = s.values({n}, DType::f32);
         const Tensor shadow = s.empty({n}, DType::bf16);
         const AdamW8bitState state = AdamW8bitState::zeros(n, s.device);
         StepScalars scalars = StepScalars::make(s.device);
         scalars.step = s.scalar(int64_t{1});
         return [=] { adamw8bit_step(p, grad, state, shadow, scalars, {}); };
       }},
      {"optimizer/global_norm", "clip_factor", shape, clip_factor_cost(n, DType::f32),
       [=] {
         const Tensor g = s.values({n}, DType::f32);
         const Tensor norm = s.scalar(0.0f);
         const StepScalars scalars = StepScalars::make(s.device);
         return [=] { clip_factor(g, {}, 1, norm, scalars); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> storage_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases;
  for (auto part : {nf4_cases, fp8_cases, selection_cases, optimizer_cases})
    for (BenchCase& c : part(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
