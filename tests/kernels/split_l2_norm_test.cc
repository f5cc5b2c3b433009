// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/split_l2_norm.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/l2_norm/l2_norm.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;
using test::same_bits;

constexpr DeltaHeads kHeads[] = {{1, 1, 1, 1}, {2, 4, 17, 5}, {3, 3, 2, 33}, {2, 6, 9, 7}};

// Columns [begin, begin + H * D) of x as [N, H, D] in double, each head divided by its norm if
// asked.
Tensor definition(const Tensor& x, int64_t begin, int64_t H, int64_t D, bool normalise) {
  const Tensor y = kernels::cast(x.narrow(1, begin, H * D), DType::f64).view({x.dim(0), H, D});
  for (int64_t n = 0; normalise && n < x.dim(0) * H; ++n) {
    double* row = y.data<double>() + n * D;
    double sum = 0;
    for (int64_t d = 0; d < D; ++d) sum += row[d] * row[d];
    for (int64_t d = 0; d < D; ++d) row[d] /= std::sqrt(sum + 1e-6);
  }
  return y;
}

// A contiguous copy whose gradient goes to x.
Var materialised(const Var& x) {
  return record({x}, kernels::contiguous(x.value()),
                [g = x.grad()](const Tensor& dy) { g->add(dy); });
}

TEST_CASE("split_l2_norm: the parts match the definition in every dtype") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const DeltaHeads& h : kHeads)
      for (const int64_t N : {0, 1, 33}) {
        const Tensor qkv = random_tensor({N, h.qkv_width()}, dtype, "qkv");
        const auto [q, k, v] = split_l2_norm(Var(qkv), h);
        CHECK(q.shape() == Shape{N, h.key_heads, h.key_dim});
        CHECK(k.shape() == q.shape());
        CHECK(v.shape() == Shape{N, h.value_heads, h.value_dim});
        CHECK(v.value().shares_storage(qkv));
        if (N == 0) continue;
        const int64_t keys = h.key_width();
        CHECK(rel_err(q.value(), definition(qkv, 0, h.key_heads, h.key_dim, true)) < tolerance);
        CHECK(rel_err(k.value(), definition(qkv, keys, h.key_heads, h.key_dim, true)) < tolerance);
        CHECK(rel_err(v.value(), definition(qkv, 2 * keys, h.value_heads, h.value_dim, false)) ==
              0);
      }
}

TEST_CASE("split_l2_norm: an all-zero head stays zero and finite, in both directions") {
  const Var qkv(Tensor::zeros({2, 12}, DType::f32), true);
  Tape tape;
  const auto [q, k, v] = split_l2_norm(qkv, {1, 1, 4, 4});
  CHECK(same_bits(q.value(), Tensor::zeros({2, 1, 4}, DType::f32)));
  tape.backward(q, random_tensor({2, 1, 4}, DType::f32, "dq"));
  for (const float g : qkv.grad()->value().to_vector<float>()) CHECK(std::isfinite(g));
}

TEST_CASE("gradcheck: split_l2_norm") {
  for (const DeltaHeads& h : kHeads) {
    // Away from zero, where a head of one element turns from -1 to 1 within the eps of 1e-6.
    const Tensor qkv = random_f64({3, h.qkv_width()}, "qkv");
    for (int64_t i = 0; i < qkv.numel(); ++i)
      qkv.data<double>()[i] += std::copysign(0.5, qkv.data<double>()[i]);
    const auto r = gradcheck(
        [&](std::span<const Var> in) {
          const auto [q, k, v] = split_l2_norm(in[0], h);
          return std::vector<Var>{q, k, materialised(v)};
        },
        {qkv});
    CHECK_MESSAGE(r.worst < 1e-7, (std::to_string(h.qkv_width()) + " columns: " + r.where));
  }
}

TEST_CASE("split_l2_norm: the same bits on any number of threads") {
  const DeltaHeads heads{2, 4, 33, 17};
  std::vector<Tensor> results[2];
  for (int run = 0; run < 2; ++run) {
    kernels::set_num_threads(run + 1);
    const Var qkv(random_tensor({700, heads.qkv_width()}, DType::f32, "qkv"), true);
    Tape tape;
    const auto parts = split_l2_norm(qkv, heads);
    const std::vector<Tensor> seeds{random_tensor(parts[0].shape(), DType::f32, "dq"),
                                    random_tensor(parts[1].shape(), DType::f32, "dk"),
                                    random_tensor(parts[2].shape(), DType::f32, "dv")};
    tape.backward(parts, seeds);
    results[run] = {parts[0].value(), parts[1].value(), qkv.grad()->value()};
  }
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("split_l2_norm: a row of another width is refused") {
  CHECK_THROWS_WITH_AS(split_l2_norm(Var(random_tensor({2, 11}, DType::f32, "x")), {1, 1, 4, 4}),
                       doctest::Contains("[2, 11] does not split into 2 x 1 heads of 4 and 1 of 4"),
                       Error);
}

TEST_CASE("cuda: l2_norm matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& s : {Shape{1, 1, 1}, Shape{63, 3, 17}, Shape{500, 2, 64}, Shape{33, 16, 128},
                           Shape{0, 2, 8}}) {
      const int64_t width = s[1] * s[2];
      const auto run = [&](const std::vector<Tensor>& t) {  // the second of three parts of a row
        const Tensor x = t[0].narrow(1, width, width).split(1, s[1]);
        const auto out = kernels::l2_norm_forward(x, 1e-6);
        const Tensor wide = Tensor::zeros_like(t[0]);
        kernels::l2_norm_backward(t[1], x, out.rnorm, wide.narrow(1, width, width).split(1, s[1]));
        return std::vector<Tensor>{out.y, out.rnorm, wide};
      };
      test::check_gpu_matches(
          s.str(), {random_tensor({s[0], 3 * width}, dtype, "x"), random_tensor(s, dtype, "dy")},
          run, 2);
    }
}

}  // namespace
}  // namespace hone
