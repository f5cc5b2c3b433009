// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/dora.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "kernels/core/parallel.h"
#include "kernels/dora/dora.h"
#include "kernels/nf4/quantize.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }

struct Precision {
  DType dtype;
  double tolerance;
};
const Precision kPrecisions[] = {{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}};

// Lengths above zero.
Tensor lengths(int64_t n, DType dtype, const std::string& stream) {
  const Tensor t = random_tensor({n}, DType::f64, stream);
  for (int64_t i = 0; i < n; ++i) t.data<double>()[i] = 0.5 + std::abs(t.data<double>()[i]);
  return kernels::cast(t, kernels::accumulator_dtype(dtype));
}

TEST_CASE("dora: norms match the definition") {
  for (const DType dtype : {DType::f64, DType::f32})
    for (const Shape& s : {Shape{1, 1}, Shape{33, 17}, Shape{5, 1030}, Shape{0, 4}, Shape{4, 0}}) {
      const Tensor v = random_tensor(s, dtype, "v"), exact = f64(v);
      const Tensor expected = Tensor::zeros({s[0]}, DType::f64);
      for (int64_t i = 0; i < exact.numel(); ++i)
        expected.data<double>()[i / s[1]] += exact.data<double>()[i] * exact.data<double>()[i];
      for (int64_t o = 0; o < s[0]; ++o)
        expected.data<double>()[o] = std::sqrt(expected.data<double>()[o]);
      CHECK(rel_err(kernels::dora_norms(v), expected) < (dtype == DType::f64 ? 1e-14 : 1e-6));
    }
}

TEST_CASE("dora: forward matches the definition") {
  for (const auto& [dtype, tolerance] : kPrecisions)
    for (const bool biased : {false, true})
      for (const Shape& s : {Shape{1, 1}, Shape{33, 17}, Shape{5, 129}}) {
        const Tensor u = random_tensor(s, dtype, "u"), m = lengths(s[1], dtype, "m"),
                     norm = lengths(s[1], dtype, "norm"),
                     bias = biased ? random_tensor({s[1]}, dtype, "bias") : Tensor();
        const Tensor expected = f64(u), exact_m = f64(m), exact_norm = f64(norm);
        for (int64_t i = 0; i < u.numel(); ++i) {
          const int64_t o = i % s[1];
          expected.data<double>()[i] *= exact_m.data<double>()[o] / exact_norm.data<double>()[o];
          if (biased) expected.data<double>()[i] += f64(bias).data<double>()[o];
        }
        const Tensor y = dora(Var(u), Var(m), norm, biased ? Var(bias) : Var()).value();
        CHECK(rel_err(y, expected) < tolerance);
      }
}

TEST_CASE("gradcheck: dora") {
  for (const Shape& s : {Shape{1, 1}, Shape{3, 17}, Shape{33, 2}, Shape{0, 4}}) {
    const Tensor norm = lengths(s[1], DType::f64, "norm");
    const auto r = gradcheck(
        [&](std::span<const Var> v) { return std::vector<Var>{dora(v[0], v[1], norm, v[2])}; },
        {random_f64(s, "u"), random_f64({s[1]}, "m"), random_f64({s[1]}, "bias")});
    CHECK_MESSAGE(r.worst < 1e-7, (s.str() + ": " + r.where));
  }
}

TEST_CASE("dora: rows without a direction give the bias and no gradient") {
  const Tensor u = random_f64({3, 2}, "u"), m = lengths(2, DType::f64, "m");
  const Tensor norm = Tensor::of(std::vector<double>{0, 2}, {2});
  const Tensor y = kernels::dora_forward(u, m, norm, Tensor());
  const Tensor dm = Tensor::zeros({2}, DType::f64);
  const Tensor du = kernels::dora_backward(u, u, m, norm, {dm, false}, {});
  for (int64_t n = 0; n < 3; ++n) {
    CHECK(y.data<double>()[2 * n] == 0);
    CHECK(du.data<double>()[2 * n] == 0);
    CHECK(y.data<double>()[2 * n + 1] != 0);
  }
  CHECK(dm.data<double>()[0] == 0);
  CHECK(dm.data<double>()[1] != 0);
}

