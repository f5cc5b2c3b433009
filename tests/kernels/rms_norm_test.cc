// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/rms_norm.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::NormWeight;
using test::random_tensor;
using test::rel_err;

// RMSNorm straight from its definition, in double.
Tensor definition(const Tensor& x, const Tensor& w, double eps, NormWeight kind) {
  const Tensor x64 = kernels::cast(x, DType::f64), w64 = kernels::cast(w, DType::f64);
  const int64_t C = x.dim(-1);
  for (int64_t n = 0; n < x.numel() / C; ++n) {
    double* row = x64.data<double>() + n * C;
    double sum = 0;
    for (int64_t c = 0; c < C; ++c) sum += row[c] * row[c];
    const double r = 1 / std::sqrt(sum / static_cast<double>(C) + eps);
    for (int64_t c = 0; c < C; ++c)
      row[c] *= r * (w64.data<double>()[c] + (kind == NormWeight::zero_centred ? 1 : 0));
  }
  return x64;
}

TEST_CASE("rms_norm: forward matches the definition in every dtype and on odd shapes") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{5, 3, 129}, Shape{0, 8}})
      for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred}) {
        const Tensor x = random_tensor(shape, dtype, "x"),
                     w = random_tensor({shape[-1]}, dtype, "w");
        const auto out = kernels::rms_norm_forward(x, Tensor(), w, 1e-6, kind);
        if (shape.numel() > 0) CHECK(rel_err(out.y, definition(x, w, 1e-6, kind)) < tolerance);
        const Tensor r = random_tensor(shape, dtype, "r");
        const auto fused = kernels::rms_norm_forward(x, r, w, 1e-6, kind);
        CHECK(test::same_bits(fused.h, kernels::add(x, r)));
        CHECK(test::same_bits(fused.y,
                              kernels::rms_norm_forward(fused.h, Tensor(), w, 1e-6, kind).y));
      }
}

TEST_CASE("gradcheck: rms_norm") {
  for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred})
    for (const Shape& shape : {Shape{1, 1}, Shape{3, 17}, Shape{130, 2}, Shape{2, 3, 5}}) {
      const auto r = gradcheck(
          [&](std::span<const Var> v) {
            return std::vector<Var>{rms_norm(v[0], v[1], 1e-6, kind)};
          },
          {random_f64(shape, "x"), random_f64({shape[-1]}, "w")});
      CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
    }
}

TEST_CASE("gradcheck: add_rms_norm") {
  const auto r = gradcheck(
      [](std::span<const Var> v) {
        const auto [h, y] = add_rms_norm(v[0], v[1], v[2], 1e-6, NormWeight::zero_centred);
        return std::vector<Var>{h, y};
      },
      {random_f64({4, 9}, "x"), random_f64({4, 9}, "r"), random_f64({9}, "w")});
  CHECK_MESSAGE(r.worst < 1e-7, r.where);
}

TEST_CASE("rms_norm: bad operands are refused with both shapes named") {
  const Tensor x = random_tensor({2, 8}, DType::f32, "x");
  CHECK_THROWS_WITH_AS(kernels::rms_norm_forward(x, Tensor(), random_tensor({7}, DType::f32, "w"),
                                                 1e-6, NormWeight::plain),
                       doctest::Contains("weight [7] does not fit x [2, 8]"), Error);
  CHECK_THROWS_WITH_AS(kernels::rms_norm_forward(x, Tensor(), random_tensor({8}, DType::bf16, "w"),
                                                 1e-6, NormWeight::plain),
                       doctest::Contains("weight is bfloat16, x is float32"), Error);
}

TEST_CASE("cuda: rms_norm matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1, 1}, Shape{63, 17}, Shape{500, 128}, Shape{33, 2048},
                               Shape{2100, 24}, Shape{3, 20000}, Shape{2, 9001}, Shape{0, 8}})
      for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred}) {
        const auto run = [&](const std::vector<Tensor>& t) {
          const Tensor &x = t[0], &residual = t[1], &w = t[2], &dy = t[3];
          const auto out = kernels::rms_norm_forward(x, residual, w, 1e-6, kind);
          const Tensor& h = residual.defined() ? out.h : x;
          kernels::GradTarget dw{kernels::cast(w, kernels::accumulator_dtype(dtype)), true};
          const Tensor dx = kernels::rms_norm_backward(dy, residual, h, w, out.rstd, kind, dw);
          const Tensor frozen = kernels::rms_norm_backward(dy, {}, h, w, out.rstd, kind, {});
          return std::vector<Tensor>{out.y, out.rstd, out.h, dx, dw.tensor, frozen};
        };
        const Tensor x = random_tensor(shape, dtype, "x"), dy = random_tensor(shape, dtype, "dy"),
                     w = random_tensor({shape[-1]}, dtype, "w"),
                     residual = random_tensor(shape, dtype, "r");
        test::check_gpu_matches(shape.str(), {x, {}, w, dy}, run);
        test::check_gpu_matches(shape.str() + " + residual", {x, residual, w, dy}, run);
      }
}

}  // namespace
}  // namespace hone
