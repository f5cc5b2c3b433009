// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/bradley_terry/bradley_terry.h"
#include "kernels/gemm/gemm.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

// One linear layer [C, C]: y = x W^T and its two gradients; and those of LoRA with rank 16.
std::vector<BenchCase> linear_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size, r = 16;
  const DType t = s.dtype;
  const auto row = [&](const char* function, const char* what, DType out, Transpose ta,
                       Transpose tb, Shape a, Shape b, Shape y) -> BenchCase {
    const int64_t k = ta == Transpose::yes ? a[0] : a[1];
    return {"gemm", function, shape_text({{"M", y[0]}, {"N", y[1]}, {"K", k}}, t) + " " + what,
            gemm_cost(y[0], y[1], k, t, out), [=] {
              const Tensor left = s.values(a, t), right = s.values(b, t), result = s.zeros(y, out);
              return [=] { gemm(left, ta, right, tb, 1, 0, result); };
            }};
  };
  return {
      row("gemm", "y = x W^T", t, Transpose::no, Transpose::yes, {n, c}, {c, c}, {n, c}),
      row("gemm", "dx = dy W", t, Transpose::no, Transpose::no, {n, c}, {c, c}, {n, c}),
      row("gemm", "dW = dy^T x", DType::f32, Transpose::yes, Transpose::no, {n, c}, {n, c}, {c, c}),
      row("gemm", "x A^T", t, Transpose::no, Transpose::yes, {n, c}, {r, c}, {n, r}),
      row("gemm", "(x A^T) B^T", t, Transpose::no, Transpose::yes, {n, r}, {c, r}, {n, c}),
      row("gemm", "dA = (dy B)^T x", DType::f32, Transpose::yes, Transpose::no, {n, r}, {n, c},
          {r, c}),
  };
}

// The language-model head with its loss, without and with the gradients of both operands. Every
// second row has a label.
std::vector<BenchCase> head_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, c = s.model.hidden_size, v = s.model.vocab_size, m = n / 2;
  const DType t = s.dtype;
  const auto row = [&](const char* what, bool gradients) -> BenchCase {
    return {"linear_cross_entropy", "linear_cross_entropy",
            shape_text({{"labels", m}, {"C", c}, {"V", v}}, t) + " " + what,
            linear_cross_entropy_cost(m, c, v, t, gradients, gradients), [=] {
              const Tensor h = s.values({n, c}, t), w = s.values({v, c}, t, 0.05);
              const Tensor drawn = s.indices({n}, v, DType::i64).to(kCpu);
              for (int64_t i = 0; i < n; i += 2) drawn.data<int64_t>()[i] = kIgnoredLabel;
              const Tensor targets = drawn.to(s.device);
              const Tensor num_items = s.scalar(static_cast<float>(m));
              GradTarget dw;
              if (gradients) dw.tensor = s.zeros({v, c}, DType::f32);
              return [=] { linear_cross_entropy(h, w, targets, num_items, gradients, dw); };
            }};
  };
  return {row("loss", false), row("loss, dh, dW", true)};
}

// The loss of a reward model over pairs of answers of 256 tokens.
std::vector<BenchCase> reward_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, p = std::max<int64_t>(1, n / 512);
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"pairs", p}}, t);
  const auto pairs = [=] {
    return PreferencePairs{s.indices({2 * p}, n, DType::i32), Tensor(),
                           s.scalar(static_cast<float>(p)), 0.01};
  };
  return {
      {"bradley_terry", "bradley_terry_forward", shape, bradley_terry_forward_cost(p, t),
       [=] {
         const Tensor scores = s.values({n, 1}, t);
         return [scores, pairs = pairs()] { bradley_terry_forward(scores, pairs); };
       }},
      {"bradley_terry", "bradley_terry_backward", shape, bradley_terry_backward_cost(n, p, t),
       [=] {
         const Tensor scores = s.values({n, 1}, t), dloss = s.scalar(1.0f);
         return [=, pairs = pairs()] { bradley_terry_backward(dloss, scores, pairs); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> projection_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases = linear_cases(sizes);
  for (BenchCase& c : head_cases(sizes)) cases.push_back(std::move(c));
  for (BenchCase& c : reward_cases(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
