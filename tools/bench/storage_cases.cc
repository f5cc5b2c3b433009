// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/dequantize.h"
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
  const auto active = [=] { return active_experts(indices({s.tokens}, e / 2, DType::i32), e); };
  const int64_t used = active().count();
  return {
      {"nf4/quantize", "quantize_4bit", shape, quantize_4bit_cost(n, t, true),
       [=] {
         const Tensor x = values(stack, t);
         return [=] { quantize_4bit(x, QuantType::nf4, true); };
       }},
      {"nf4/dequantize", "dequantize_4bit", shape, dequantize_4bit_cost(n, t, true),
       [=] {
         const QuantizedTensor q = quantize_4bit(values(stack, t), QuantType::nf4, true);
         return [=] { dequantize_4bit(q, t); };
       }},
      {"nf4/selective", "gather_experts", shape + " nf4",
       gather_experts_cost(used, expert.numel(), kNestedBits, t),
       [=] {
         const QuantizedTensor q = quantize_4bit(values(stack, t), QuantType::nf4, true);
         const ActiveExperts experts = active();
         return [=] { gather_experts(q, expert, experts, t); };
       }},
      {"nf4/selective", "gather_experts", shape + " e4m3",
       gather_experts_cost(used, expert.numel(), 8, t),
       [=] {
         const Fp8Experts q = quantize_fp8_experts(values(stack, t));
         const ActiveExperts experts = active();
         return [=] { gather_experts(q, experts, t); };
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
         const Tensor p = values({n}, DType::f32), grad = values({n}, DType::f32);
         const Tensor m = Tensor::zeros_like(p), v = Tensor::zeros_like(p);
         const Tensor shadow = Tensor::empty({n}, DType::bf16);
         StepScalars scalars = StepScalars::make(kCpu);
         scalars.step = Tensor::scalar(int64_t{1});
         return [=] { adamw_step(p, grad, m, v, shadow, scalars, {}); };
       }},
      {"optimizer/adamw8bit", "adamw8bit_step", shape, adamw8bit_cost(n, DType::f32, true),
       [=] {
         const Tensor p = values({n}, DType::f32), grad = values({n}, DType::f32);
         const Tensor shadow = Tensor::empty({n}, DType::bf16);
         const AdamW8bitState state = AdamW8bitState::zeros(n, kCpu);
         StepScalars scalars = StepScalars::make(kCpu);
         scalars.step = Tensor::scalar(int64_t{1});
         return [=] { adamw8bit_step(p, grad, state, shadow, scalars, {}); };
       }},
      {"optimizer/global_norm", "clip_factor", shape, clip_factor_cost(n, DType::f32),
       [=] {
         const Tensor g = values({n}, DType::f32);
         const Tensor norm = Tensor::scalar(0.0f), clip = Tensor::scalar(0.0f);
         return [=] { clip_factor(g, 1, norm, clip); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> storage_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases = nf4_cases(sizes);
  for (BenchCase& c : optimizer_cases(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
