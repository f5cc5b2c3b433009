// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/linear.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/dropout/dropout.h"
#include "kernels/gemm/gemm.h"
#include "kernels/nf4/quantize.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

using kernels::Transpose;
using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }

// x W^T + bias + scale * (x (B A)^T) in double, with B A formed: the other way round.
Tensor definition(const Tensor& x, const Tensor& w, const Lora* lora, const Tensor& bias) {
  const Tensor weight = f64(w);
  if (lora)
    kernels::gemm(f64(lora->b.value()), Transpose::no, f64(lora->a.value()), Transpose::no,
                  lora->scale, 1, weight);
  const Tensor y = kernels::matmul(f64(x), Transpose::no, weight, Transpose::yes);
  for (int64_t n = 0; n < y.dim(0); ++n)
    for (int64_t c = 0; bias.defined() && c < y.dim(1); ++c)
      y.data<double>()[n * y.dim(1) + c] += f64(bias).data<double>()[c];
  return y;
}

TEST_CASE("linear: forward matches the definition with B A formed, with and without each part") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-13}, {DType::f32, 1e-6}, {DType::bf16, 1e-2}})
    for (const bool with_lora : {false, true})
      for (const bool with_bias : {false, true}) {
        const Tensor x = random_tensor({33, 17}, dtype, "x"),
                     w = random_tensor({9, 17}, dtype, "w");
        const Var bias = with_bias ? Var(random_tensor({9}, dtype, "bias")) : Var();
        Lora lora = {Var(random_tensor({3, 17}, DType::f32, "a")),
                     Var(random_tensor({9, 3}, DType::f32, "b")),
                     1.5,
                     0,
                     {}};
        if (dtype == DType::f64)
          lora.a = Var(f64(lora.a.value())), lora.b = Var(f64(lora.b.value()));
        const Lora* update = with_lora ? &lora : nullptr;
        const Var y = linear(Var(x), Weight(Var(w)), update, bias);
        CHECK(y.dtype() == dtype);
        CHECK(rel_err(y.value(), definition(x, w, update, bias.value())) < tolerance);
      }
}

TEST_CASE("gradcheck: linear") {
  struct Case {
    Shape x;
    int64_t out, rank;
    double dropout;
  };
  for (const Case& c : {Case{{1, 1}, 1, 1, 0}, Case{{5, 17}, 3, 2, 0}, Case{{2, 3, 4}, 5, 3, 0.25},
                        Case{{33, 2}, 7, 1, 0.5}, Case{{4}, 3, 2, 0}}) {
    const int64_t in = c.x[-1];
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          const Lora lora = {v[2], v[3], 0.75, c.dropout,
                             kernels::DropoutStream::of(3, "linear.lora")};
          return std::vector<Var>{linear(v[0], Weight(v[1]), &lora, v[4]),
                                  linear(v[0], Weight(v[1]))};
        },
        {random_f64(c.x, "x"), random_f64({c.out, in}, "w"), random_f64({c.rank, in}, "a"),
         random_f64({c.out, c.rank}, "b"), random_f64({c.out}, "bias")});
    CHECK_MESSAGE(r.worst < 1e-7, (c.x.str() + ": " + r.where));
  }
}

// Gradients of {x, w, a, b} for the seed dy; which of them are wanted is given by bits.
std::vector<Tensor> gradients(const std::vector<Tensor>& t, unsigned wanted, const Tensor& dy) {
  std::vector<Var> v;
  for (size_t i = 0; i < t.size(); ++i) v.emplace_back(t[i], wanted >> i & 1);
  Tape tape;
  const Lora lora = {v[2], v[3], 2, 0.5, kernels::DropoutStream::of(1, "m")};
  const Var y = linear(v[0], Weight(v[1]), &lora);
  if (wanted != 0) tape.backward(y, dy);
  std::vector<Tensor> g;
  for (const Var& x : v) g.push_back(x.grad()->value());
  return g;
}

TEST_CASE("linear: each gradient is the same whichever others are wanted, and only then exists") {
  const std::vector<Tensor> t = {random_f64({6, 5}, "x"), random_f64({4, 5}, "w"),
                                 random_f64({2, 5}, "a"), random_f64({4, 2}, "b")};
  const Tensor dy = random_f64({6, 4}, "dy");
  const std::vector<Tensor> all = gradients(t, 15, dy);
  for (unsigned wanted = 0; wanted < 16; ++wanted) {
    const std::vector<Tensor> some = gradients(t, wanted, dy);
    for (size_t i = 0; i < 4; ++i) {
      CHECK(some[i].defined() == bool(wanted >> i & 1));
      if (some[i].defined()) CHECK(test::same_bits(some[i], all[i]));
    }
  }
}

