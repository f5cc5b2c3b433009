// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_fill/random_fill.h"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

constexpr std::array kTypes = {DType::f64, DType::f32, DType::bf16};

TEST_CASE("random_fill: element i is the stream's i-th number, rounded once") {
  const RandomStream stream(3, "layer.weight");
  for (const DType dtype : kTypes)
    for (const int64_t n : {0, 1, 5, 40000}) {
      const Tensor uniform = Tensor::empty({n}, DType::f32),
                   normal = Tensor::empty({n}, DType::f32);
      for (int64_t i = 0; i < n; ++i) {
        uniform.data<float>()[i] = 0.25f * (2 * stream.uniform(static_cast<uint64_t>(i)) - 1);
        normal.data<float>()[i] = 0.02f * stream.normal(static_cast<uint64_t>(i));
      }
      const Tensor t = Tensor::empty({n}, dtype);
      kernels::fill_uniform(t, 0.25f, stream);
      CHECK(test::same_bits(t, kernels::cast(uniform, dtype)));
      kernels::fill_normal(t, 0.02f, stream);
      CHECK(test::same_bits(t, kernels::cast(normal, dtype)));
    }
}

TEST_CASE("random_fill: the number of threads changes nothing; gaps are refused") {
  const RandomStream stream(3, "layer.weight");
  const int threads = kernels::num_threads();
  const Tensor a = Tensor::empty({300, 300}, DType::f32), b = Tensor::empty_like(a);
  kernels::fill_normal(a, 1, stream);
  kernels::set_num_threads(threads + 1);
  kernels::fill_normal(b, 1, stream);
  kernels::set_num_threads(threads);
  CHECK(test::same_bits(a, b));
  CHECK_THROWS_WITH_AS(kernels::fill_normal(a.narrow(1, 0, 5), 1, stream),
                       doctest::Contains("must be contiguous"), Error);
  CHECK_THROWS_WITH_AS(kernels::fill_uniform(a.narrow(1, 0, 5), 1, stream),
                       doctest::Contains("must be contiguous"), Error);
}

TEST_CASE("cuda: random_fill draws the CPU's uniform bits and its normal numbers") {
  if (!test::have_gpu()) return;
  const RandomStream stream(3, "layer.weight");
  for (const DType dtype : kTypes)
    for (const int64_t n : {1, 7, 40001}) {
      const Tensor cpu = Tensor::empty({n}, dtype), gpu = Tensor::empty({n}, dtype, test::kGpu);
      kernels::fill_uniform(cpu, 0.25f, stream);
      kernels::fill_uniform(gpu, 0.25f, stream);
      CHECK(test::same_bits(gpu.to(kCpu), cpu));
      kernels::fill_normal(cpu, 0.02f, stream);
      kernels::fill_normal(gpu, 0.02f, stream);
      // Where f32 differs in its last place, a rounding to bf16 may fall to the other side, once in
      // 2^16 times as many numbers.
      CHECK(test::rel_err(gpu.to(kCpu), cpu) <= (dtype == DType::bf16 ? 1e-4 : 1e-9));
    }
}

}  // namespace
}  // namespace hone
