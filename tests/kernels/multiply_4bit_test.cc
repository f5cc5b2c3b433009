// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/multiply.h"
#include "kernels/nf4/quantize.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

QuantizedTensor quantised(int64_t N, int64_t K, QuantType type, bool nested) {
  return quantize_4bit(random_tensor({N, K}, DType::f32, "w", 0.05), type, nested);
}

TEST_CASE("multiply_4bit: the product with the dequantised matrix") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const auto& [M, N, K] : {std::tuple{1, 1, 1}, {3, 7, 65}, {8, 33, 128}, {11, 5, 1000}})
      for (const QuantType type : {QuantType::nf4, QuantType::fp4})
        for (const bool nested : {false, true}) {
          const QuantizedTensor w = quantised(N, K, type, nested);
          const Tensor x = random_tensor({M, K}, dtype, "x");
          const Tensor want = matmul(x, Transpose::no, dequantize_4bit(w, dtype), Transpose::yes);
          CHECK(rel_err(multiply_4bit(x, w), want) <= tolerance);
        }
}

TEST_CASE("multiply_4bit: a row's bits do not depend on the others, on strides or on threads") {
  const QuantizedTensor w = quantised(40, 100, QuantType::nf4, true);
  const Tensor wide = random_tensor({6, 103}, DType::f32, "x"), x = wide.narrow(1, 2, 100);
  set_num_threads(1);
  const Tensor y = multiply_4bit(x, w);
  set_num_threads(2);
  CHECK(same_bits(multiply_4bit(x, w), y));
  for (int64_t m = 0; m < 6; ++m)
    CHECK(same_bits(multiply_4bit(contiguous(x).rows(m, m + 1), w), y.rows(m, m + 1)));
  CHECK(multiply_4bit(x.rows(0, 0), w).shape() == Shape{0, 40});
  CHECK_THROWS_WITH(multiply_4bit(wide, w), doctest::Contains("does not fit"));
}

TEST_CASE("cuda: multiply_4bit gives the CPU's numbers") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const auto& [M, N, K] : {std::tuple{0, 3, 64},
                                  {1, 1, 1},
                                  {1, 500, 2048},
                                  {3, 63, 65},
                                  {5, 9, 72},
                                  {8, 33, 520},
                                  {11, 5, 1000}})
      for (const QuantType type : {QuantType::nf4, QuantType::fp4})
        for (const bool nested : {false, true}) {
          const QuantizedTensor w = quantised(N, K, type, nested);
          const auto run = [&](const std::vector<Tensor>& t) {
            const QuantizedTensor on{t[1], t[2], t[3], t[4], type, w.shape, w.dtype};
            return std::vector<Tensor>{multiply_4bit(t[0].narrow(1, 8, w.shape[1]), on)};
          };
          test::check_gpu_matches(
              std::to_string(M) + " x " + std::to_string(N) + " x " + std::to_string(K),
              {random_tensor({M, K + 8}, dtype, "x"), w.codes, w.absmax, w.nested_absmax,
               w.nested_offset},
              run);
        }
}

}  // namespace
}  // namespace hone::kernels
