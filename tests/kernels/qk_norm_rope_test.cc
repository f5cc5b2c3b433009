// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/qk_norm_rope.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops/sigmoid_gate.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::NormWeight;
using kernels::RotaryTable;
using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }

RotaryTable table(int64_t rows, int64_t rotary_dim, DType dtype) {
  std::vector<int32_t> positions;
  for (int64_t n = 0; n < rows; ++n) positions.push_back(static_cast<int32_t>(3 * n + 1));
  std::vector<double> f;
  for (int64_t j = 0; j < rotary_dim / 2; ++j) f.push_back(1 / (1.0 + static_cast<double>(j)));
  return kernels::rotary_table(Tensor::of(positions, {rows}), f, {}, dtype);
}

// Norm and rotation of [N, H, D] straight from their definitions, in double.
Tensor definition(const Tensor& x, const Tensor& w, double eps, NormWeight kind,
                  const RotaryTable& rotary) {
  const int64_t H = x.dim(1), D = x.dim(2), half = rotary.cos.dim(1);
  const Tensor in = f64(x), y = Tensor::empty(x.shape(), DType::f64);
  const Tensor cos = f64(rotary.cos), sin = f64(rotary.sin);
  const Tensor weight = w.defined() ? f64(w) : w;
  for (int64_t i = 0; i < x.dim(0) * H; ++i) {
    double* u = in.data<double>() + i * D;
    double sum = 0;
    for (int64_t d = 0; d < D; ++d) sum += u[d] * u[d];
    const double r = 1 / std::sqrt(sum / static_cast<double>(D) + eps);
    for (int64_t d = 0; w.defined() && d < D; ++d)
      u[d] *= r * (weight.data<double>()[d] + (kind == NormWeight::zero_centred ? 1 : 0));
    for (int64_t d = 0; d < D; ++d) {
      const int64_t j = d % std::max<int64_t>(half, 1);
      const double c = half ? cos.data<double>()[i / H * half + j] : 1;
      const double s = half ? sin.data<double>()[i / H * half + j] : 0;
      y.data<double>()[i * D + d] = d < half       ? u[d] * c - u[d + half] * s
                                    : d < 2 * half ? u[d] * c + u[d - half] * s
                                                   : u[d];
    }
  }
  return y;
}

struct Case {
  int64_t rows, heads, kv_heads, head_dim, rotary_dim;
};
const Case kCases[] = {
    {1, 1, 1, 2, 2}, {3, 4, 2, 6, 4}, {66, 1, 1, 3, 2}, {5, 3, 1, 17, 0}, {2, 2, 2, 8, 8}};

TEST_CASE("qk_norm_rope: forward matches the definition; the gate is a view of the input") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-14}, {DType::f32, 1e-6}, {DType::bf16, 8e-3}})
    for (const Case& c : kCases)
      for (const bool gated : {false, true})
        for (const bool norm : {false, true})
          for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred}) {
            const int64_t H = c.heads, Hk = c.kv_heads, D = c.head_dim;
            const Tensor q = random_tensor({c.rows, H * D * (gated ? 2 : 1)}, dtype, "q");
            const Tensor k = random_tensor({c.rows, Hk * D}, dtype, "k");
            const Tensor qw = norm ? random_tensor({D}, dtype, "qw") : Tensor();
            const Tensor kw = norm ? random_tensor({D}, dtype, "kw") : Tensor();
            const RotaryTable rotary = table(c.rows, c.rotary_dim, dtype);
            const auto out = qk_norm_rope(Var(q), gated, Var(k), norm ? Var(qw) : Var(),
                                          norm ? Var(kw) : Var(), 1e-6, kind, rotary, H, Hk);
            CHECK(out.size() == (gated ? 3 : 2));
            const Tensor heads = q.split(1, H);
            CHECK(rel_err(out[0].value(),
                          definition(heads.narrow(2, 0, D), qw, 1e-6, kind, rotary)) < tolerance);
            CHECK(rel_err(out[1].value(), definition(k.split(1, Hk), kw, 1e-6, kind, rotary)) <
                  tolerance);
            if (!gated) continue;
            CHECK(out[2].value().shares_storage(q));
            CHECK(test::same_bits(out[2].value(), heads.narrow(2, D, D)));
          }
}

TEST_CASE("gradcheck: qk_norm_rope") {
  for (const Case& c : kCases)
    for (const bool gated : {false, true})
      for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred}) {
        const int64_t H = c.heads, Hk = c.kv_heads, D = c.head_dim;
        const RotaryTable rotary = table(c.rows, c.rotary_dim, DType::f64);
        const auto f = [&](std::span<const Var> v) {
          auto out = v.size() == 4
                         ? qk_norm_rope(v[0], gated, v[1], v[2], v[3], 1e-6, kind, rotary, H, Hk)
                         : qk_norm_rope(v[0], gated, v[1], Var(), Var(), 1e-6, kind, rotary, H, Hk);
          if (gated) {  // a contiguous function of the gate
            const Tensor a = random_f64({c.rows, H * D}, "a");
            out[2] = sigmoid_gate(Var(a), out[2]);
          }
          return out;
        };
        const Tensor q = random_f64({c.rows, H * D * (gated ? 2 : 1)}, "q");
        const Tensor k = random_f64({c.rows, Hk * D}, "k");
        const auto r = gradcheck(f, {q, k, random_f64({D}, "qw"), random_f64({D}, "kw")});
        CHECK_MESSAGE(r.worst < 1e-7, r.where);
        const auto plain = gradcheck(f, {q, k});
        CHECK_MESSAGE(plain.worst < 1e-7, plain.where);
      }
}

