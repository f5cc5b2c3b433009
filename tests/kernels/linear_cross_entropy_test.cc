// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/linear_cross_entropy.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"
#include "kernels/nf4/quantize.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }
Tensor scalar(double x, DType dtype) {
  return kernels::cast(Tensor::scalar(x), kernels::accumulator_dtype(dtype));
}

// Labels in [0, v), every `every`-th of them ignored; 0: none ignored.
Tensor labels(int64_t n, int64_t v, int64_t every) {
  const RandomStream random(6, "labels");
  std::vector<int64_t> t;
  for (int64_t i = 0; i < n; ++i)
    t.push_back(every > 0 && i % every == 0 ? -100 : random.bits(static_cast<uint64_t>(i)) % v);
  return Tensor::of(t, {n});
}

struct Result {
  Tensor loss, dh, dw;
};

// Loss and gradients with all logits at once, in double.
Result definition(const Tensor& h, const Tensor& w, const Tensor& targets, double items) {
  const int64_t N = h.dim(0), C = h.dim(1), V = w.dim(0);
  const Tensor h64 = f64(h), w64 = f64(w);
  Result r = {Tensor::zeros({}, DType::f64), Tensor::zeros({N, C}, DType::f64),
              Tensor::zeros({V, C}, DType::f64)};
  for (int64_t n = 0; n < N; ++n) {
    const int64_t target = targets.data<int64_t>()[n];
    if (target == -100) continue;
    const double* x = h64.data<double>() + n * C;
    std::vector<double> p;
    double sum = 0;
    for (int64_t v = 0; v < V; ++v) {
      double z = 0;
      for (int64_t c = 0; c < C; ++c) z += x[c] * w64.data<double>()[v * C + c];
      p.push_back(std::exp(z));
      sum += p.back();
    }
    *r.loss.data<double>() -= std::log(p[static_cast<size_t>(target)] / sum) / items;
    for (int64_t v = 0; v < V; ++v) {
      const double dz = (p[static_cast<size_t>(v)] / sum - (v == target ? 1 : 0)) / items;
      for (int64_t c = 0; c < C; ++c) {
        r.dh.data<double>()[n * C + c] += dz * w64.data<double>()[v * C + c];
        r.dw.data<double>()[v * C + c] += dz * x[c];
      }
    }
  }
  return r;
}

Result run(const Tensor& h, const Weight& head, const Tensor& targets, double items) {
  const Var x(h, true);
  Tape tape;
  const Var loss = linear_cross_entropy(x, head, targets, scalar(items, h.dtype()));
  tape.backward(loss);
  return {loss.value(), x.grad()->value(), head.dense().grad()->value()};
}

TEST_CASE("linear_cross_entropy: loss and gradients match the definition") {
  struct Tolerance {
    DType dtype;
    double loss, gradient;
  };
  for (const Tolerance& t :
       {Tolerance{DType::f64, 1e-12, 1e-12}, {DType::f32, 1e-6, 1e-5}, {DType::bf16, 1e-3, 1e-2}})
    for (const auto& [shape, every] : {std::pair{Shape{1, 1, 2}, 0},
                                       {Shape{33, 17, 9}, 3},
                                       {Shape{600, 5, 129}, 7},
                                       {Shape{512, 3, 2}, 0}}) {
      const int64_t N = shape[0], C = shape[1], V = shape[2];
      const Tensor h = random_tensor({N, C}, t.dtype, "h"),
                   w = random_tensor({V, C}, t.dtype, "w", 0.5);
      const Tensor targets = labels(N, V, every);
      const Result got = run(h, Weight(Var(w, true)), targets, 100);
      const Result expected = definition(h, w, targets, 100);
      CHECK(got.loss.dtype() == kernels::accumulator_dtype(t.dtype));
      CHECK(rel_err(got.loss, expected.loss) < t.loss);
      CHECK(rel_err(got.dh, expected.dh) < t.gradient);
      CHECK(rel_err(got.dw, expected.dw) < t.gradient);
    }
}

