// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/conv1d_silu.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

Tensor documents(const std::vector<int32_t>& at) {
  return Tensor::of(at, {static_cast<int64_t>(at.size())});
}

// Straight from the definition, in double, one document at a time.
Tensor definition(const Tensor& x, const Tensor& w, const std::vector<int32_t>& at) {
  const Tensor x64 = kernels::cast(x, DType::f64), w64 = kernels::cast(w, DType::f64);
  const Tensor y = Tensor::empty(x.shape(), DType::f64);
  const int64_t C = x.dim(1), W = w.dim(-1);
  for (size_t s = 0; s + 1 < at.size(); ++s)
    for (int64_t t = at[s]; t < at[s + 1]; ++t)
      for (int64_t c = 0; c < C; ++c) {
        double p = 0;
        for (int64_t j = 0; j < W; ++j) {
          const int64_t from = t - W + 1 + j;
          if (from >= at[s]) p += w64.data<double>()[c * W + j] * x64.data<double>()[from * C + c];
        }
        y.data<double>()[t * C + c] = p / (1 + std::exp(-p));
      }
  return y;
}

TEST_CASE("conv1d_silu: forward matches the definition in every dtype, for every kernel size") {
  const std::vector<int32_t> at{0, 1, 1, 3, 70, 133, 133};
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const int64_t C : {1, 17, 65, 128})
      for (const int64_t W : {1, 2, 4, 8}) {
        const Tensor x = random_tensor({133, C}, dtype, "x"),
                     w = random_tensor({C, 1, W}, dtype, "w");
        const Tensor y = kernels::conv1d_silu_forward(x, w, documents(at));
        CHECK(rel_err(y, definition(x, w, at)) < tolerance);
        CHECK(same_bits(y, kernels::conv1d_silu_forward(x, w.view({C, W}), documents(at))));
      }
}

TEST_CASE("conv1d_silu: the last tap is the token itself, and taps stop at a document's start") {
  // One channel, weights 1000, 100, 10, 1: the digits of p tell which tokens were read.
  const Tensor x = Tensor::of(std::vector<double>{1, 2, 3, 4, 5, 6, 7}, {7, 1});
  const Tensor w = Tensor::of(std::vector<double>{1000, 100, 10, 1}, {1, 1, 4});
  const std::vector<double> y =
      kernels::conv1d_silu_forward(x, w, documents({0, 5, 5, 7})).to_vector<double>();
  const std::vector<double> p{1, 12, 123, 1234, 2345, 6, 67};
  for (size_t t = 0; t < p.size(); ++t)
    CHECK(y[t] == doctest::Approx(p[t] / (1 + std::exp(-p[t]))).epsilon(1e-14));
}

TEST_CASE("gradcheck: conv1d_silu") {
  for (const auto& [C, W, at] : {std::tuple{1, 1, std::vector<int32_t>{0, 1}},
                                 {3, 4, {0, 1, 1, 3, 17}},
                                 {2, 4, {0, 33, 66, 66}},
                                 {17, 2, {0, 2, 5}},
                                 {2, 8, {0, 5, 14}},
                                 {70, 4, {0, 5, 9}}}) {
    const Tensor cu_seqlens = documents(at);
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          return std::vector<Var>{conv1d_silu(v[0], v[1], cu_seqlens)};
        },
        {random_f64({at.back(), C}, "x"), random_f64({C, 1, W}, "w")});
    CHECK_MESSAGE(r.worst < 1e-7, (std::to_string(C) + " channels: " + r.where));
  }
}

