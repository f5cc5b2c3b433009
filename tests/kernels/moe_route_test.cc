// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/moe_route.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "autograd/checkpoint.h"
#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::moe_route_forward;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

// Weights straight from the definition, in double, for given ids.
Tensor definition(const Tensor& logits, const Tensor& ids, bool renormalise) {
  const std::vector<double> l = kernels::cast(logits, DType::f64).to_vector<double>();
  const int64_t E = logits.dim(1), K = ids.dim(1);
  std::vector<double> w;
  for (int64_t n = 0; n < logits.dim(0); ++n) {
    double all = 0, chosen = 0;
    for (int64_t e = 0; e < E; ++e) all += std::exp(l[n * E + e]);
    for (int64_t j = 0; j < K; ++j)
      w.push_back(std::exp(l[n * E + ids.data<int32_t>()[n * K + j]]) / all);
    for (int64_t j = 0; j < K; ++j) chosen += w[n * K + j];
    for (int64_t j = 0; renormalise && j < K; ++j) w[n * K + j] /= chosen;
  }
  return Tensor::of(w, ids.shape());
}

// The K best experts of each token by a full sort.
std::vector<int32_t> best(const Tensor& logits, int64_t k) {
  const std::vector<double> l = kernels::cast(logits, DType::f64).to_vector<double>();
  const int64_t E = logits.dim(1);
  std::vector<int32_t> ids, order(E);
  for (int64_t n = 0; n < logits.dim(0); ++n) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int32_t a, int32_t b) { return l[n * E + a] > l[n * E + b]; });
    ids.insert(ids.end(), order.begin(), order.begin() + k);
  }
  return ids;
}

TEST_CASE("moe_route: experts and weights match the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 4e-3}})
    for (const auto& [shape, k] : {std::pair{Shape{1, 1}, 1},
                                   {Shape{17, 5}, 2},
                                   {Shape{33, 129}, 8},
                                   {Shape{6, 4}, 4},
                                   {Shape{0, 8}, 2}})
      for (const bool renormalise : {true, false}) {
        const Tensor logits = random_tensor(shape, dtype, "logits", 2.0);
        const auto out = moe_route_forward(logits, k, renormalise, Tensor());
        CHECK(out.ids.to_vector<int32_t>() == best(logits, k));
        if (shape[0] > 0)
          CHECK(rel_err(out.weights, definition(logits, out.ids, renormalise)) < tolerance);
        if (shape[0] > 0)
          CHECK(rel_err(out.exact, definition(logits, out.ids, renormalise)) < 1e-6);
      }
}

// torch 2.x: p = softmax(logits, -1); v, i = topk(p, 2); v / v.sum(-1, keepdim=True)
TEST_CASE("moe_route: a worked example") {
  const Tensor logits = Tensor::of(std::vector<double>{0.5, -1.0, 2.0, 0.25}, {1, 4});
  const double sum = std::exp(0.5) + std::exp(-1.0) + std::exp(2.0) + std::exp(0.25);
  const auto plain = moe_route_forward(logits, 2, false, Tensor());
  CHECK(plain.ids.to_vector<int32_t>() == std::vector<int32_t>{2, 0});
  CHECK(plain.weights.data<double>()[0] == doctest::Approx(std::exp(2.0) / sum).epsilon(1e-14));
  const auto scaled = moe_route_forward(logits, 2, true, Tensor());
  CHECK(scaled.weights.data<double>()[0] ==
        doctest::Approx(1 / (1 + std::exp(-1.5))).epsilon(1e-14));
}