TEST_CASE("linear: f32 and bf16 gradients are near those in double") {
  for (const auto& [dtype, tolerance] : {std::pair{DType::f32, 1e-5}, {DType::bf16, 2e-2}}) {
    const std::vector<Tensor> t = {
        random_tensor({65, 33}, dtype, "x"), random_tensor({17, 33}, dtype, "w"),
        random_tensor({4, 33}, DType::f32, "a"), random_tensor({17, 4}, DType::f32, "b")};
    std::vector<Tensor> exact;
    for (const Tensor& x : t) exact.push_back(f64(x));
    const Tensor dy = random_tensor({65, 17}, dtype, "dy");
    const std::vector<Tensor> g = gradients(t, 15, dy), g64 = gradients(exact, 15, f64(dy));
    for (size_t i = 0; i < 4; ++i) {
      CHECK(g[i].dtype() == (i == 0 ? dtype : DType::f32));  // parameters: f32
      CHECK(rel_err(g[i], g64[i]) < tolerance);
    }
  }
}

TEST_CASE("linear: gradients are added to what the slots hold, parameters' in their arena") {
  const Var x(random_f64({3, 4}, "x"), true), w(random_f64({2, 4}, "w"), true);
  const Tensor arena = Tensor::zeros({8}, DType::f64);
  w.grad()->bind(arena);
  const Tensor dy = random_f64({3, 2}, "dy");
  Tensor once_x, once_w;
  for (int times = 1; times <= 2; ++times) {
    Tape tape;
    tape.backward(linear(x, Weight(w)), dy);
    if (times == 1)
      once_x = kernels::scale(x.grad()->value(), 2), once_w = kernels::scale(arena, 2);
  }
  CHECK(rel_err(x.grad()->value(), once_x) < 1e-15);
  CHECK(rel_err(arena, once_w) < 1e-15);
}

TEST_CASE("linear: saves x only for a gradient of W or A, and xA^T only for one of B") {
  const Tensor w = random_f64({4, 5}, "w");
  const auto held = [&](bool w_trains, bool a_trains, bool b_trains) {
    const Var a(random_f64({2, 5}, "a"), a_trains), b(random_f64({4, 2}, "b"), b_trains);
    const Tensor x = random_f64({100, 5}, "x");
    const int64_t before = memory_stats(kCpu).live;
    Tape tape;
    const Lora lora = {a, b, 1, 0, {}};
    const Var y = linear(Var(x, true), Weight(Var(w, w_trains)), &lora);
    const int64_t extra = memory_stats(kCpu).live - before - y.value().nbytes();
    return std::pair{!x.unique(), extra};
  };
  CHECK(held(false, false, false) == std::pair{false, int64_t{0}});
  CHECK(held(true, false, false) == std::pair{true, int64_t{0}});
  CHECK(held(false, true, false) == std::pair{true, int64_t{0}});
  CHECK(held(false, false, true) == std::pair{false, int64_t{100 * 2 * 8}});
}

// Packed operands and tiles of the products of a linear layer, as kernels/gemm allocates them.
int64_t workspace_bytes(int64_t n, int64_t in, int64_t out, int64_t rank, DType dtype) {
  std::vector<kernels::GemmSize> products;
  const auto add = [&](int64_t rows, int64_t columns, int64_t terms) {
    products.push_back({rows, columns, terms, dtype, dtype});
  };
  add(n, out, in);
  add(n, in, out);
  if (rank > 0) {
    add(n, rank, in);
    add(n, rank, out);
    add(n, out, rank);
    add(n, in, rank);
    add(out, rank, n);
    add(rank, in, n);
  }
  return kernels::gemm_workspace(products, kMeta).nbytes();
}