TEST_CASE("conv1d_silu: packed documents give what each gives alone") {
  const std::vector<int32_t> at{0, 1, 64, 64, 128, 193, 323};
  const Tensor x = random_tensor({323, 19}, DType::f32, "x"),
               w = random_tensor({19, 1, 4}, DType::f32, "w"),
               dy = random_tensor({323, 19}, DType::f32, "dy");
  const Tensor dw = Tensor::empty({19, 1, 4}, DType::f32), summed = Tensor::zeros_like(dw);
  const Tensor y = kernels::conv1d_silu_forward(x, w, documents(at));
  const Tensor dx = kernels::conv1d_silu_backward(dy, x, w, documents(at), {dw, false});
  for (size_t s = 0; s + 1 < at.size(); ++s) {
    const Tensor alone = documents({0, at[s + 1] - at[s]});
    const auto rows = [&](const Tensor& t) { return t.rows(at[s], at[s + 1]); };
    CHECK(same_bits(rows(y), kernels::conv1d_silu_forward(rows(x), w, alone)));
    CHECK(same_bits(rows(dx),
                    kernels::conv1d_silu_backward(rows(dy), rows(x), w, alone, {summed, true})));
  }
  CHECK(rel_err(dw, summed) < 1e-6);
}

TEST_CASE("conv1d_silu: the same bits on any number of threads") {
  const Tensor x = random_tensor({200, 70}, DType::f32, "x"),
               w = random_tensor({70, 1, 4}, DType::f32, "w"),
               dy = random_tensor({200, 70}, DType::f32, "dy"), cu = documents({0, 90, 200});
  std::vector<Tensor> results[2];
  for (int run = 0; run < 2; ++run) {
    kernels::set_num_threads(run + 1);
    const Tensor dw = Tensor::empty({70, 1, 4}, DType::f32);
    const Tensor dx = kernels::conv1d_silu_backward(dy, x, w, cu, {dw, false});
    results[run] = {kernels::conv1d_silu_forward(x, w, cu), dx, dw};
  }
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("conv1d_silu: bad operands are refused") {
  const Tensor x = random_tensor({5, 3}, DType::f32, "x");
  const Tensor w = random_tensor({3, 1, 4}, DType::f32, "w");
  const auto run = [&](const Tensor& weight, const std::vector<int32_t>& at) {
    return kernels::conv1d_silu_forward(x, weight, documents(at));
  };
  CHECK_THROWS_WITH_AS(run(random_tensor({4, 1, 4}, DType::f32, "w"), {0, 5}),
                       doctest::Contains("weight [4, 1, 4] = [C, 1, W] does not fit x [5, 3]"),
                       Error);
  CHECK_THROWS_WITH_AS(run(random_tensor({3, 9}, DType::f32, "w"), {0, 5}),
                       doctest::Contains("9 taps; 1 to 8"), Error);
  CHECK_THROWS_WITH_AS(run(w, {0, 4}), doctest::Contains("number of rows, 5"), Error);
  CHECK_THROWS_WITH_AS(run(w, {1, 5}), doctest::Contains("cu_seqlens must rise"), Error);
  CHECK_THROWS_WITH_AS(run(w, {0, 4, 3, 5}), doctest::Contains("cu_seqlens must rise"), Error);
}

TEST_CASE("cuda: conv1d_silu matches the CPU") {
  if (!test::have_gpu()) return;
  const std::vector<int32_t> at{0, 1, 1, 3, 64, 65, 130, 133, 133};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t C : {1, 17, 128, 520})
      for (const int64_t W : {1, 2, 4, 5, 8}) {
        const auto run = [&](const std::vector<Tensor>& t) {
          kernels::GradTarget dw{
              Tensor::zeros({C, W}, kernels::accumulator_dtype(dtype), t[0].device()), true};
          const Tensor dx = kernels::conv1d_silu_backward(t[2], t[0], t[1], t[3], dw);
          const Tensor frozen = kernels::conv1d_silu_backward(t[2], t[0], t[1], t[3], {});
          return std::vector<Tensor>{kernels::conv1d_silu_forward(t[0], t[1], t[3]), dx, dw.tensor,
                                     frozen};
        };
        test::check_gpu_matches(
            std::to_string(C) + " channels, " + std::to_string(W) + " taps",
            {random_tensor({133, C}, dtype, "x"), random_tensor({C, 1, W}, dtype, "w"),
             random_tensor({133, C}, dtype, "dy"), documents(at)},
            run);
      }
}

}  // namespace
}  // namespace hone
