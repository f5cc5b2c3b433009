// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gated_rms_norm.h"

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

constexpr double kEps = 1e-6;

// Straight from the definition, in double.
Tensor definition(const Tensor& x, const Tensor& z, const Tensor& w) {
  const Tensor x64 = kernels::cast(x, DType::f64), z64 = kernels::cast(z, DType::f64),
               w64 = kernels::cast(w, DType::f64);
  const int64_t D = x.dim(-1);
  for (int64_t n = 0; n < x.dim(0) * x.dim(1); ++n) {
    double* row = x64.data<double>() + n * D;
    double sum = 0;
    for (int64_t d = 0; d < D; ++d) sum += row[d] * row[d];
    for (int64_t d = 0; d < D; ++d) {
      const double gate = z64.data<double>()[n * D + d];
      row[d] *= w64.data<double>()[d] / std::sqrt(sum / static_cast<double>(D) + kEps) * gate /
                (1 + std::exp(-gate));
    }
  }
  return x64.view({x.dim(0), x.dim(1) * x.dim(2)});
}

TEST_CASE("gated_rms_norm: forward matches the definition in every dtype and on odd shapes") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const Shape& shape :
         {Shape{1, 1, 1}, Shape{7, 3, 17}, Shape{65, 2, 33}, Shape{3, 4, 128}, Shape{0, 2, 8}}) {
      const Tensor x = random_tensor(shape, dtype, "x"), z = random_tensor(shape, dtype, "z", 3),
                   w = random_tensor({shape[-1]}, dtype, "w");
      const auto out = kernels::gated_rms_norm_forward(x, z, w, kEps);
      CHECK(out.y.shape() == Shape{shape[0], shape[1] * shape[2]});
      if (shape.numel() > 0) CHECK(rel_err(out.y, definition(x, z, w)) < tolerance);
      const Tensor flat = z.view({shape[0], shape[1] * shape[2]});
      CHECK(same_bits(out.y, kernels::gated_rms_norm_forward(x, flat, w, kEps).y));
    }
}

TEST_CASE("gated_rms_norm: gates far from zero stay finite") {
  const std::vector<float> gates{-1000, -100, 100, 1000};
  const Tensor x = random_tensor({1, 1, 4}, DType::f32, "x");
  const Tensor z = Tensor::of(gates, {1, 4}), w = random_tensor({4}, DType::f32, "w");
  CHECK(rel_err(kernels::gated_rms_norm_forward(x, z, w, kEps).y, definition(x, z, w)) < 1e-6);
  const auto out = kernels::gated_rms_norm_forward(x, z, w, kEps);
  const auto d = kernels::gated_rms_norm_backward(out.y, x, z, w, out.rstd, {});
  for (const Tensor& g : {d.dx, d.dz})
    for (const float value : g.to_vector<float>()) CHECK(std::isfinite(value));
}

TEST_CASE("gradcheck: gated_rms_norm") {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 2, 17}, Shape{33, 3, 2}, Shape{2, 5, 9}})
    for (const bool flat : {true, false}) {
      const Shape gate = flat ? Shape{shape[0], shape[1] * shape[2]} : shape;
      const auto r = gradcheck(
          [&](std::span<const Var> v) {
            return std::vector<Var>{gated_rms_norm(v[0], v[1], v[2], kEps)};
          },
          {random_f64(shape, "x"), random_f64(gate, "z", 2), random_f64({shape[2]}, "w")});
      CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
    }
}

TEST_CASE("gated_rms_norm: the same bits on any number of threads") {
  const Tensor x = random_tensor({70, 3, 33}, DType::f32, "x"),
               z = random_tensor({70, 99}, DType::f32, "z"),
               w = random_tensor({33}, DType::f32, "w"),
               dy = random_tensor({70, 99}, DType::f32, "dy");
  std::vector<Tensor> results[2];
  for (int run = 0; run < 2; ++run) {
    kernels::set_num_threads(run + 1);
    const auto out = kernels::gated_rms_norm_forward(x, z, w, kEps);
    const Tensor dw = Tensor::empty({33}, DType::f32);
    const auto d = kernels::gated_rms_norm_backward(dy, x, z, w, out.rstd, {dw, false});
    results[run] = {out.y, d.dx, d.dz, dw};
  }
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("gated_rms_norm: a weight gradient is added where that is asked for") {
  const Tensor x = random_tensor({70, 3, 8}, DType::f64, "x"),
               z = random_tensor({70, 24}, DType::f64, "z"),
               w = random_tensor({8}, DType::f64, "w");
  const auto out = kernels::gated_rms_norm_forward(x, z, w, kEps);
  const Tensor fresh = Tensor::empty({8}, DType::f64), added = random_tensor({8}, DType::f64, "g");
  const Tensor before = kernels::cast(added, DType::f64);
  kernels::gated_rms_norm_backward(out.y, x, z, w, out.rstd, {fresh, false});
  kernels::gated_rms_norm_backward(out.y, x, z, w, out.rstd, {added, true});
  CHECK(rel_err(added, kernels::add(before, fresh)) < 1e-14);
}

TEST_CASE("gated_rms_norm: bad operands are refused with both shapes named") {
  const auto t = [](const Shape& shape, DType dtype = DType::f32) {
    return random_tensor(shape, dtype, "t");
  };
  CHECK_THROWS_WITH_AS(kernels::gated_rms_norm_forward(t({2, 3, 8}), t({2, 24}), t({7}), kEps),
                       doctest::Contains("weight [7] does not fit x [2, 3, 8]"), Error);
  CHECK_THROWS_WITH_AS(kernels::gated_rms_norm_forward(t({2, 3, 8}), t({2, 23}), t({8}), kEps),
                       doctest::Contains("gate [2, 23] does not fit x [2, 3, 8]"), Error);
  CHECK_THROWS_WITH_AS(
      kernels::gated_rms_norm_forward(t({2, 3, 8}), t({2, 24}, DType::bf16), t({8}), kEps),
      doctest::Contains("the gate bfloat16"), Error);
}

TEST_CASE("cuda: gated_rms_norm matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1, 1, 1}, Shape{63, 3, 17}, Shape{500, 5, 64},
                               Shape{33, 32, 128}, Shape{2, 1, 1000}, Shape{0, 2, 8}}) {
      const auto run = [&](const std::vector<Tensor>& t) {
        const auto out = kernels::gated_rms_norm_forward(t[0], t[1], t[2], kEps);
        kernels::GradTarget dw{kernels::cast(t[2], kernels::accumulator_dtype(dtype)), true};
        const auto d = kernels::gated_rms_norm_backward(t[3], t[0], t[1], t[2], out.rstd, dw);
        const auto frozen = kernels::gated_rms_norm_backward(t[3], t[0], t[1], t[2], out.rstd, {});
        return std::vector<Tensor>{out.y, out.rstd, d.dx, d.dz, dw.tensor, frozen.dx, frozen.dz};
      };
      test::check_gpu_matches(
          shape.str(),
          {random_tensor(shape, dtype, "x"), random_tensor(shape, dtype, "z", 3),
           random_tensor({shape[-1]}, dtype, "w"),
           random_tensor({shape[0], shape[1] * shape[2]}, dtype, "dy")},
          run, 4);
    }
}

}  // namespace
}  // namespace hone