// gradcheck seeds the output with some u, but the op demands the gradient 1. So the checked
// function is loss / u, whose gradient with respect to the loss, times u, is 1: passed on as
// exactly that.
Var seeded(const Var& loss) {
  const double u = random_f64({}, "gradcheck.seed.0").item<double>();
  return record({loss}, kernels::scale(loss.value(), 1 / u), [g = loss.grad()](const Tensor& dy) {
    const Tensor one = Tensor::empty_like(dy);
    kernels::fill(one, 1);
    g->add(one);
  });
}

TEST_CASE("gradcheck: linear_cross_entropy") {
  for (const auto& [shape, every] : {std::pair{Shape{1, 1, 2}, 0},
                                     {Shape{5, 3, 17}, 2},
                                     {Shape{260, 1, 3}, 50},
                                     {Shape{4, 9, 2}, 0},
                                     {Shape{3, 2, 4}, 1}}) {
    const Tensor targets = labels(shape[0], shape[2], every);
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          return std::vector<Var>{
              seeded(linear_cross_entropy(v[0], Weight(v[1]), targets, Tensor::scalar(3.0)))};
        },
        {random_f64({shape[0], shape[1]}, "h"), random_f64({shape[2], shape[1]}, "w")});
    CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
  }
}

TEST_CASE("linear_cross_entropy: the head's gradient adds to what its slot holds") {
  const Tensor h = random_f64({9, 4}, "h"), w = random_f64({6, 4}, "w"), targets = labels(9, 6, 4);
  const Var head(w, true);
  const Tensor arena = Tensor::zeros({24}, DType::f64);
  head.grad()->bind(arena);
  for (int micro_batch = 0; micro_batch < 2; ++micro_batch) run(h, Weight(head), targets, 5);
  const Tensor twice = kernels::scale(definition(h, w, targets, 5).dw, 2);
  CHECK(rel_err(arena.view({6, 4}), twice) < 1e-12);
}

TEST_CASE("linear_cross_entropy: without labels the loss and all gradients are 0") {
  const Tensor h = random_f64({3, 4}, "h"), targets = labels(3, 5, 1);
  const Result r = run(h, Weight(Var(random_f64({5, 4}, "w"), true)), targets, 0);
  CHECK(r.loss.item<double>() == 0);
  CHECK(test::same_bits(r.dh, Tensor::zeros({3, 4}, DType::f64)));
  CHECK(test::same_bits(r.dw, Tensor::zeros({5, 4}, DType::f64)));
}

TEST_CASE("linear_cross_entropy: the same bits for any number of threads, recorded or not") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const Tensor h = random_tensor({300, 33}, dtype, "h"), w = random_tensor({500, 33}, dtype, "w"),
                 targets = labels(300, 500, 5);
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const Result one = run(h, Weight(Var(w, true)), targets, 7);
    kernels::set_num_threads(2);
    const Result two = run(h, Weight(Var(w, true)), targets, 7);
    kernels::set_num_threads(threads);
    CHECK(test::same_bits(one.loss, two.loss));
    CHECK(test::same_bits(one.dh, two.dh));
    CHECK(test::same_bits(one.dw, two.dw));
    const Var plain = linear_cross_entropy(Var(h), Weight(Var(w)), targets, scalar(7, dtype));
    CHECK(test::same_bits(one.loss, plain.value()));
    CHECK(!plain.requires_grad());
  }
}

