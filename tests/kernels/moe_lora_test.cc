// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>

#include "kernels/core/parallel.h"
#include "kernels/moe/lora.h"
#include "tests/kernels/moe_reference.h"

namespace hone::kernels {
namespace {

using test::arranged;
using test::expert_product;
using test::MoeShape;
using test::random_experts;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

constexpr double kScale = 2.0;

struct Operands {
  ExpertOrder order;
  Tensor x, w, a, b;

  explicit Operands(const MoeShape& s)
      : order(moe_sort(random_experts(s.T, s.k, s.E), s.E)),
        x(random_tensor({s.T, s.in}, DType::f32, "x")),
        w(random_tensor({s.E, s.out, s.in}, DType::f32, "w", 0.1)),
        a(random_tensor({s.E, s.R, s.in}, DType::f32, "a", 0.1)),
        b(random_tensor({s.E, s.out, s.R}, DType::f32, "b", 0.1)) {}
  Operands(const MoeShape& s, DType dtype) : Operands(Operands(s).in(dtype)) {}

  Operands in(DType dtype) const {
    Operands o = *this;
    for (Tensor* t : {&o.x, &o.w, &o.a, &o.b}) *t = cast(*t, dtype);
    return o;
  }
};

struct Result {
  Tensor y, rank;
};
Result run(const Operands& o, RowsBy y_by, LoraForm form, double scale = kScale) {
  const int64_t positions = o.order.order.numel();
  const Result r{Tensor::empty({positions, o.w.dim(1)}, o.x.dtype()),
                 Tensor::empty({positions, o.a.dim(1)}, o.x.dtype())};
  for (const Tensor& t : {r.y, r.rank}) fill(t, std::numeric_limits<double>::quiet_NaN());
  grouped_lora(o.x, RowsBy::token, o.w, Transpose::yes, o.a, o.b, scale, o.order, r.y, y_by, r.rank,
               form);
  return r;
}

TEST_CASE("grouped_lora: both forms match a loop over positions, and each other") {
  for (const MoeShape& s : test::moe_shapes()) {
    CAPTURE(s.name);
    const Operands base(s);
    for (const auto& [dtype, tolerance] : test::kMoeTolerances) {
      const Operands o = base.in(dtype);
      const Tensor rank = expert_product(o.x, RowsBy::token, o.a, Transpose::yes, o.order);
      const Tensor update = expert_product(rank, RowsBy::expert, o.b, Transpose::yes, o.order);
      const Tensor y = add(expert_product(o.x, RowsBy::token, o.w, Transpose::yes, o.order),
                           scale(update, kScale));
      for (const RowsBy y_by : {RowsBy::assignment, RowsBy::expert}) {
        const Result fused = run(o, y_by, LoraForm::fused), split = run(o, y_by, LoraForm::split);
        for (const Result& r : {fused, split}) {
          CHECK(rel_err(r.y, arranged(y, y_by, o.order)) < tolerance);
          CHECK(rel_err(r.rank, rank) < tolerance);
        }
        CHECK(rel_err(fused.y, split.y) < tolerance);
      }
    }
  }
}

TEST_CASE("grouped_lora: the input gradient is the same product with the factors exchanged") {
  for (const MoeShape& s : test::moe_shapes()) {
    CAPTURE(s.name);
    const Operands base(s);
    const Tensor dy32 = random_tensor({s.T * s.k, s.out}, DType::f32, "dy");
    for (const auto& [dtype, tolerance] : test::kMoeTolerances) {
      const Operands o = base.in(dtype);
      const Tensor dy = cast(dy32, dtype);
      const Tensor rank = expert_product(dy, RowsBy::expert, o.b, Transpose::no, o.order);
      const Tensor update = expert_product(rank, RowsBy::expert, o.a, Transpose::no, o.order);
      const Tensor expected = add(expert_product(dy, RowsBy::expert, o.w, Transpose::no, o.order),
                                  scale(update, kScale));
      for (const LoraForm form : {LoraForm::fused, LoraForm::split}) {
        const Tensor dx = Tensor::empty({s.T * s.k, s.in}, dtype),
                     dyb = Tensor::empty({s.T * s.k, s.R}, dtype);
        grouped_lora(dy, RowsBy::expert, o.w, Transpose::no, o.b, o.a, kScale, o.order, dx,
                     RowsBy::expert, dyb, form);
        CHECK(rel_err(dyb, rank) < tolerance);
        CHECK(rel_err(dx, expected) < tolerance);
      }
    }
  }
}

TEST_CASE("grouped_lora: any rank") {
  for (const int64_t R : {1, 3, 4, 8, 12, 16, 24, 32, 64, 300})
    for (const auto& [in, out] : {std::pair{72, 100}, {100, 72}, {8, 257}})
      for (const LoraForm form : {LoraForm::fused, LoraForm::split}) {
        const Operands o({"rank", 4, in, out, 21, 2, R}, DType::f32);
        const Tensor rank = expert_product(o.x, RowsBy::token, o.a, Transpose::yes, o.order);
        const Tensor update =
            scale(expert_product(rank, RowsBy::expert, o.b, Transpose::yes, o.order), kScale);
        const Tensor base = expert_product(o.x, RowsBy::token, o.w, Transpose::yes, o.order);
        CHECK(rel_err(run(o, RowsBy::expert, form).y, add(base, update)) < 1e-5);
      }
}

TEST_CASE("grouped_lora: scale 0 is the base product") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const Operands o({"base", 6, 40, 30, 50, 3, 5}, dtype);
    const Tensor base = Tensor::empty({150, 30}, dtype);
    grouped_gemm(o.x, RowsBy::token, o.w, Transpose::yes, 1, 0, o.order, base, RowsBy::expert);
    for (const LoraForm form : {LoraForm::fused, LoraForm::split})
      CHECK(rel_err(run(o, RowsBy::expert, form, 0).y, base) == 0);
  }
}

