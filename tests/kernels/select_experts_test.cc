// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/select_experts.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/moe_reference.h"

namespace hone {
namespace {

using kernels::active_experts;
using kernels::ActiveExperts;
using kernels::ExpertOrder;
using kernels::moe_sort;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

Tensor ids_of(std::vector<int32_t> ids, int64_t k) {
  const auto n = static_cast<int64_t>(ids.size());
  return Tensor::of(ids, {n / k, k});
}

TEST_CASE("gradcheck: select_experts") {
  for (const auto& [ids, stack] : {std::pair{std::vector<int32_t>{0}, Shape{1, 1, 1}},
                                   {{4, 1, 4}, Shape{5, 2, 3}},
                                   {{2, 0, 1}, Shape{3, 1, 17}},
                                   {{6}, Shape{7, 2, 2}}}) {
    const ActiveExperts active = active_experts(ids_of(ids, 1), stack[0]);
    const auto r = gradcheck(
        [&](std::span<const Var> v) { return std::vector<Var>{select_experts(v[0], active)}; },
        {random_f64(stack, "stack")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

struct Mixture {
  int64_t N, C, I, E, K, R;
  Tensor x, weights, ids, gate_up, down, a1, b1, a2, b2;

  Mixture(DType dtype, int64_t experts, std::vector<int32_t> chosen)
      : N(static_cast<int64_t>(chosen.size()) / 2),
        C(12),
        I(4),
        E(experts),
        K(2),
        R(3),
        x(random_tensor({N, C}, dtype, "x")),
        weights(random_tensor({N, K}, dtype, "weights")),
        ids(ids_of(std::move(chosen), K)),
        gate_up(random_tensor({E, 2 * I, C}, dtype, "gate_up")),
        down(random_tensor({E, C, I}, dtype, "down")),
        a1(random_tensor({E, R, C}, dtype, "a1")),
        b1(random_tensor({E, 2 * I, R}, dtype, "b1")),
        a2(random_tensor({E, R, I}, dtype, "a2")),
        b2(random_tensor({E, C, R}, dtype, "b2")) {}
};

// Output and gradients of x, weights and the four factors, over all experts or the active ones.
std::vector<Tensor> results(const Mixture& m, const Weight& gate_up, const Weight& down,
                            bool selective) {
  const Var x(m.x, true), weights(m.weights, true);
  const ExpertLora lora1{Var(m.a1, true), Var(m.b1, true), 2},
      lora2{Var(m.a2, true), Var(m.b2, true), 2};
  const ExpertOrder order = moe_sort(m.ids, m.E);
  Tape tape;
  Var y;
  if (selective) {
    const ActiveExperts active = active_experts(m.ids, m.E);
    const ExpertLora part1 = select_experts(lora1, active), part2 = select_experts(lora2, active);
    y = moe_experts(x, weights, compact_order(order, active),
                    select_experts(gate_up, active, x.dtype()), &part1,
                    select_experts(down, active, x.dtype()), &part2);
  } else {
    y = moe_experts(x, weights, order, gate_up, &lora1, down, &lora2);
  }
  tape.backward(y, random_tensor(y.shape(), y.dtype(), "dy"));
  std::vector<Tensor> out{y.value()};
  for (const Var* v : {&x, &weights, &lora1.a, &lora1.b, &lora2.a, &lora2.b})
    out.push_back(v->grad()->value());
  return out;
}

const std::vector<int32_t> kLastIdle = {3, 1, 1, 0, 3, 0, 0, 1}, kLastUsed = {4, 1, 1, 2, 2, 4};

TEST_CASE("select_experts: the active experts alone give the bits that all experts give") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const std::vector<int32_t>& chosen : {kLastIdle, kLastUsed}) {
      const Mixture m(dtype, 5, chosen);
      const Weight gate_up{Var(m.gate_up)}, down{Var(m.down)};
      const auto all = results(m, gate_up, down, false), few = results(m, gate_up, down, true);
      for (size_t i = 0; i < all.size(); ++i) CHECK(same_bits(few[i], all[i]));
    }
}

// 5 experts of 8 x 12: the second begins inside a block of 64.
TEST_CASE(
    "D5: D6: D11: selected experts of a quantised stack, straddled blocks, idle last expert") {
  for (const QuantType type : {QuantType::nf4, QuantType::fp4})
    for (const bool nested : {false, true})
      for (const std::vector<int32_t>& chosen : {kLastIdle, kLastUsed}) {
        const Mixture m(DType::f32, 5, chosen);
        const auto pack = [&](const Tensor& t) {
          return Weight(
              std::make_shared<const QuantizedTensor>(kernels::quantize_4bit(t, type, nested)));
        };
        const Weight gate_up = pack(m.gate_up), down = pack(m.down);
        const auto all = results(m, gate_up, down, false), few = results(m, gate_up, down, true);
        for (size_t i = 0; i < all.size(); ++i) CHECK(same_bits(few[i], all[i]));
      }
}

TEST_CASE("select_experts: experts in e4m3 with a scale each") {
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const std::vector<int32_t>& chosen : {kLastIdle, kLastUsed}) {
      const Mixture m(dtype, 5, chosen);
      const auto pack = [](const Tensor& t) {
        return Weight(std::make_shared<const Fp8Experts>(kernels::quantize_fp8_experts(t)));
      };
      const Weight gate_up = pack(m.gate_up), down = pack(m.down);
      CHECK(gate_up.quantized());
      CHECK_FALSE(gate_up.requires_grad());
      CHECK(gate_up.shape() == m.gate_up.shape());
      CHECK(gate_up.nbytes() == m.gate_up.numel() + 4 * 5);
      // A group of experts at a time, the active ones alone, and dense experts of the same values.
      const auto all = results(m, gate_up, down, false), few = results(m, gate_up, down, true);
      const auto dense = results(m, Weight(Var(gate_up.materialize(dtype))),
                                 Weight(Var(down.materialize(dtype))), false);
      for (size_t i = 0; i < all.size(); ++i) {
        CHECK(same_bits(few[i], all[i]));
        CHECK(same_bits(dense[i], all[i]));
      }
      // An error of 2^-4 an element at most: three bits of mantissa.
      const auto exact = results(m, Weight(Var(m.gate_up)), Weight(Var(m.down)), false);
      CHECK(rel_err(all[0], exact[0]) < 0.1);
      CHECK(rel_err(all[0], exact[0]) > 1e-3);
      // LoRA slices: their gradients came back to the experts that were used, zero elsewhere.
      const ActiveExperts active = active_experts(m.ids, m.E);
      for (size_t factor = 3; factor < few.size(); ++factor)
        for (int64_t e = 0; e < m.E; ++e) {
          const Tensor g = few[factor].rows(e, e + 1);
          CHECK(same_bits(g, Tensor::zeros(g.shape(), g.dtype())) ==
                (active.compact.data<int32_t>()[e] < 0));
        }
    }
}

// The experts' input gradient through e4m3 weights against differences, in double.
TEST_CASE("gradcheck: select_experts of a stack in e4m3, under moe_experts with LoRA") {
  const Mixture m(DType::f64, 5, kLastUsed);
  const auto pack = [](const Tensor& t) {
    return Weight(std::make_shared<const Fp8Experts>(
        kernels::quantize_fp8_experts(kernels::cast(t, DType::f32))));
  };
  const Weight gate_up = pack(m.gate_up), down = pack(m.down);
  const ActiveExperts active = active_experts(m.ids, m.E);
  const ExpertOrder order = compact_order(moe_sort(m.ids, m.E), active);
  const auto r = gradcheck(
      [&](std::span<const Var> v) {
        const ExpertLora lora1 = select_experts(ExpertLora{v[2], v[3], 2}, active),
                         lora2 = select_experts(ExpertLora{v[4], v[5], 2}, active);
        return std::vector<Var>{moe_experts(v[0], v[1], order,
                                            select_experts(gate_up, active, DType::f64), &lora1,
                                            select_experts(down, active, DType::f64), &lora2)};
      },
      {m.x, m.weights, m.a1, m.b1, m.a2, m.b2});
  CHECK_MESSAGE(r.worst < 1e-7, r.where);
}

TEST_CASE("select_experts: a stack in e4m3 whose parts do not fit is refused") {
  const auto weight = [](const Shape& codes, DType dtype, int64_t scales) {
    Weight(std::make_shared<const Fp8Experts>(
        Fp8Experts{Tensor::zeros(codes, dtype), Tensor::zeros({scales}, DType::f32)}));
  };
  CHECK_NOTHROW(weight({3, 2, 4}, DType::u8, 3));
  CHECK_THROWS_WITH_AS(weight({3, 2, 4}, DType::u8, 2), doctest::Contains("a float32 scale each"),
                       Error);
  CHECK_THROWS_WITH_AS(weight({3, 2, 4}, DType::i32, 3), doctest::Contains("uint8 codes"), Error);
  const Fp8Experts q = kernels::quantize_fp8_experts(random_tensor({3, 2, 4}, DType::f32, "x"));
  CHECK_THROWS_WITH_AS(kernels::dequantize_fp8_experts(q, 2, Tensor::empty({2, 2, 4}, DType::f32)),
                       doctest::Contains("experts from 2 of [3, 2, 4] into [2, 2, 4]"), Error);
}

TEST_CASE("select_experts: a trainable stack gets its gradient at the active experts") {
  const Mixture m(DType::bf16, 5, kLastIdle);
  const auto gradient = [&](bool selective) {
    const Var stack(m.gate_up, true);
    results(m, Weight(stack), Weight(Var(m.down)), selective);
    return stack.grad()->value();
  };
  const Tensor all = gradient(false), few = gradient(true);
  CHECK(few.dtype() == DType::f32);
  CHECK(same_bits(few, all));
  for (const int64_t idle : {2, 4})
    CHECK(same_bits(few.rows(idle, idle + 1), Tensor::zeros({1, 8, 12}, DType::f32)));
}

}  // namespace
}  // namespace hone