TEST_CASE("moe_route: ties go to the lowest index, NaN keeps ids valid, huge logits stay finite") {
  const auto ids = [](std::vector<float> row) {
    const int64_t n = static_cast<int64_t>(row.size());
    return moe_route_forward(Tensor::of(row, {1, n}), 3, true, Tensor()).ids.to_vector<int32_t>();
  };
  CHECK(ids({1, 1, 1, 1, 1}) == std::vector<int32_t>{0, 1, 2});
  CHECK(ids({0, 2, 1, 2, 1}) == std::vector<int32_t>{1, 3, 2});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& row : {std::vector<float>{nan, nan, nan, nan}, {0, nan, 1, 2}}) {
    std::vector<int32_t> chosen = ids(row);
    std::sort(chosen.begin(), chosen.end());
    CHECK(chosen.front() >= 0);
    CHECK(chosen.back() < 4);
    CHECK(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
  }
  for (const bool renormalise : {true, false}) {
    const auto out = moe_route_forward(Tensor::of(std::vector<float>{3e38f, -3e38f, 0}, {1, 3}), 2,
                                       renormalise, Tensor());
    CHECK(out.weights.to_vector<float>() == std::vector<float>{1, 0});
  }
}

TEST_CASE("moe_route: replayed experts take their weights from the logits") {
  const Tensor logits = random_tensor({5, 7}, DType::f64, "logits");
  const Tensor ids = Tensor::of(std::vector<int32_t>{6, 0, 1, 2, 3, 4, 5, 6, 2, 0}, {5, 2});
  for (const bool renormalise : {true, false}) {
    const MoeRoute route = moe_route(Var(logits), 2, renormalise, ids);
    CHECK(same_bits(route.ids, ids));
    CHECK(rel_err(route.weights.value(), definition(logits, ids, renormalise)) < 1e-14);
  }
  // Replaying the choice itself changes nothing.
  const auto own = moe_route_forward(logits, 3, true, Tensor());
  CHECK(same_bits(moe_route_forward(logits, 3, true, own.ids).weights, own.weights));
}

TEST_CASE("gradcheck: moe_route") {
  for (const bool renormalise : {true, false})
    for (const bool replay : {false, true})
      for (const auto& [shape, k] :
           {std::pair{Shape{1, 1}, 1}, {Shape{3, 5}, 2}, {Shape{2, 17}, 3}, {Shape{4, 3}, 3}}) {
        Tensor ids = Tensor::zeros({shape[0], k}, DType::i32);
        for (int64_t a = 0; a < ids.numel(); ++a)
          ids.data<int32_t>()[a] = static_cast<int32_t>((a % k + a / k) % shape[1]);
        const auto r = gradcheck(
            [&, k = k](std::span<const Var> v) {
              return std::vector<Var>{
                  moe_route(v[0], k, renormalise, replay ? ids : Tensor()).weights};
            },
            {random_f64(shape, "logits")});
        CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
      }
}

TEST_CASE("moe_route: bf16 gradients use the weights before rounding") {
  for (const bool renormalise : {true, false}) {
    const Tensor narrow = random_tensor({9, 12}, DType::bf16, "logits");
    const auto gradient = [&](DType dtype) {
      const Var logits(kernels::cast(narrow, dtype), true);
      Tape tape;
      const MoeRoute route = moe_route(logits, 3, renormalise);
      tape.backward(route.weights, random_tensor({9, 3}, dtype, "dw"));
      return logits.grad()->value();
    };
    // Roundings left: dw, and the result.
    CHECK(rel_err(gradient(DType::bf16), gradient(DType::f64)) < 8e-3);
  }
}

TEST_CASE("moe_route: a recomputed block routes as it did the first time") {
  // The logits differ between the two runs, as after a non-deterministic product: ids must not.
  const Var x(Tensor::of(std::vector<double>{1.0, 2.0, 0.0}, {1, 3}), true);
  int runs = 0;
  std::vector<std::vector<int32_t>> seen;
  Tape tape;
  const std::vector<Var> y = checkpoint(
      "block",
      [&](std::span<const Var> v) {
        const Var logits(
            runs++ == 0 ? v[0].value() : Tensor::of(std::vector<double>{2.0, 1.0, 0.0}, {1, 3}),
            true);
        const MoeRoute route = moe_route(logits, 1, false);
        seen.push_back(route.ids.to_vector<int32_t>());
        return std::vector<Var>{route.weights};
      },
      std::vector<Var>{x}, true);
  tape.backward(y[0]);
  CHECK(seen == std::vector<std::vector<int32_t>>{{1}, {1}});
}