TEST_CASE("grouped_lora: the fused form rounds once") {
  const Operands narrow({"rounding", 4, 64, 64, 100, 2, 8}, DType::bf16);
  const Tensor rank =
      expert_product(narrow.x, RowsBy::token, narrow.a, Transpose::yes, narrow.order);
  const Tensor y = add(
      expert_product(narrow.x, RowsBy::token, narrow.w, Transpose::yes, narrow.order),
      scale(expert_product(rank, RowsBy::expert, narrow.b, Transpose::yes, narrow.order), kScale));
  // Rounding the exact result is the best that bf16 can do; only rank adds to it.
  const double best = rel_err(cast(y, DType::bf16), y);
  CHECK(rel_err(run(narrow, RowsBy::expert, LoraForm::fused).y, y) < 1.3 * best);
}

TEST_CASE("grouped_lora: split only for few large experts") {
  struct Model {
    const char* name;
    int64_t E, hidden, width;
    LoraForm expected;
  };
  for (const Model& m : {Model{"Qwen3.5-35B-A3B", 256, 2048, 512, LoraForm::fused},
                         {"Qwen3-30B-A3B", 128, 2048, 768, LoraForm::fused},
                         {"OLMoE-1B-7B", 64, 2048, 1024, LoraForm::fused},
                         {"Mixtral-8x7B", 8, 4096, 14336, LoraForm::split}}) {
    CAPTURE(m.name);
    CHECK(choose_lora_form(m.E, m.hidden, 2 * m.width) == m.expected);
    CHECK(choose_lora_form(m.E, m.width, m.hidden) == m.expected);
  }
  CHECK(choose_lora_form(32, 5000, 4000) == LoraForm::split);
  CHECK(choose_lora_form(33, 5000, 4000) == LoraForm::fused);
  CHECK(choose_lora_form(32, 5000, 3999) == LoraForm::fused);
  CHECK(choose_lora_form(8, 10, 10, 100) == LoraForm::split);
  CHECK(choose_lora_form(8, 4096, 28672, int64_t{1} << 40) == LoraForm::fused);
}

TEST_CASE("grouped_lora: the same bits with one and two threads, and again") {
  const Operands o({"threads", 7, 90, 300, 200, 4, 12}, DType::f32);
  const int before = num_threads();
  for (const LoraForm form : {LoraForm::fused, LoraForm::split}) {
    std::vector<Result> results;
    for (const int threads : {1, 2, 2}) {
      set_num_threads(threads);
      results.push_back(run(o, RowsBy::assignment, form));
    }
    for (size_t i : {1, 2}) {
      CHECK(same_bits(results[0].y, results[i].y));
      CHECK(same_bits(results[0].rank, results[i].rank));
    }
  }
  set_num_threads(before);
}

TEST_CASE("grouped_lora: factors that do not fit are refused") {
  Operands o({"bad", 3, 8, 6, 5, 2, 4}, DType::f32);
  o.b = random_tensor({3, 6, 5}, DType::f32, "b");
  CHECK_THROWS_WITH_AS(run(o, RowsBy::expert, LoraForm::fused),
                       doctest::Contains("second [3, 6, 5] must be a contiguous [3, 6, 4]"), Error);
}

}  // namespace
}  // namespace hone::kernels
