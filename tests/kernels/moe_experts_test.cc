// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/moe_experts.h"

#include <doctest/doctest.h>

#include <limits>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/moe_reference.h"

namespace hone {
namespace {

using kernels::ExpertOrder;
using kernels::moe_sort;
using test::random_experts;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

constexpr double kScale = 0.75;

struct Sizes {
  int64_t N, C, I, E, K, R;
};

// Operands in a fixed order: x, weights, gate_up, down, then A and B of gate_up and of down.
enum Operand { kX, kWeights, kGateUp, kDown, kGateUpA, kGateUpB, kDownA, kDownB, kOperands };
const char* const kNames[] = {"x", "weights", "gate_up", "down", "a1", "b1", "a2", "b2"};

std::vector<Shape> shapes(const Sizes& s) {
  return {{s.N, s.C},      {s.N, s.K},          {s.E, 2 * s.I, s.C}, {s.E, s.C, s.I},
          {s.E, s.R, s.C}, {s.E, 2 * s.I, s.R}, {s.E, s.R, s.I},     {s.E, s.C, s.R}};
}

std::vector<Tensor> operands(const Sizes& s, DType dtype = DType::f64) {
  std::vector<Tensor> t;
  for (const Shape& shape : shapes(s))
    t.push_back(random_tensor(shape, dtype, kNames[t.size()], t.size() < 2 ? 1.0 : 0.4));
  return t;
}

struct Adapters {
  bool gate_up, down;
};
constexpr Adapters kAllAdapters[] = {{true, true}, {true, false}, {false, true}, {false, false}};

Var run(std::span<const Var> v, const ExpertOrder& order, Adapters with) {
  const ExpertLora gate_up{v[kGateUpA], v[kGateUpB], kScale};
  const ExpertLora down{v[kDownA], v[kDownB], kScale};
  return moe_experts(v[kX], v[kWeights], order, Weight(v[kGateUp]),
                     with.gate_up ? &gate_up : nullptr, Weight(v[kDown]),
                     with.down ? &down : nullptr);
}
std::vector<Var> frozen(const std::vector<Tensor>& t) { return {t.begin(), t.end()}; }

// W_e + scale * B_e A_e in double.
std::vector<double> merged(const Tensor& w, const Tensor& a, const Tensor& b, bool adapted) {
  std::vector<double> m = test::wide(w).to_vector<double>();
  const Tensor a64 = test::wide(a), b64 = test::wide(b);
  const int64_t out = w.dim(1), in = w.dim(2), R = a.dim(1);
  for (int64_t e = 0; adapted && e < w.dim(0); ++e)
    for (int64_t o = 0; o < out; ++o)
      for (int64_t i = 0; i < in; ++i)
        for (int64_t r = 0; r < R; ++r)
          m[(e * out + o) * in + i] += kScale * b64.data<double>()[(e * out + o) * R + r] *
                                       a64.data<double>()[(e * R + r) * in + i];
  return m;
}

// Token by token, expert by expert, with the update merged into the weights.
Tensor definition(const std::vector<Tensor>& t, const Tensor& ids, Adapters with) {
  const Tensor x = test::wide(t[kX]), w = test::wide(t[kWeights]);
  const auto w1 = merged(t[kGateUp], t[kGateUpA], t[kGateUpB], with.gate_up);
  const auto w2 = merged(t[kDown], t[kDownA], t[kDownB], with.down);
  const int64_t N = x.dim(0), C = x.dim(1), I = t[kDown].dim(2), K = ids.dim(1);
  const Tensor y = Tensor::zeros({N, C}, DType::f64);
  std::vector<double> z(2 * I);
  for (int64_t a = 0; a < N * K; ++a) {
    const int64_t e = ids.data<int32_t>()[a];
    for (int64_t i = 0; i < 2 * I; ++i) {
      z[i] = 0;
      for (int64_t c = 0; c < C; ++c)
        z[i] += x.data<double>()[a / K * C + c] * w1[(e * 2 * I + i) * C + c];
    }
    for (int64_t c = 0; c < C; ++c)
      for (int64_t i = 0; i < I; ++i)
        y.data<double>()[a / K * C + c] += w.data<double>()[a] * w2[(e * C + c) * I + i] *
                                           (z[i] / (1 + std::exp(-z[i])) * z[I + i]);
  }
  return y;
}

TEST_CASE("moe_experts: matches the definition with either adapter, both and none") {
  for (const Sizes& s : {Sizes{1, 1, 1, 1, 1, 1},
                         {17, 72, 20, 5, 3, 3},
                         {67, 33, 50, 4, 2, 8},
                         {3, 12, 4, 30, 2, 2},
                         {5, 260, 3, 4, 2, 2}})  // rows of more than one tile of columns
    for (const auto& [dtype, tolerance] :
         {std::pair{DType::f64, 1e-13}, {DType::f32, 1e-5}, {DType::bf16, 1e-2}}) {
      const std::vector<Tensor> t = operands(s, dtype);
      const Tensor ids = random_experts(s.N, s.K, s.E);
      for (const Adapters with : kAllAdapters) {
        const Var y = run(frozen(t), moe_sort(ids, s.E), with);
        CHECK(y.dtype() == dtype);
        CHECK(rel_err(y.value(), definition(t, ids, with)) < tolerance);
      }
    }
}

TEST_CASE("gradcheck: moe_experts") {
  for (const Sizes& s : {Sizes{1, 1, 1, 1, 1, 1},
                         {3, 5, 4, 3, 2, 2},
                         {5, 3, 2, 7, 1, 3},
                         {17, 2, 3, 2, 2, 1},
                         {2, 260, 1, 2, 2, 1}}) {
    const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
    for (const Adapters with : kAllAdapters) {
      const auto r =
          gradcheck([&](std::span<const Var> v) { return std::vector<Var>{run(v, order, with)}; },
                    operands(s));
      CHECK_MESSAGE(r.worst < 1e-7, r.where);
    }
  }
}

// Gradients of all operands that require one, for a fixed output gradient.
std::vector<Tensor> gradients(const std::vector<Var>& v, const ExpertOrder& order, Adapters with) {
  Tape tape;
  const Var y = run(v, order, with);
  tape.backward(y, random_tensor(y.shape(), y.dtype(), "dy"));
  std::vector<Tensor> g;
  for (const Var& var : v) g.push_back(var.grad()->value());
  return g;
}
std::vector<Tensor> gradients(const std::vector<Tensor>& t, const ExpertOrder& order,
                              Adapters with) {
  std::vector<Var> v;
  for (const Tensor& tensor : t) v.emplace_back(tensor, true);
  return gradients(v, order, with);
}

TEST_CASE("moe_experts: f32 and bf16 gradients stay near the f64 ones") {
  const Sizes s{40, 24, 16, 5, 2, 4};
  const std::vector<Tensor> narrow = operands(s, DType::bf16);
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  const auto in = [&](DType dtype) {
    std::vector<Tensor> t;
    for (const Tensor& tensor : narrow) t.push_back(kernels::cast(tensor, dtype));
    return gradients(t, order, {true, true});
  };
  const auto exact = in(DType::f64), f32 = in(DType::f32), bf16 = in(DType::bf16);
  for (size_t i = 0; i < kOperands; ++i) {
    CAPTURE(kNames[i]);
    CHECK(f32[i].dtype() == DType::f32);
    CHECK(bf16[i].dtype() == (i < kGateUp ? DType::bf16 : DType::f32));
    CHECK(rel_err(f32[i], exact[i]) < 1e-5);
    CHECK(rel_err(bf16[i], exact[i]) < 1e-2);
  }
}

TEST_CASE("moe_experts: f32 adapters over a bf16 model are converted") {
  const Sizes s{20, 16, 8, 4, 2, 3};
  const std::vector<Tensor> t = operands(s, DType::bf16);
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  std::vector<Tensor> mixed = t;
  for (size_t i = kGateUpA; i < kOperands; ++i) mixed[i] = kernels::cast(t[i], DType::f32);
  const auto expected = gradients(t, order, {true, true});
  const auto g = gradients(mixed, order, {true, true});
  for (size_t i = 0; i < kOperands; ++i) CHECK(same_bits(g[i], expected[i]));
}

TEST_CASE("moe_experts: only what trains gets a gradient, the same with frozen neighbours") {
  const Sizes s{9, 7, 6, 4, 2, 3};
  const std::vector<Tensor> t = operands(s);
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  const auto all = gradients(t, order, {true, true});
  for (size_t alone = 0; alone < kOperands; ++alone) {
    CAPTURE(kNames[alone]);
    std::vector<Var> v;
    for (size_t i = 0; i < kOperands; ++i) v.emplace_back(t[i], i == alone);
    const auto g = gradients(v, order, {true, true});
    for (size_t i = 0; i < kOperands; ++i) CHECK(g[i].defined() == (i == alone));
    CHECK(same_bits(g[alone], all[alone]));
  }
}

// Bytes that the tape holds after the forward pass, beside y.
int64_t saved_bytes(const std::vector<Tensor>& t, std::initializer_list<Operand> trained,
                    const ExpertOrder& order) {
  std::vector<Var> v;
  for (const Tensor& tensor : t) v.emplace_back(tensor, false);
  for (const Operand o : trained) v[o] = Var(t[o], true);
  Tape tape;
  const int64_t before = memory_stats(kCpu).live;
  const Var y = run(v, order, {true, true});
  return memory_stats(kCpu).live - before - y.value().nbytes();
}

TEST_CASE("moe_experts: saves the pre-activations, and rank rows for the B factors that train") {
  const Sizes s{30, 16, 8, 4, 2, 3};
  const std::vector<Tensor> t = operands(s, DType::bf16);
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  const int64_t z = s.N * s.K * 2 * s.I * 2, rank = s.N * s.K * s.R * 2;
  CHECK(saved_bytes(t, {}, order) == 0);
  CHECK(saved_bytes(t, {kX}, order) == z);
  CHECK(saved_bytes(t, {kX, kGateUpA, kDownA}, order) == z);  // x is the caller's
  CHECK(saved_bytes(t, {kX, kGateUpB}, order) == z + rank);
  CHECK(saved_bytes(t, {kX, kGateUpA, kGateUpB, kDownA, kDownB}, order) == z + 2 * rank);
}

TEST_CASE("D10: idle experts' gradients are exact zeros over poisoned destinations") {
  const Sizes s{16, 10, 6, 8, 1, 4};
  const ExpertOrder order = moe_sort(Tensor::zeros({s.N, 1}, DType::i32), s.E);
  std::vector<Var> v;
  std::vector<Tensor> arenas;
  for (const Tensor& t : operands(s, DType::bf16)) {
    v.emplace_back(t, true);
    if (arenas.size() >= kGateUp - kX) {
      const Tensor arena = Tensor::empty({t.numel()}, DType::f32);
      kernels::fill(arena, std::numeric_limits<double>::quiet_NaN());
      v.back().grad()->bind(arena);
    }
    arenas.push_back(t);
  }
  const auto first = gradients(v, order, {true, true});
  for (size_t i = kGateUp; i < kOperands; ++i) {
    CAPTURE(kNames[i]);
    const Tensor idle = first[i].rows(1, s.E);
    CHECK(same_bits(kernels::contiguous(idle), Tensor::zeros(idle.shape(), DType::f32)));
    CHECK(rel_err(first[i].rows(0, 1), Tensor::zeros(first[i].rows(0, 1).shape(), DType::f32)) > 0);
  }
}

TEST_CASE("moe_experts: packed tokens have the bits they have alone") {
  const Sizes s{150, 40, 24, 3, 2, 4};  // more than one block of 64 rows an expert
  const std::vector<Tensor> t = operands(s, DType::f32);
  const Tensor ids = random_experts(s.N, s.K, s.E);
  const auto part = [&](int64_t begin, int64_t end) {
    std::vector<Var> v = frozen(t);
    for (const Operand o : {kX, kWeights}) v[o] = Var(t[o].rows(begin, end), true);
    Tape tape;
    const Var y = run(v, moe_sort(ids.rows(begin, end), s.E), {true, true});
    tape.backward(y, random_tensor({s.N, s.C}, DType::f32, "dy").rows(begin, end));
    return std::vector<Tensor>{y.value(), v[kX].grad()->value(), v[kWeights].grad()->value()};
  };
  const auto whole = part(0, s.N);
  for (const auto& [begin, end] : {std::pair{0, 1}, {1, 90}, {90, 150}}) {
    const auto alone = part(begin, end);
    for (size_t i = 0; i < whole.size(); ++i) CHECK(same_bits(alone[i], whole[i].rows(begin, end)));
  }
}

TEST_CASE("moe_experts: the same bits with one and two threads") {
  const Sizes s{200, 64, 48, 6, 3, 8};
  const std::vector<Tensor> t = operands(s, DType::bf16);
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  const int before = kernels::num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    kernels::set_num_threads(threads);
    results.push_back(gradients(t, order, {true, true}));
    results.back().push_back(run(frozen(t), order, {true, true}).value());
  }
  kernels::set_num_threads(before);
  for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

Weight quantized(const Tensor& t, bool nested) {
  return Weight(
      std::make_shared<const QuantizedTensor>(kernels::quantize_4bit(t, QuantType::nf4, nested)));
}

TEST_CASE("D5: quantised stacks equal their dequantised values, blocks straddling experts or not") {
  for (const bool nested : {false, true}) {
    const Sizes s{11, 12, 4, 5, 2, 2};  // gate_up experts are 8 x 12, blocks are 64
    const std::vector<Tensor> t = operands(s, DType::f32);
    const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
    const Weight gate_up = quantized(t[kGateUp], nested), down = quantized(t[kDown], nested);
    const ExpertLora lora{Var(t[kDownA], true), Var(t[kDownB], true), kScale};
    const auto results = [&](const Weight& w1, const Weight& w2) {
      const Var x(t[kX], true);
      Tape tape;
      const Var y = moe_experts(x, Var(t[kWeights]), order, w1, nullptr, w2, &lora);
      tape.backward(y, random_tensor(y.shape(), DType::f32, "dy"));
      return std::vector<Tensor>{y.value(), x.grad()->take(), lora.a.grad()->take(),
                                 lora.b.grad()->take()};
    };
    const auto packed = results(gate_up, down);
    const auto dense = results(Weight(Var(gate_up.materialize(DType::f32))),
                               Weight(Var(down.materialize(DType::f32))));
    for (size_t i = 0; i < packed.size(); ++i) CHECK(same_bits(packed[i], dense[i]));
  }
}

TEST_CASE("moe_experts: a large quantised stack is dequantised a few experts at a time") {
  // gate_up experts of 32 MiB in f64: two at a time, then the last.
  const int64_t N = 3, C = 512, I = 4096, E = 3, n = E * 2 * I * C;
  QuantizedTensor q;
  q.shape = {E, 2 * I, C};
  q.codes = Tensor::empty({n / 2, 1}, DType::u8);
  for (int64_t i = 0; i < n / 2; ++i)
    q.codes.data<uint8_t>()[i] = static_cast<uint8_t>(hash_path("codes") >> (i * 7 % 57));
  q.absmax = Tensor::empty({n / QuantizedTensor::kBlock}, DType::f32);
  for (int64_t b = 0; b < q.absmax.numel(); ++b)
    q.absmax.data<float>()[b] = 0.01f * static_cast<float>(1 + b % 17);
  const Weight gate_up(std::make_shared<const QuantizedTensor>(q));
  const Tensor ones = Tensor::empty({E, C, I}, DType::f64);
  kernels::fill(ones, 1);
  const Weight down{Var(ones)};
  const Var x(random_tensor({N, C}, DType::f64, "x")), w(random_tensor({N, 1}, DType::f64, "w"));
  const ExpertOrder order = moe_sort(Tensor::of(std::vector<int32_t>{2, 0, 1}, {N, 1}), E);

  reset_peak_memory(kCpu);
  const int64_t before = memory_stats(kCpu).live;
  const Var y = moe_experts(x, w, order, gate_up, nullptr, down, nullptr);
  const int64_t peak = memory_stats(kCpu).peak - before;
  CHECK(peak < int64_t{80} << 20);  // the whole stack is 96 MiB
  const Weight dense(Var(gate_up.materialize(DType::f64)));
  CHECK(same_bits(y.value(), moe_experts(x, w, order, dense, nullptr, down, nullptr).value()));
}

TEST_CASE("D7: moe_experts needs shapes alone on the meta device") {
  const auto meta = [](const Shape& s, bool grad) {
    return Var(Tensor::empty(s, DType::bf16, kMeta), grad);
  };
  const int64_t N = 2048, C = 2048, I = 512, E = 256, K = 8, R = 16;
  const ExpertOrder order = moe_sort(Tensor::empty({N, K}, DType::i32, kMeta), E);
  const Var x = meta({N, C}, true);
  const ExpertLora gate_up{meta({E, R, C}, true), meta({E, 2 * I, R}, true), 2};
  Tape tape;
  const Var y = moe_experts(x, meta({N, K}, true), order, Weight(meta({E, 2 * I, C}, false)),
                            &gate_up, Weight(meta({E, C, I}, false)), nullptr);
  tape.backward(y, Tensor::empty_like(y.value()));
  CHECK(x.grad()->value().shape() == Shape{N, C});
  CHECK(gate_up.a.grad()->value().shape() == Shape{E, R, C});
}

TEST_CASE("moe_experts: bad operands are refused") {
  const Sizes s{4, 6, 5, 3, 2, 2};
  const ExpertOrder order = moe_sort(random_experts(s.N, s.K, s.E), s.E);
  const auto with = [&](Operand o, const Shape& shape, Adapters adapters = {true, true}) {
    std::vector<Tensor> t = operands(s);
    t[o] = random_tensor(shape, DType::f64, "bad");
    run(frozen(t), order, adapters);
  };
  CHECK_THROWS_WITH_AS(with(kGateUp, {3, 10, 7}),
                       doctest::Contains("gate_up [3, 10, 7] does not fit 3 experts and rows of 6"),
                       Error);
  CHECK_THROWS_WITH_AS(with(kGateUp, {3, 8, 6}, {false, false}),
                       doctest::Contains("do not fit each other"), Error);
  CHECK_THROWS_WITH_AS(with(kDown, {2, 6, 5}), doctest::Contains("down [2, 6, 5] does not fit"),
                       Error);
  CHECK_THROWS_WITH_AS(with(kDownB, {3, 6, 3}), doctest::Contains("LoRA factors A [3, 2, 5]"),
                       Error);
  CHECK_THROWS_WITH_AS(with(kWeights, {4, 3}), doctest::Contains("weights [4, 3] for x [4, 6]"),
                       Error);
}

}  // namespace
}  // namespace hone
