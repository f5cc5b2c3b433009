// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/sigmoid_gate.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/sigmoid_gate/sigmoid_gate.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The gates of [N, H*2D] rows that hold D values and D gates for each head.
Tensor gate_view(const Tensor& rows, int64_t heads) {
  const Tensor t = rows.split(1, heads);
  return t.narrow(2, t.dim(2) / 2, t.dim(2) / 2);
}

struct Precision {
  DType dtype;
  double tolerance;
};
const Precision kPrecisions[] = {{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}};

TEST_CASE("sigmoid_gate: forward matches the definition, with a strided gate too") {
  for (const auto& [dtype, tolerance] : kPrecisions)
    for (const Shape& s : {Shape{1, 1, 1}, Shape{33, 3, 17}, Shape{5, 2, 129}}) {
      const Tensor a = random_tensor(s, dtype, "a");
      const Tensor z = gate_view(random_tensor({s[0], s[1] * 2 * s[2]}, dtype, "z", 2), s[1]);
      const Tensor y = sigmoid_gate(Var(a), Var(z)).value();
      CHECK(y.shape() == Shape{s[0], s[1] * s[2]});
      Tensor expected = f64(a).view(y.shape());
      const Tensor gates = f64(z);
      for (int64_t i = 0; i < gates.numel(); ++i)
        expected.data<double>()[i] *= sigmoid(gates.data<double>()[i]);
      CHECK(rel_err(y, expected) < tolerance);
      CHECK(test::same_bits(
          y, sigmoid_gate(Var(a.view(y.shape())), Var(kernels::contiguous(z))).value()));
    }
}

TEST_CASE("gradcheck: sigmoid_gate") {
  for (const Shape& s :
       {Shape{1, 1, 1}, Shape{3, 2, 17}, Shape{33, 1, 2}, Shape{5, 3, 3}, Shape{0, 2, 2}})
    for (const bool flat : {false, true}) {
      const auto r = gradcheck(
          [](std::span<const Var> v) { return std::vector<Var>{sigmoid_gate(v[0], v[1])}; },
          {random_f64(flat ? Shape{s[0], s[1] * s[2]} : s, "a"), random_f64(s, "z")});
      CHECK_MESSAGE(r.worst < 1e-7, (s.str() + ": " + r.where));
    }
}

TEST_CASE("sigmoid_gate: gradients through a strided gate are those through its copy") {
  const Tensor a = random_f64({5, 3, 4}, "a"), z = gate_view(random_f64({5, 24}, "z"), 3);
  const Tensor dy = random_f64({5, 12}, "dy");
  const auto got = kernels::sigmoid_gate_backward(dy, a.view({5, 12}), z);
  const auto expected = kernels::sigmoid_gate_backward(dy, a.view({5, 12}), kernels::contiguous(z));
  CHECK(test::same_bits(got.da, expected.da));
  CHECK(test::same_bits(got.dz, expected.dz));
}

TEST_CASE("add_gated: forward matches the definition") {
  for (const auto& [dtype, tolerance] : kPrecisions)
    for (const Shape& s : {Shape{1, 1}, Shape{33, 17}, Shape{5, 129}}) {
      const Tensor routed = random_tensor(s, dtype, "r"), shared = random_tensor(s, dtype, "s"),
                   z = random_tensor({s[0], 1}, dtype, "z");
      const Tensor expected = f64(routed), x = f64(shared), logits = f64(z);
      for (int64_t i = 0; i < x.numel(); ++i)
        expected.data<double>()[i] +=
            sigmoid(logits.data<double>()[i / s[1]]) * x.data<double>()[i];
      CHECK(rel_err(add_gated(Var(routed), Var(shared), Var(z)).value(), expected) < tolerance);
    }
}

TEST_CASE("gradcheck: add_gated") {
  for (const Shape& s : {Shape{1, 1}, Shape{3, 17}, Shape{33, 2}, Shape{5, 9}, Shape{0, 4}}) {
    const auto r = gradcheck(
        [](std::span<const Var> v) { return std::vector<Var>{add_gated(v[0], v[1], v[2])}; },
        {random_f64(s, "routed"), random_f64(s, "shared"), random_f64({s[0], 1}, "s")});
    CHECK_MESSAGE(r.worst < 1e-7, (s.str() + ": " + r.where));
  }
}

TEST_CASE("sigmoid_gate, add_gated: gradients near those in double, for any number of threads") {
  for (const auto& [dtype, tolerance] : kPrecisions) {
    const Tensor a = random_tensor({600, 66}, dtype, "a"),
                 z = random_tensor({600, 2, 33}, dtype, "z"),
                 s = random_tensor({600, 1}, dtype, "s"),
                 dy = random_tensor({600, 66}, dtype, "dy");
    const auto run = [](const Tensor& g, const Tensor& x, const Tensor& gate, const Tensor& logit) {
      const auto d = kernels::sigmoid_gate_backward(g, x, gate);
      const auto e = kernels::add_gated_backward(g, x, logit);
      return std::vector<Tensor>{d.da, d.dz, e.dshared, e.dz};
    };
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const auto one = run(dy, a, z, s);
    kernels::set_num_threads(2);
    const auto two = run(dy, a, z, s);
    kernels::set_num_threads(threads);
    const auto exact = run(f64(dy), f64(a), f64(z), f64(s));
    for (size_t i = 0; i < one.size(); ++i) {
      CHECK(test::same_bits(one[i], two[i]));
      CHECK(rel_err(one[i], exact[i]) < tolerance);
    }
  }
}

TEST_CASE("sigmoid_gate, add_gated: bad operands are refused with their shapes named") {
  const Var a(random_f64({2, 6}, "a"));
  CHECK_THROWS_WITH_AS(kernels::sigmoid_gate_forward(a.value(), random_f64({2, 2, 4}, "z")),
                       doctest::Contains("a [2, 6] float64 does not fit gate [2, 2, 4]"), Error);
  CHECK_THROWS_WITH_AS(sigmoid_gate(a, a), doctest::Contains("gate [2, 6] must be [N, H, D]"),
                       Error);
  CHECK_THROWS_WITH_AS(add_gated(a, a, Var(random_f64({2}, "s"))),
                       doctest::Contains("logits [2] float64 do not fit shared [2, 6]"), Error);
}

TEST_CASE("cuda: sigmoid_gate and add_gated match the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& s :
         {Shape{1, 1, 1}, Shape{63, 3, 17}, Shape{500, 4, 64}, Shape{9, 16, 256}, Shape{0, 2, 8}}) {
      const int64_t N = s[0], H = s[1], D = s[2], C = H * D;
      const auto gate = [&](const std::vector<Tensor>& t) {
        const Tensor z = gate_view(t[1], H);
        const auto d = kernels::sigmoid_gate_backward(t[2], t[0], z);
        return std::vector<Tensor>{kernels::sigmoid_gate_forward(t[0], z), d.da, d.dz};
      };
      const Tensor a = random_tensor({N, C}, dtype, "a"), dy = random_tensor({N, C}, dtype, "dy");
      test::check_gpu_matches(s.str(), {a, random_tensor({N, 2 * C}, dtype, "z", 2), dy}, gate);
      const auto add = [&](const std::vector<Tensor>& t) {
        const auto d = kernels::add_gated_backward(t[2], t[0], t[1]);
        return std::vector<Tensor>{kernels::add_gated_forward(t[2], t[0], t[1]), d.dshared, d.dz};
      };
      test::check_gpu_matches(s.str() + " add", {a, random_tensor({N, 1}, dtype, "z1", 2), dy}, add,
                              4);
    }
}

}  // namespace
}  // namespace hone
