// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/elementwise.h"
#include "kernels/moe/aux_loss.h"
#include "kernels/moe/combine.h"
#include "kernels/moe/grouped_gemm.h"
#include "kernels/moe/grouped_gram.h"
#include "kernels/moe/lora.h"
#include "kernels/moe/multiply_4bit_experts.h"
#include "kernels/moe/route.h"
#include "kernels/moe/weighted_swiglu.h"
#include "kernels/nf4/quantize.h"
#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {
namespace {

constexpr int64_t kRank = 16;

// One MoE layer: N tokens go to K of E experts, P = N K rows in all.
struct Moe {
  explicit Moe(const BenchSizes& sizes)
      : s(sizes),
        n(s.tokens),
        c(s.model.hidden_size),
        e(s.model.moe.experts),
        k(s.model.moe.experts_per_token),
        f(s.model.moe.expert_width),
        p(n * k),
        t(s.dtype) {}

  Tensor logits() const { return s.values({n, e}, t); }
  MoeRouteOutput route() const { return moe_route_forward(logits(), k, true, {}); }
  ExpertOrder order() const { return moe_sort(route().ids, e); }

  BenchSizes s;
  int64_t n, c, e, k, f, p;
  DType t;
};

// One token's experts, first layer, in 4 bits.
std::vector<BenchCase> decoding_cases(const BenchSizes& s) {
  const Moe m(s);
  return {{"moe/multiply_4bit_experts", "multiply_4bit_experts",
           shape_text({{"P", m.k}, {"out", 2 * m.f}, {"in", m.c}}, m.t) + " nf4",
           multiply_4bit_experts_cost(m.k, 2 * m.f, m.c, m.t, true), [=] {
             const QuantizedTensor w =
                 quantize_4bit(s.values({m.e, 2 * m.f, m.c}, m.t), QuantType::nf4, true);
             const Tensor x = s.values({1, m.c}, m.t);
             const Tensor logits = m.logits().rows(0, 1);
             const ExpertOrder order = moe_sort(moe_route_forward(logits, m.k, true, {}).ids, m.e);
             return [=] { multiply_4bit_experts(x, RowsBy::token, w, order); };
           }}};
}

std::vector<BenchCase> router_cases(const BenchSizes& s) {
  const Moe m(s);
  const std::string shape = shape_text({{"N", m.n}, {"E", m.e}, {"K", m.k}}, m.t);
  return {
      {"moe/route", "moe_route_forward", shape, moe_route_forward_cost(m.n, m.e, m.k, m.t),
       [=] {
         const Tensor logits = m.logits();
         return [=] { moe_route_forward(logits, m.k, true, {}); };
       }},
      {"moe/route", "moe_route_backward", shape, moe_route_backward_cost(m.n, m.e, m.k, m.t),
       [=] {
         const Tensor logits = m.logits(), dw = s.values({m.n, m.k}, m.t);
         const Tensor ids = moe_route_forward(logits, m.k, false, {}).ids;
         return [=] { moe_route_backward(dw, logits, ids); };
       }},
      {"moe/route", "moe_route_renormalised_backward", shape,
       moe_route_backward_cost(m.n, m.e, m.k, m.t),
       [=] {
         const MoeRouteOutput out = m.route();
         const Tensor dw = s.values({m.n, m.k}, m.t);
         return [=] { moe_route_renormalised_backward(dw, out.exact, out.ids, m.e); };
       }},
      {"moe/sort", "moe_sort", shape, moe_sort_cost(m.p, m.e),
       [=] {
         const Tensor ids = m.route().ids;
         return [=] { moe_sort(ids, m.e); };
       }},
      {"moe/aux_loss", "load_balancing_forward", shape,
       load_balancing_forward_cost(1, m.n, m.e, m.k, m.t),
       [=] {
         const std::vector<Tensor> logits{m.logits()}, ids{m.route().ids};
         return [=] { load_balancing_forward(logits, ids, {}); };
       }},
      {"moe/aux_loss", "load_balancing_backward", shape,
       load_balancing_backward_cost(m.n, m.e, m.t),
       [=] {
         const Tensor logits = m.logits(), dloss = s.scalar(1.0f);
         const std::vector<Tensor> all{logits}, ids{m.route().ids};
         const Tensor fractions = load_balancing_forward(all, ids, {}).fractions;
         return [=] { load_balancing_backward(dloss, logits, fractions, {}, 1); };
       }},
  };
}

// The rows between the products.
std::vector<BenchCase> row_cases(const BenchSizes& s) {
  const Moe m(s);
  const std::string shape = shape_text({{"N", m.n}, {"K", m.k}, {"C", m.c}}, m.t);
  return {
      {"moe/combine", "moe_combine", shape, moe_combine_cost(m.n, m.k, m.c, m.t),
       [=] {
         const Tensor y = s.values({m.p, m.c}, m.t), weights = s.values({m.n, m.k}, m.t);
         const ExpertOrder order = m.order();
         return [=] { moe_combine(y, weights, order, m.k); };
       }},
      {"moe/combine", "moe_scale_rows", shape, moe_scale_rows_cost(m.p, m.c, m.t),
       [=] {
         const Tensor x = s.values({m.p, m.c}, m.t), weights = s.values({m.n, m.k}, m.t);
         const ExpertOrder order = m.order();
         return [=] { moe_scale_rows(x, weights, order); };
       }},
      {"moe/weighted_swiglu", "weighted_swiglu_backward", shape_text({{"P", m.p}, {"F", m.f}}, m.t),
       weighted_swiglu_backward_cost(m.p, m.f, m.t, true),
       [=] {
         const Tensor dh = s.values({m.p, m.f}, m.t), z = s.values({m.p, 2 * m.f}, m.t);
         const Tensor weights = s.values({m.n, m.k}, m.t);
         const ExpertOrder order = m.order();
         return [=] { weighted_swiglu_backward(dh, z, weights, order, true); };
       }},
  };
}

// The first product of the experts, [C] -> [2F], with and without LoRA, and its gradients.
std::vector<BenchCase> product_cases(const BenchSizes& s) {
  const Moe m(s);
  const int64_t out = 2 * m.f, r = kRank;
  const std::string shape = shape_text({{"P", m.p}, {"E", m.e}, {"out", out}, {"in", m.c}}, m.t);
  const std::string lora_shape =
      shape_text({{"P", m.p}, {"E", m.e}, {"out", out}, {"in", m.c}, {"R", r}}, m.t);
  std::vector<BenchCase> cases = {
      {"moe/grouped_gemm", "grouped_gemm", shape, grouped_gemm_cost(m.p, m.e, out, m.c, m.t),
       [=] {
         const Tensor x = s.values({m.n, m.c}, m.t), w = s.values({m.e, out, m.c}, m.t);
         const Tensor y = s.zeros({m.p, out}, m.t);
         const ExpertOrder order = m.order();
         return [=] {
           grouped_gemm(x, RowsBy::token, w, Transpose::yes, 1, 0, order, y, RowsBy::expert);
         };
       }},
      {"moe/grouped_gram", "grouped_gram", shape, grouped_gram_cost(m.p, m.e, out, m.c, m.t),
       [=] {
         const Tensor dy = s.values({m.p, out}, m.t), x = s.values({m.n, m.c}, m.t);
         const GradTarget dw{s.zeros({m.e, out, m.c}, DType::f32)};
         const ExpertOrder order = m.order();
         return [=] { grouped_gram(dy, RowsBy::expert, x, RowsBy::token, 1, order, dw); };
       }},
  };
  // One direction of the adapted product, [from] -> [to] columns.
  const auto lora = [&](const char* what, LoraForm form, bool forward) {
    const int64_t from = forward ? m.c : out, to = forward ? out : m.c;
    const Transpose op = forward ? Transpose::yes : Transpose::no;
    cases.push_back(
        {"moe/lora", "grouped_lora", lora_shape + " " + what,
         grouped_lora_cost(m.p, m.e, to, from, r, m.t), [=] {
           const Tensor x = s.values({m.p, from}, m.t), w = s.values({m.e, out, m.c}, m.t);
           const Tensor a = s.values({m.e, r, m.c}, m.t), b = s.values({m.e, out, r}, m.t);
           const Tensor y = s.zeros({m.p, to}, m.t), rank = s.zeros({m.p, r}, m.t);
           const ExpertOrder order = m.order();
           return [=] {
             grouped_lora(x, RowsBy::expert, w, op, forward ? a : b, forward ? b : a, 2, order, y,
                          RowsBy::expert, rank, form);
           };
         }});
  };
  lora("fused", LoraForm::fused, true);
  lora("split", LoraForm::split, true);
  lora("fused, backward", LoraForm::fused, false);
  lora("split, backward", LoraForm::split, false);
  return cases;
}

}  // namespace

std::vector<BenchCase> moe_cases(const BenchSizes& sizes) {
  std::vector<BenchCase> cases;
  for (auto part : {router_cases, row_cases, product_cases, decoding_cases})
    for (BenchCase& c : part(sizes)) cases.push_back(std::move(c));
  return cases;
}

}  // namespace hone::kernels::bench