TEST_CASE("dora: norms of a weight, dense or in 4 bits, with its update") {
  const Tensor w = random_tensor({6, 64}, DType::f32, "w"), a = random_f64({2, 64}, "a"),
               b = random_f64({6, 2}, "b");
  const auto packed = std::make_shared<const QuantizedTensor>(
      kernels::quantize_4bit(w, QuantType::nf4, /*nested=*/true));
  for (const Weight& weight : {Weight(Var(f64(w))), Weight(packed)}) {
    Lora lora;
    lora.a = Var(a);
    lora.b = Var(b);
    lora.scale = 0.5;
    const Tensor before = weight.materialize(DType::f64), dense = f64(before);
    const Tensor expected = Tensor::zeros({6}, DType::f64);
    for (int64_t o = 0; o < 6; ++o) {
      for (int64_t i = 0; i < 64; ++i) {
        double x = dense.data<double>()[o * 64 + i];
        for (int64_t k = 0; k < 2; ++k)
          x += 0.5 * b.data<double>()[o * 2 + k] * a.data<double>()[k * 64 + i];
        expected.data<double>()[o] += x * x;
      }
      expected.data<double>()[o] = std::sqrt(expected.data<double>()[o]);
    }
    CHECK(rel_err(dora_norms(weight, lora), expected) < 1e-14);
    CHECK(test::same_bits(weight.materialize(DType::f64), before));  // the weight is as it was
  }
}

std::vector<Tensor> gradients(const Tensor& dy, const Tensor& u, const Tensor& m,
                              const Tensor& norm) {
  const Tensor dm = Tensor::zeros(m.shape(), m.dtype(), m.device()),
               db = Tensor::zeros(m.shape(), m.dtype(), m.device());
  const Tensor du = kernels::dora_backward(dy, u, m, norm, {dm, false}, {db, false});
  kernels::dora_backward(dy, u, m, norm, {dm, true}, {});
  return {du, dm, db};
}

TEST_CASE("dora: gradients near those in double, for any number of threads") {
  for (const auto& [dtype, tolerance] : kPrecisions) {
    const Tensor u = random_tensor({600, 33}, dtype, "u"),
                 dy = random_tensor({600, 33}, dtype, "dy"), m = lengths(33, dtype, "m"),
                 norm = lengths(33, dtype, "norm");
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const auto one = gradients(dy, u, m, norm);
    kernels::set_num_threads(2);
    const auto two = gradients(dy, u, m, norm);
    kernels::set_num_threads(threads);
    const auto exact = gradients(f64(dy), f64(u), f64(m), f64(norm));
    for (size_t i = 0; i < one.size(); ++i) {
      CHECK(test::same_bits(one[i], two[i]));
      CHECK(rel_err(one[i], exact[i]) < tolerance);
    }
  }
}

TEST_CASE("dora: bad operands are refused with their shapes named") {
  const Tensor u = random_f64({2, 6}, "u"), m = random_f64({6}, "m");
  CHECK_THROWS_WITH_AS(kernels::dora_forward(u, random_f64({2}, "m"), m, Tensor()),
                       doctest::Contains("magnitude [2] float64 does not fit [2, 6]"), Error);
  CHECK_THROWS_WITH_AS(kernels::dora_backward(random_f64({2, 5}, "dy"), u, m, m, {}, {}),
                       doctest::Contains("dy [2, 5] float64 must be contiguous and like u [2, 6]"),
                       Error);
  CHECK_THROWS_AS(kernels::dora_norms(kernels::cast(u, DType::bf16)), Error);
}

TEST_CASE("cuda: dora matches the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& s :
         {Shape{1, 1}, Shape{63, 17}, Shape{500, 96}, Shape{9, 2050}, Shape{0, 8}}) {
      const auto run = [&](const std::vector<Tensor>& t) {
        std::vector<Tensor> out = gradients(t[1], t[0], t[2], t[3]);
        out.push_back(kernels::dora_forward(t[0], t[2], t[3], t[4]));
        return out;
      };
      test::check_gpu_matches(
          s.str(),
          {random_tensor(s, dtype, "u"), random_tensor(s, dtype, "dy"), lengths(s[1], dtype, "m"),
           lengths(s[1], dtype, "norm"), random_tensor({s[1]}, dtype, "bias")},
          run, 4);
      if (dtype != DType::bf16)
        test::check_gpu_matches(
            s.str() + " norms", {random_tensor(s, dtype, "v")},
            [](const std::vector<Tensor>& t) {
              return std::vector<Tensor>{kernels::dora_norms(t[0])};
            },
            4);
    }
}

}  // namespace
}  // namespace hone