// {dq, dk, dqw, dkw} of a gated call.
std::vector<Tensor> gradients(const std::vector<Tensor>& in, const std::vector<Tensor>& dy,
                              const RotaryTable& rotary) {
  std::vector<Var> v;
  for (const Tensor& t : in) v.emplace_back(t, true);
  Tape tape;
  const auto out =
      qk_norm_rope(v[0], true, v[1], v[2], v[3], 1e-6, NormWeight::zero_centred, rotary, 4, 2);
  tape.backward(out, dy);
  std::vector<Tensor> g;
  for (const Var& x : v) g.push_back(x.grad()->value());
  return g;
}

TEST_CASE("qk_norm_rope: gradients near those in double, the same bits for any number of threads") {
  const int64_t N = 200, D = 33;
  for (const auto& [dtype, tolerance] : {std::pair{DType::f32, 2e-6}, {DType::bf16, 1e-2}}) {
    const std::vector<Tensor> in = {
        random_tensor({N, 4 * 2 * D}, dtype, "q"), random_tensor({N, 2 * D}, dtype, "k"),
        random_tensor({D}, dtype, "qw"), random_tensor({D}, dtype, "kw")};
    const std::vector<Tensor> dy = {random_tensor({N, 4, D}, dtype, "dq"),
                                    random_tensor({N, 2, D}, dtype, "dk"),
                                    random_tensor({N, 4, D}, dtype, "dgate")};
    const RotaryTable rotary = table(N, 8, dtype);
    const int threads = kernels::num_threads();
    kernels::set_num_threads(1);
    const auto one = gradients(in, dy, rotary);
    kernels::set_num_threads(2);
    const auto two = gradients(in, dy, rotary);
    kernels::set_num_threads(threads);
    std::vector<Tensor> in64, dy64;
    for (const Tensor& t : in) in64.push_back(f64(t));
    for (const Tensor& t : dy) dy64.push_back(f64(t));
    const auto exact = gradients(in64, dy64, {f64(rotary.cos), f64(rotary.sin)});
    for (size_t i = 0; i < 4; ++i) {
      CHECK(test::same_bits(one[i], two[i]));
      CHECK(rel_err(one[i], exact[i]) < tolerance);
    }
    const Tensor dgate = one[0].split(1, 4).narrow(2, D, D);  // passes through unchanged
    CHECK(test::same_bits(dgate, dy[2]));
  }
}

TEST_CASE("qk_norm_rope: bad operands are refused with their shapes named") {
  const Var q(random_f64({3, 24}, "q")), k(random_f64({3, 12}, "k")), w(random_f64({6}, "w"));
  const auto call = [&](const Var& weight, bool gated, const RotaryTable& rotary, int64_t heads) {
    qk_norm_rope(q, gated, k, weight, weight, 1e-6, NormWeight::plain, rotary, heads, 2);
  };
  CHECK_THROWS_WITH_AS(call(w, true, table(3, 4, DType::f64), 5),
                       doctest::Contains("[3, 24] does not hold 5 gated heads"), Error);
  CHECK_THROWS_WITH_AS(call(Var(random_f64({5}, "w")), true, table(3, 4, DType::f64), 2),
                       doctest::Contains("weight [5] float64 does not fit [3, 2, 6]"), Error);
  CHECK_THROWS_WITH_AS(call(w, true, table(2, 4, DType::f64), 2),
                       doctest::Contains("rotary table [2, 2] does not fit [3, 2, 6]"), Error);
  CHECK_THROWS_WITH_AS(call(w, true, table(3, 4, DType::f32), 2),
                       doctest::Contains("rotary table is float32 for float64"), Error);
}

TEST_CASE("cuda: qk_norm_rope matches the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    int64_t N, H, D, rotary_dim;
  };
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c : {GpuCase{1, 1, 2, 2}, GpuCase{63, 3, 18, 6}, GpuCase{130, 5, 64, 64},
                             GpuCase{70, 16, 256, 64}, GpuCase{9, 2, 72, 0},
                             GpuCase{1100, 2, 32, 8}, GpuCase{0, 2, 8, 4}})
      for (const NormWeight kind : {NormWeight::plain, NormWeight::zero_centred})
        for (const bool norm : {true, false}) {
          const RotaryTable rotary = table(c.N, c.rotary_dim, dtype);
          const auto run = [&](const std::vector<Tensor>& t) {
            const Tensor x = t[0].split(1, c.H).narrow(2, 0, c.D);  // beside a gate
            const Tensor w = norm ? t[1] : Tensor();
            const RotaryTable r = {t[3], t[4]};
            const auto out = kernels::qk_norm_rope_forward(x, w, 1e-6, kind, r);
            const Tensor dx = Tensor::zeros_like(t[0]);
            kernels::GradTarget dw;
            if (norm) dw = {kernels::cast(w, kernels::accumulator_dtype(dtype)), true};
            kernels::qk_norm_rope_backward(t[2], x, w, out.rstd, kind, r,
                                           dx.split(1, c.H).narrow(2, 0, c.D), dw);
            const Tensor frozen = Tensor::empty_like(t[2]);
            kernels::qk_norm_rope_backward(t[2], x, w, out.rstd, kind, r, frozen, {});
            return std::vector<Tensor>{out.y, out.rstd, dx, dw.tensor, frozen};
          };
          test::check_gpu_matches(
              std::to_string(c.N) + " " + std::to_string(c.H) + " " + std::to_string(c.D),
              {random_tensor({c.N, c.H * 2 * c.D}, dtype, "x"), random_tensor({c.D}, dtype, "w"),
               random_tensor({c.N, c.H, c.D}, dtype, "dy"), rotary.cos, rotary.sin},
              run, 4);
        }
}

}  // namespace
}  // namespace hone
