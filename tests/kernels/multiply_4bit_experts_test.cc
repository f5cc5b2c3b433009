// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/multiply_4bit_experts.h"

#include <doctest/doctest.h>

#include "kernels/core/parallel.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/moe_reference.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

struct Case {
  int64_t N, K, E, out, in;
};

QuantizedTensor quantised(const Case& c, QuantType type, bool nested) {
  return quantize_4bit(random_tensor({c.E, c.out, c.in}, DType::f32, "w", 0.05), type, nested);
}

int64_t rows_of(const Case& c, RowsBy by) { return by == RowsBy::token ? c.N : c.N * c.K; }

TEST_CASE("multiply_4bit_experts: each row times its expert's dequantised matrix") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const Case& c : {Case{1, 1, 1, 1, 1}, Case{3, 2, 5, 7, 33}, Case{2, 8, 40, 9, 64}})
      for (const RowsBy by : {RowsBy::token, RowsBy::assignment, RowsBy::expert})
        for (const QuantType type : {QuantType::nf4, QuantType::fp4}) {
          const QuantizedTensor w = quantised(c, type, true);
          const ExpertOrder order = moe_sort(test::random_experts(c.N, c.K, c.E), c.E);
          const Tensor x = random_tensor({rows_of(c, by), c.in}, dtype, "x");
          const Tensor want =
              test::expert_product(x, by, dequantize_4bit(w, dtype), Transpose::yes, order);
          set_num_threads(1);
          const Tensor y = multiply_4bit_experts(x, by, w, order);
          CHECK(rel_err(cast(y, DType::f64), want) <= tolerance);
          set_num_threads(2);
          CHECK(same_bits(multiply_4bit_experts(x, by, w, order), y));
        }
}

TEST_CASE("multiply_4bit_experts: bad operands are refused") {
  const Case c{2, 2, 4, 3, 64};
  const QuantizedTensor w = quantised(c, QuantType::nf4, false);
  const ExpertOrder order = moe_sort(test::random_experts(2, 2, 4), 4);
  const auto run = [&](const Shape& x, const ExpertOrder& o) {
    return multiply_4bit_experts(Tensor::zeros(x, DType::f32), RowsBy::token, w, o);
  };
  CHECK_NOTHROW(run({2, 64}, order));
  CHECK_THROWS_WITH(run({2, 63}, order), doctest::Contains("does not fit"));
  CHECK_THROWS_WITH(run({3, 64}, order), doctest::Contains("assignments"));
  CHECK_THROWS_WITH(run({2, 64}, moe_sort(test::random_experts(2, 2, 5), 5)),
                    doctest::Contains("does not fit"));
}

TEST_CASE("cuda: multiply_4bit_experts gives the CPU's numbers") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Case& c : {Case{0, 2, 3, 4, 64}, Case{1, 1, 1, 1, 1}, Case{1, 8, 40, 100, 512},
                          Case{3, 2, 5, 7, 33}, Case{8, 8, 16, 9, 72}, Case{63, 2, 3, 17, 128}})
      for (const RowsBy by : {RowsBy::token, RowsBy::assignment, RowsBy::expert})
        for (const QuantType type : {QuantType::nf4, QuantType::fp4})
          for (const bool nested : {false, true}) {
            const QuantizedTensor w = quantised(c, type, nested);
            const auto run = [&](const std::vector<Tensor>& t) {
              const QuantizedTensor on{t[2], t[3], t[4], t[5], type, w.shape, w.dtype};
              return std::vector<Tensor>{multiply_4bit_experts(t[1], by, on, moe_sort(t[0], c.E))};
            };
            test::check_gpu_matches(
                std::to_string(c.N) + " tokens, " + std::to_string(c.E) + " experts",
                {test::random_experts(c.N, c.K, c.E),
                 random_tensor({rows_of(c, by), c.in}, dtype, "x"), w.codes, w.absmax,
                 w.nested_absmax, w.nested_offset},
                run);
          }
}

}  // namespace
}  // namespace hone::kernels