TEST_CASE(
    "linear_cross_entropy: logits of all rows never exist; a 4-bit head is dequantised once") {
  const int64_t N = 2048, C = 64, V = 512;
  const Tensor h = random_tensor({N, C}, DType::f32, "h"), targets = labels(N, V, 9);
  const auto packed = std::make_shared<const QuantizedTensor>(
      kernels::quantize_4bit(random_tensor({V, C}, DType::f32, "w"), QuantType::nf4, false));
  const Weight head(packed), dense(Var(Weight(packed).materialize(DType::f32)));
  const Result expected = run(h, dense, targets, N);
  reset_peak_memory(kCpu);
  const int64_t before = memory_stats(kCpu).live;
  const Result got = run(h, head, targets, N);
  const int64_t bound = (kernels::logit_rows(kCpu) * (V + C) + N * C + V * C + 3 * N) * 4;
  const int64_t rows = kernels::logit_rows(kCpu);
  const kernels::GemmSize products[] = {{rows, V, C, DType::f32, DType::f32},
                                        {rows, C, V, DType::f32, DType::f32},
                                        {V, C, rows, DType::f32, DType::f32}};
  const int64_t workspace = kernels::gemm_workspace(products, kMeta).nbytes();
  CHECK(memory_stats(kCpu).peak - before < bound + workspace);
  CHECK(bound < N * V * 4 / 2);
  CHECK(test::same_bits(got.loss, expected.loss));
  CHECK(test::same_bits(got.dh, expected.dh));
}

TEST_CASE("linear_cross_entropy: bad operands and another gradient than 1 are refused") {
  const Var h(random_f64({2, 4}, "h"), true);
  const Weight head(Var(random_f64({3, 4}, "w")));
  const auto targets = [](std::vector<int64_t> t) {
    return Tensor::of(t, {static_cast<int64_t>(t.size())});
  };
  const Tensor one = Tensor::scalar(1.0);
  for (const int64_t bad : {int64_t{3}, int64_t{-1}})
    CHECK_THROWS_WITH_AS(
        linear_cross_entropy(h, head, targets({0, bad}), one),
        doctest::Contains(("target " + std::to_string(bad) + " of row 1 is outside").c_str()),
        Error);
  CHECK_THROWS_WITH_AS(linear_cross_entropy(h, head, targets({0}), one),
                       doctest::Contains("targets [1] int64 must be"), Error);
  CHECK_THROWS_WITH_AS(linear_cross_entropy(h, head, targets({0, 1}), Tensor::scalar(1.0f)),
                       doctest::Contains("num_items must be one float64"), Error);
  Tape tape;
  const Var loss = linear_cross_entropy(h, head, targets({0, 1}), one);
  CHECK_THROWS_WITH_AS(tape.backward(loss, Tensor::scalar(0.5)),
                       doctest::Contains("gradient of the loss is 0.5"), Error);
}

TEST_CASE("cuda: linear_cross_entropy matches the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    int64_t N, C, V, every;  // every how many rows a label; 0: none
  };
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c :
         {GpuCase{1, 1, 2, 1}, GpuCase{63, 17, 129, 2}, GpuCase{500, 64, 1000, 3},
          GpuCase{2100, 32, 64, 1}, GpuCase{40, 16, 8, 0}}) {
      std::vector<int64_t> labels;
      for (int64_t n = 0; n < c.N; ++n)
        labels.push_back(c.every && n % c.every == 0 ? n * 7 % c.V : kernels::kIgnoredLabel);
      const DType sums = kernels::accumulator_dtype(dtype);
      const auto run = [&](const std::vector<Tensor>& t) {
        const kernels::GradTarget dw{kernels::cast(t[1], sums), true};
        const auto out = kernels::linear_cross_entropy(t[0], t[1], t[2], t[3], true, dw);
        const auto loss = kernels::linear_cross_entropy(t[0], t[1], t[2], t[3], false, {});
        return std::vector<Tensor>{out.loss, out.dh, dw.tensor, loss.loss};
      };
      const Tensor items = kernels::cast(Tensor::scalar(37.0), sums);
      test::check_gpu_matches(
          std::to_string(c.N) + " rows in " + name_of(dtype),
          {test::random_tensor({c.N, c.C}, dtype, "h"),
           test::random_tensor({c.V, c.C}, dtype, "w", 0.3), Tensor::of(labels, {c.N}), items},
          run, 8);
    }
}

}  // namespace
}  // namespace hone
