// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/layer_norm.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/layer_norm/layer_norm.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::GradTarget;
using kernels::LayerNormTargets;
using kernels::NormWeight;
using test::random_tensor;
using test::rel_err;

// LayerNorm straight from its definition, in double.
Tensor definition(const Tensor& x, const Tensor& w, const Tensor& b, double eps) {
  const Tensor x64 = kernels::cast(x, DType::f64), w64 = kernels::cast(w, DType::f64),
               b64 = kernels::cast(b, DType::f64);
  const int64_t C = x.dim(-1);
  for (int64_t n = 0; n < x.numel() / C; ++n) {
    double* row = x64.data<double>() + n * C;
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < C; ++c) mean += row[c] / static_cast<double>(C);
    for (int64_t c = 0; c < C; ++c)
      variance += (row[c] - mean) * (row[c] - mean) / static_cast<double>(C);
    for (int64_t c = 0; c < C; ++c)
      row[c] = (row[c] - mean) / std::sqrt(variance + eps) * (1 + w64.data<double>()[c]) +
               b64.data<double>()[c];
  }
  return x64;
}

TEST_CASE("layer_norm: forward matches the definition in every dtype and on odd shapes") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{5, 3, 129}, Shape{0, 8}}) {
      const Tensor x = random_tensor(shape, dtype, "x"), w = random_tensor({shape[-1]}, dtype, "w"),
                   b = random_tensor({shape[-1]}, dtype, "b"), r = random_tensor(shape, dtype, "r");
      const auto out =
          kernels::layer_norm_forward(x, Tensor(), w, b, 1e-5, NormWeight::zero_centred);
      if (shape.numel() > 0) CHECK(rel_err(out.y, definition(x, w, b, 1e-5)) < tolerance);
      const auto fused = kernels::layer_norm_forward(x, r, w, b, 1e-5, NormWeight::zero_centred);
      CHECK(test::same_bits(fused.h, kernels::add(x, r)));
      CHECK(test::same_bits(
          fused.y,
          kernels::layer_norm_forward(fused.h, Tensor(), w, b, 1e-5, NormWeight::zero_centred).y));
    }
}

