// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The operators that only images need, at the sizes of the large vision tower of Qwen3.5.
#include <cmath>

#include "kernels/attention/attention.h"
#include "kernels/gelu/gelu.h"
#include "kernels/replace_rows/replace_rows.h"
#include "kernels/weighted_rows/weighted_rows.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

namespace {

constexpr int64_t kHidden = 1152, kHeads = 16, kHeadDim = 72, kWidth = 4304, kPositions = 48 * 48;
constexpr int64_t kCorners = 4;

// Every patch sees all of its image; images are as long as the documents of the other cases.
std::vector<BenchCase> image_attention_cases(const BenchSizes& s) {
  const int64_t n = s.tokens;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"H", kHeads}, {"D", kHeadDim}}, t);
  const std::vector<int32_t> bounds = s.document_bounds();
  int64_t pairs = 0;
  for (size_t i = 1; i < bounds.size(); ++i) {
    const int64_t rows = bounds[i] - bounds[i - 1];
    pairs += rows * rows;
  }
  const double scale = 1 / std::sqrt(static_cast<double>(kHeadDim));
  return {
      {"attention", "attention_forward", shape + ", whole documents",
       attention_forward_cost(n, pairs, kHeads, kHeads, kHeadDim, t),
       [=] {
         const Tensor q = s.values({n, kHeads, kHeadDim}, t), documents = s.documents();
         return [=] { attention_forward(q, q, q, documents, scale, kWholeDocument); };
       }},
      {"attention", "attention_backward", shape + ", whole documents",
       attention_backward_cost(n, pairs, kHeads, kHeads, kHeadDim, t),
       [=] {
         const Tensor q = s.values({n, kHeads, kHeadDim}, t), documents = s.documents();
         const AttentionOutput out = attention_forward(q, q, q, documents, scale, kWholeDocument);
         return [=] { attention_backward(q, q, q, q, out, documents, scale, kWholeDocument); };
       }},
  };
}

std::vector<BenchCase> gelu_cases(const BenchSizes& s) {
  const int64_t n = s.tokens;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"F", kWidth}}, t);
  std::vector<BenchCase> cases;
  for (const auto& [form, name] : {std::pair{GeluForm::tanh, ", tanh"}, {GeluForm::erf, ", erf"}}) {
    cases.push_back(
        {"gelu", "gelu_forward", shape + name, gelu_forward_cost(n * kWidth, t), [=, form = form] {
           const Tensor x = s.values({n, kWidth}, t);
           return [=] { gelu_forward(x, form); };
         }});
    cases.push_back({"gelu", "gelu_backward", shape + name, gelu_backward_cost(n * kWidth, t),
                     [=, form = form] {
                       const Tensor x = s.values({n, kWidth}, t);
                       return [=] { gelu_backward(x, x, form); };
                     }});
  }
  return cases;
}

std::vector<BenchCase> indexed_row_cases(const BenchSizes& s) {
  const int64_t n = s.tokens, m = n / 4;
  const DType t = s.dtype;
  const std::string shape = shape_text({{"N", n}, {"K", kCorners}, {"C", kHidden}}, t);
  return {
      {"weighted_rows", "weighted_rows_forward", shape,
       weighted_rows_forward_cost(n, kCorners, kHidden, t),
       [=] {
         const Tensor ids = s.indices({n, kCorners}, kPositions, DType::i64);
         const Tensor weights = s.values({n, kCorners}, DType::f32);
         const Tensor table = s.values({kPositions, kHidden}, t);
         return [=] { weighted_rows_forward(ids, weights, table); };
       }},
      {"weighted_rows", "weighted_rows_backward", shape,
       weighted_rows_backward_cost(n, kCorners, kHidden, t),
       [=] {
         const Tensor ids = s.indices({n, kCorners}, kPositions, DType::i64);
         const Tensor weights = s.values({n, kCorners}, DType::f32);
         const Tensor dy = s.values({n, kHidden}, t);
         const GradTarget dtable{s.zeros({kPositions, kHidden}, DType::f32)};
         return [=] { weighted_rows_backward(dy, ids, weights, dtable); };
       }},
      {"replace_rows", "replace_rows", shape_text({{"M", m}, {"C", kHidden}}, t),
       replace_rows_cost(m, kHidden, t),
       [=] {
         std::vector<int64_t> places;
         for (int64_t i = 0; i < m; ++i) places.push_back(i);
         const Tensor rows = Tensor::of(places, {m}, s.device), from = s.values({m, kHidden}, t),
                      to = s.zeros({n, kHidden}, t);
         return [=] { replace_rows(rows, from, to); };
       }},
  };
}

}  // namespace

std::vector<BenchCase> vision_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases;
  for (auto part : {image_attention_cases, gelu_cases, indexed_row_cases})
    for (BenchCase& c : part(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