TEST_CASE("moe_route: the same bits with one and two threads") {
  const Tensor logits = random_tensor({2000, 64}, DType::f32, "logits");
  const Tensor dw = random_tensor({2000, 8}, DType::f32, "dw");
  const int before = kernels::num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    kernels::set_num_threads(threads);
    const auto out = moe_route_forward(logits, 8, true, Tensor());
    results.push_back({out.weights, out.ids, kernels::moe_route_backward(dw, logits, out.ids),
                       kernels::moe_route_renormalised_backward(dw, out.exact, out.ids, 64)});
  }
  kernels::set_num_threads(before);
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("D7: moe_route needs shapes alone on the meta device") {
  const auto out = moe_route_forward(Tensor::empty({12, 8}, DType::bf16, kMeta), 2, true, Tensor());
  CHECK(out.ids.shape() == Shape{12, 2});
  CHECK(out.weights.dtype() == DType::bf16);
  CHECK(out.exact.dtype() == DType::f32);
}

TEST_CASE("moe_route: bad operands are refused") {
  const Tensor logits = random_tensor({2, 4}, DType::f32, "logits");
  CHECK_THROWS_WITH_AS(moe_route_forward(logits, 5, true, Tensor()),
                       doctest::Contains("5 experts per token of 4"), Error);
  CHECK_THROWS_WITH_AS(moe_route_forward(logits, 1, true, Tensor::zeros({2, 2}, DType::i32)),
                       doctest::Contains("replayed ids [2, 2]"), Error);
  CHECK_THROWS_WITH_AS(moe_route_forward(logits, 2, true, Tensor::zeros({2, 2}, DType::i32)),
                       doctest::Contains("token 0 is replayed to expert 0 twice"), Error);
  CHECK_THROWS_WITH_AS(
      moe_route_forward(logits, 1, true, Tensor::of(std::vector<int32_t>{0, 4}, {2, 1})),
      doctest::Contains("expert id 4 of token 1 is outside [0, 4)"), Error);
}

TEST_CASE("cuda: moe_route matches the CPU, with ties, replay and NaN") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const auto& [shape, k] : {std::pair{Shape{1, 1}, 1},
                                   {Shape{63, 5}, 2},
                                   {Shape{500, 256}, 8},
                                   {Shape{17, 129}, 129},
                                   {Shape{65, 512}, 10},
                                   {Shape{9, 700}, 40},
                                   {Shape{0, 4}, 2}})
      for (const double scale : {1.0, 0.0})  // 0: every logit is a tie
        for (const bool renormalise : {true, false}) {
          const auto run = [&, k = k, shape = shape](const std::vector<Tensor>& t) {
            const auto out = moe_route_forward(t[0], k, renormalise, {});
            const auto replayed = moe_route_forward(t[1], k, renormalise, out.ids);
            return std::vector<Tensor>{
                out.weights,
                out.ids,
                out.exact,
                replayed.weights,
                kernels::moe_route_backward(t[2], t[0], out.ids),
                kernels::moe_route_renormalised_backward(t[2], out.exact, out.ids, shape[1])};
          };
          test::check_gpu_matches(
              shape.str(),
              {random_tensor(shape, dtype, "logits", scale), random_tensor(shape, dtype, "other"),
               random_tensor({shape[0], k}, dtype, "dw")},
              run, 4);
        }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor bad = Tensor::of(std::vector<float>{nan, nan, nan, 1}, {1, 4}, test::kGpu);
  CHECK(moe_route_forward(bad, 3, true, {}).ids.to_vector<int32_t>() ==
        std::vector<int32_t>{3, 0, 1});
}

}  // namespace
}  // namespace hone