TEST_CASE("linear: the update's workspace is O(N R), not O(out in)") {
  const int64_t n = 2, in = 1024, out = 1024, rank = 2;
  const Var x(random_tensor({n, in}, DType::f32, "x"), true);
  const Weight w(Var(random_tensor({out, in}, DType::f32, "w")));
  const Lora lora = {Var(random_tensor({rank, in}, DType::f32, "a"), true),
                     Var(random_tensor({out, rank}, DType::f32, "b"), true),
                     1,
                     0,
                     {}};
  const Tensor dy = random_tensor({n, out}, DType::f32, "dy");
  reset_peak_memory(kCpu);
  const int64_t before = memory_stats(kCpu).live;
  {
    Tape tape;
    tape.backward(linear(x, w, &lora), dy);
  }
  const int64_t outputs = (n * out + n * in + rank * (in + out)) * 4;  // y, dx, dA, dB
  const int64_t workspace = workspace_bytes(n, in, out, rank, DType::f32);
  CHECK(memory_stats(kCpu).peak - before <= outputs + 2 * n * rank * 4 + workspace);
  CHECK(outputs + workspace < out * in * 4 / 2);  // B A would show
}

TEST_CASE("weight: values in another dtype are a temporary, in its own the stored bytes") {
  const Weight w(Var(random_tensor({3, 4}, DType::bf16, "w"), true));
  CHECK(w.requires_grad());
  CHECK(!w.quantized());
  CHECK(w.shape() == Shape{3, 4});
  CHECK(w.nbytes() == 24);
  CHECK(w.materialize(DType::bf16).shares_storage(w.dense().value()));
  const int64_t before = memory_stats(kCpu).live;
  CHECK(test::same_bits(w.materialize(DType::f32), kernels::cast(w.dense().value(), DType::f32)));
  CHECK(memory_stats(kCpu).live == before);
}

TEST_CASE("linear: a 4-bit weight acts as its values, one dequantised copy at a time") {
  const int64_t n = 3, in = 128, out = 192;
  const Tensor x = random_tensor({n, in}, DType::bf16, "x"),
               dy = random_tensor({n, out}, DType::bf16, "dy");
  const Weight packed(std::make_shared<const QuantizedTensor>(
      kernels::quantize_4bit(random_tensor({out, in}, DType::bf16, "w"), QuantType::nf4, true)));
  CHECK(packed.quantized());
  CHECK(!packed.requires_grad());
  CHECK(!packed.dense().defined());
  CHECK(packed.shape() == Shape{out, in});
  CHECK(packed.nbytes() < out * in * 6 / 10);
  const auto run = [&](const Weight& w) {
    const Var input(x, true);
    Tape tape;
    const Var y = linear(input, w);
    tape.backward(y, dy);
    return std::pair{y.value(), input.grad()->value()};
  };
  const auto [y, dx] = run(Weight(Var(packed.materialize(DType::bf16))));
  reset_peak_memory(kCpu);
  const int64_t before = memory_stats(kCpu).live;
  const auto [y4, dx4] = run(packed);
  CHECK(test::same_bits(y, y4));
  CHECK(test::same_bits(dx, dx4));
  const int64_t one_copy = out * in * 2;
  const int64_t peak = memory_stats(kCpu).peak - before;
  CHECK(peak >= one_copy);
  const int64_t product_scratch = workspace_bytes(n, in, out, 0, DType::bf16);
  CHECK(peak < one_copy + product_scratch + 4 * (y.nbytes() + dx.nbytes()));
  CHECK(memory_stats(kCpu).live - before == y.nbytes() + dx.nbytes());
}

TEST_CASE("linear: bad operands are refused with their shapes named") {
  const Var x(random_f64({2, 8}, "x"));
  const Weight w(Var(random_f64({3, 7}, "w")));
  CHECK_THROWS_WITH_AS(linear(x, w), doctest::Contains("x [2, 8] does not fit weight [3, 7]"),
                       Error);
  const Weight fits(Var(random_f64({3, 8}, "w")));
  CHECK_THROWS_WITH_AS(linear(x, fits, nullptr, Var(random_f64({2}, "b"))),
                       doctest::Contains("bias [2] float64 does not fit weight [3, 8]"), Error);
  const Lora lora = {Var(random_f64({2, 8}, "a")), Var(random_f64({3, 1}, "b")), 1, 0, {}};
  CHECK_THROWS_WITH_AS(linear(x, fits, &lora),
                       doctest::Contains("A [2, 8] and B [3, 1] do not fit"), Error);
}

}  // namespace
}  // namespace hone