// The variance of E[x^2] - E[x]^2 would have no digit left.
TEST_CASE("layer_norm: a large mean costs no digits of the variance") {
  const Tensor x = Tensor::empty({1, 64}, DType::f32), zero = Tensor::zeros({64}, DType::f32);
  for (int64_t c = 0; c < 64; ++c) x.data<float>()[c] = 10000.0f + static_cast<float>(c % 2);
  const std::vector<float> y =
      kernels::layer_norm_forward(x, Tensor(), zero, zero, 1e-5, NormWeight::zero_centred)
          .y.to_vector<float>();
  CHECK(y[0] == doctest::Approx(-1).epsilon(1e-4));
  CHECK(y[1] == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("gradcheck: layer_norm") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 17}, Shape{130, 3}, Shape{2, 3, 5}}) {
    const auto r = gradcheck(
        [](std::span<const Var> v) {
          return std::vector<Var>{layer_norm(v[0], v[1], v[2], 1e-3, NormWeight::zero_centred)};
        },
        {random_f64(shape, "x"), random_f64({shape[-1]}, "w"), random_f64({shape[-1]}, "b")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("gradcheck: add_layer_norm") {
  const auto r = gradcheck(
      [](std::span<const Var> v) {
        const auto [h, y] = add_layer_norm(v[0], v[1], v[2], v[3], 1e-5, NormWeight::zero_centred);
        return std::vector<Var>{h, y};
      },
      {random_f64({4, 9}, "x"), random_f64({4, 9}, "r"), random_f64({9}, "w"),
       random_f64({9}, "b")});
  CHECK_MESSAGE(r.worst < 1e-7, r.where);
}

// All gradients: dx, dw, db.
std::vector<Tensor> gradients(const Tensor& x, const Tensor& residual, const Tensor& w,
                              const Tensor& b, const Tensor& dy) {
  const auto out = kernels::layer_norm_forward(x, residual, w, b, 1e-5, NormWeight::zero_centred);
  const DType sums = kernels::accumulator_dtype(x.dtype());
  const LayerNormTargets targets{GradTarget{kernels::cast(w, sums), true},
                                 GradTarget{kernels::cast(b, sums), false}};
  const Tensor& h = residual.defined() ? out.h : x;
  const Tensor dx = kernels::layer_norm_backward(dy, residual, h, w, out.stats,
                                                 NormWeight::zero_centred, targets);
  return {out.y, out.stats, out.h, dx, targets.dw.tensor, targets.db.tensor};
}

TEST_CASE("layer_norm: gradients of weight and bias alone, accumulated or not, on any threads") {
  const Shape shape{200, 33};
  const auto random = [&](const Shape& s, const char* name) {
    return random_tensor(s, DType::f32, name);
  };
  const Tensor x = random(shape, "x"), w = random({33}, "w"), b = random({33}, "b"),
               dy = random(shape, "dy");
  const int threads = kernels::num_threads();
  kernels::set_num_threads(1);
  const std::vector<Tensor> one = gradients(x, {}, w, b, dy);
  kernels::set_num_threads(3);
  const std::vector<Tensor> three = gradients(x, {}, w, b, dy);
  kernels::set_num_threads(threads);
  for (const size_t i : {3, 4, 5}) CHECK(test::same_bits(one[i], three[i]));

  const auto out = kernels::layer_norm_forward(x, Tensor(), w, b, 1e-5, NormWeight::zero_centred);
  for (const bool weight : {false, true}) {
    const GradTarget alone{Tensor::zeros({33}, DType::f32)};
    const LayerNormTargets targets =
        weight ? LayerNormTargets{alone, {}} : LayerNormTargets{{}, alone};
    const Tensor dx =
        kernels::layer_norm_backward(dy, {}, x, w, out.stats, NormWeight::zero_centred, targets);
    CHECK(test::same_bits(dx, one[3]));
    const Tensor want = weight ? kernels::add(alone.tensor, w) : alone.tensor;
    CHECK(rel_err(want, one[weight ? 4 : 5]) < 1e-6);
  }
}

TEST_CASE("layer_norm: bad operands are refused with both shapes named") {
  const Tensor x = random_tensor({2, 8}, DType::f32, "x"), b = random_tensor({8}, DType::f32, "b");
  CHECK_THROWS_WITH_AS(kernels::layer_norm_forward(x, Tensor(), random_tensor({7}, DType::f32, "w"),
                                                   b, 1e-6, NormWeight::zero_centred),
                       doctest::Contains("weight [7] float32 does not fit x [2, 8]"), Error);
  CHECK_THROWS_WITH_AS(
      kernels::layer_norm_forward(x, Tensor(), b, random_tensor({8}, DType::bf16, "b"), 1e-6,
                                  NormWeight::zero_centred),
      doctest::Contains("bias [8] bfloat16 does not fit x [2, 8] float32"), Error);
}

TEST_CASE("cuda: layer_norm matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{500, 128}, Shape{33, 2048},
                               Shape{2100, 24}, Shape{3, 30000}, Shape{2, 9001}, Shape{0, 8}}) {
      const auto run = [&](const std::vector<Tensor>& t) {
        std::vector<Tensor> all = gradients(t[0], t[1], t[2], t[3], t[4]);
        all.push_back(kernels::layer_norm_backward(t[4], {}, t[0], t[2], all[1],
                                                   NormWeight::zero_centred, {}));
        return all;
      };
      const Tensor x = random_tensor(shape, dtype, "x"), dy = random_tensor(shape, dtype, "dy"),
                   w = random_tensor({shape[-1]}, dtype, "w"),
                   b = random_tensor({shape[-1]}, dtype, "b"),
                   residual = random_tensor(shape, dtype, "r");
      test::check_gpu_matches(shape.str(), {x, {}, w, b, dy}, run);
      test::check_gpu_matches(shape.str() + " + residual", {x, residual, w, b, dy}, run);
    }
}

}  // namespace
}  // namespace hone
