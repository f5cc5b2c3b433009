// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/e4m3.h"
#include "kernels/nf4/quantize.h"
#include "kernels/nf4/selective.h"
#include "tests/kernels/bnb_golden.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::ActiveExperts;
using kernels::gather_experts;
using test::random_tensor;
using test::same_bits;

Tensor ids_of(const std::vector<int32_t>& ids, const Shape& shape) {
  return Tensor::of(ids, shape);
}

// Rows of `whole` [E, ...] for the active experts, one by one.
Tensor rows_of(const Tensor& whole, const ActiveExperts& active) {
  Shape shape = whole.shape();
  shape.set(0, active.count());
  const Tensor out = Tensor::empty(shape, whole.dtype());
  for (int64_t c = 0; c < active.count(); ++c) {
    const int32_t e = active.ids.data<int32_t>()[c];
    copy_bytes(whole.rows(e, e + 1), out.rows(c, c + 1));
  }
  return out;
}

TEST_CASE("active_experts: the set of ids, and their compact numbering") {
  const std::vector<int32_t> chosen = {7, 2, 2, 30, 7, 0, 11, 2};
  const Tensor ids = ids_of(chosen, {4, 2});
  const ActiveExperts active = kernels::active_experts(ids, 32);
  const std::set<int32_t> expected(chosen.begin(), chosen.end());
  CHECK(active.ids.to_vector<int32_t>() == std::vector<int32_t>(expected.begin(), expected.end()));
  const Tensor compact = kernels::remap_expert_ids(ids, active);
  CHECK(compact.shape() == ids.shape());
  for (size_t i = 0; i < chosen.size(); ++i) {
    const int32_t c = compact.data<int32_t>()[i];
    CHECK(active.ids.data<int32_t>()[c] == chosen[i]);
  }
  CHECK(active.compact.data<int32_t>()[31] == -1);  // the last expert is idle
  CHECK_THROWS_AS(kernels::active_experts(ids, 30), Error);
  CHECK_THROWS_AS(kernels::remap_expert_ids(ids_of({1}, {1}), active), Error);
}

TEST_CASE("compact_offsets: idle experts have no tokens, so positions stay") {
  const ActiveExperts active = kernels::active_experts(ids_of({1, 4, 4, 1, 1}, {5}), 6);
  const Tensor offsets = ids_of({0, 0, 3, 3, 3, 5, 5}, {7});
  CHECK(kernels::compact_offsets(offsets, active).to_vector<int32_t>() ==
        std::vector<int32_t>{0, 3, 5});
}

TEST_CASE("gather_experts: 4-bit experts whose blocks straddle them") {
  const SafetensorsFile file = test::bnb_golden("four_bit");
  const ActiveExperts active = kernels::active_experts(ids_of({3, 1, 3}, {3}), 5);
  int compared = 0;
  for (const test::FourBitCase& c : test::four_bit_cases(file)) {
    if (c.prefix.rfind("experts.", 0) != 0) continue;  // 5 experts of 8 x 12, blocks of 64
    QuantizedTensor q = test::recorded(file, c);
    const Tensor whole = load_tensor(file, c.prefix + "dequant.bf16");
    REQUIRE(whole.shape() == Shape{5, 8, 12});
    CHECK(same_bits(gather_experts(q, {8, 12}, active, DType::bf16), rows_of(whole, active)));
    q.shape = {40, 12};  // the same stack stored flat
    CHECK(same_bits(gather_experts(q, {8, 12}, active, DType::bf16), rows_of(whole, active)));
    ++compared;
  }
  CHECK(compared == 12);
}

TEST_CASE("gather_experts: only the scales of touched blocks are read") {
  const Tensor x = random_tensor({9, 40, 70}, DType::bf16, "x");
  for (const QuantType type : {QuantType::nf4, QuantType::fp4}) {
    const QuantizedTensor q = kernels::quantize_4bit(x, type, true);
    const Tensor whole = kernels::dequantize_4bit(q, DType::f32);
    const ActiveExperts active = kernels::active_experts(ids_of({6, 7}, {2}), 9);
    const Tensor want = rows_of(whole, active);
    const int64_t first = 6 * 2800 / 64, last = (8 * 2800 - 1) / 64;
    for (int64_t b = 0; b < q.blocks(); ++b)  // destroy what the experts 6 and 7 do not need
      if (b < first || b > last) q.absmax.data<uint8_t>()[b] ^= 0x55;
    q.nested_absmax.data<float>()[0] = NAN;  // blocks 0 to 255
    CHECK(first > 255);
    CHECK(same_bits(gather_experts(q, {40, 70}, active, DType::f32), want));
  }
}

TEST_CASE("gather_experts: dense experts are copied bit for bit") {
  const ActiveExperts active = kernels::active_experts(ids_of({0, 5, 2}, {1, 3}), 7);
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const Tensor w = random_tensor({7, 5, 3}, dtype, "w");
    CHECK(same_bits(gather_experts(w, active), rows_of(w, active)));
  }
  CHECK_THROWS_AS(gather_experts(random_tensor({6, 2}, DType::f32, "w"), active), Error);
  const QuantizedTensor q =
      kernels::quantize_4bit(random_tensor({7, 5, 3}, DType::f32, "w"), QuantType::nf4, false);
  CHECK_THROWS_AS(gather_experts(q, {5, 4}, active, DType::f32), Error);
}

TEST_CASE("e4m3: every code has its value, and every value its code") {
  const auto values = load_tensor(test::bnb_golden("maps"), "e4m3").to_vector<float>();
  for (int code = 0; code < 256; ++code) {
    const float value = kernels::e4m3_value(static_cast<uint8_t>(code));
    const float want = values[static_cast<size_t>(code)];
    CHECK((value == want || (std::isnan(value) && std::isnan(want))));
    CHECK(std::signbit(value) == std::signbit(want));
    CHECK(kernels::e4m3_code(value) == code);
  }
  // Halfway between neighbours the even code wins; a little above, the upper one.
  for (uint8_t code = 0; code < 0x7e; ++code) {
    const float low = kernels::e4m3_value(code), high = kernels::e4m3_value(code + 1);
    const float middle = (low + high) / 2;
    CHECK(kernels::e4m3_code(middle) == (code % 2 == 0 ? code : code + 1));
    CHECK(kernels::e4m3_code(std::nextafter(middle, 1e9f)) == code + 1);
    CHECK(kernels::e4m3_code(-std::nextafter(middle, -1.0f)) == (code | 0x80));
  }
  CHECK(kernels::e4m3_code(1e9f) == 0x7e);
  CHECK(kernels::e4m3_code(-INFINITY) == 0xfe);
}

TEST_CASE("gather_experts: e4m3 with a scale per expert") {
  const Tensor x = random_tensor({4, 6, 5}, DType::bf16, "x");
  for (int64_t i = 30; i < 60; ++i) x.data<bf16>()[i] = bf16(0.0f);  // expert 1 is zero
  const Fp8Experts q = kernels::quantize_fp8_experts(x);
  CHECK(q.nbytes() == 120 + 16);
  const ActiveExperts active = kernels::active_experts(ids_of({1, 3}, {2}), 4);
  const Tensor y = gather_experts(q, active, DType::f32);
  // A range of experts is the same as these experts by id.
  const Tensor range = Tensor::empty({2, 6, 5}, DType::bf16);
  kernels::dequantize_fp8_experts(q, 1, range);
  const ActiveExperts neighbours = kernels::active_experts(ids_of({1, 2}, {2}), 4);
  CHECK(same_bits(range, gather_experts(q, neighbours, DType::bf16)));
  // What is e4m3 already, up to its scale, comes back bit for bit.
  const Tensor again = gather_experts(kernels::quantize_fp8_experts(y),
                                      kernels::active_experts(ids_of({0, 1}, {2}), 2), DType::f32);
  CHECK(same_bits(again, y));
  const Tensor rounded = gather_experts(q, active, DType::bf16);
  CHECK(y.shape() == Shape{2, 6, 5});
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t e = i < 30 ? 1 : 3, at = e * 30 + i % 30;
    const float original = x.data<bf16>()[at], scale = q.scale.data<float>()[e];
    const float value = kernels::e4m3_value(q.codes.data<uint8_t>()[at]) * scale;
    CHECK(y.data<float>()[i] == value);
    CHECK(rounded.data<bf16>()[i].bits == bf16(value).bits);
    CHECK(std::abs(value - original) <= std::max(std::abs(original) / 16, scale * 0x1p-10f));
  }
}

TEST_CASE("cuda: the numbering of active experts is the CPU's") {
  if (!test::have_gpu()) return;
  for (const std::vector<int32_t>& ids :
       {std::vector<int32_t>{7, 2, 2, 30, 7, 0, 11, 2}, {31}, {}}) {
    const auto count = static_cast<int64_t>(ids.size());
    const auto run = [](const std::vector<Tensor>& t) {
      const ActiveExperts active = kernels::active_experts(t[0], 32);
      return std::vector<Tensor>{active.ids, active.compact,
                                 kernels::remap_expert_ids(t[0], active),
                                 kernels::compact_offsets(t[1], active)};
    };
    std::vector<int32_t> offsets{0};
    for (int32_t e = 0; e < 32; ++e)
      offsets.push_back(offsets.back() +
                        static_cast<int32_t>(std::count(ids.begin(), ids.end(), e)));
    test::check_gpu_matches(std::to_string(count) + " ids",
                            {ids_of(ids, {count}), ids_of(offsets, {33})}, run, 0);
  }
}

TEST_CASE("cuda: gather_experts gives the CPU's bits from dense, 4-bit and e4m3 stacks") {
  if (!test::have_gpu()) return;
  const Tensor ids = ids_of({3, 1, 8, 3}, {4});
  // Experts whose elements are odd in number, not whole blocks, and whole blocks.
  for (const Shape& expert :
       {Shape{1, 1}, Shape{3, 5}, Shape{8, 12}, Shape{5, 64}, Shape{100, 72}}) {
    const Tensor x = random_tensor({9, expert[0], expert[1]}, DType::bf16, "x");
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16, DType::f64}) {
      for (const QuantType type : {QuantType::nf4, QuantType::fp4})
        for (const bool nested : {false, true}) {
          const QuantizedTensor q = kernels::quantize_4bit(x, type, nested);
          const auto run = [&](const std::vector<Tensor>& t) {
            const QuantizedTensor on{t[0], t[1], t[2], t[3], type, q.shape, q.dtype};
            return std::vector<Tensor>{
                gather_experts(on, expert, kernels::active_experts(t[4], 9), dtype)};
          };
          test::check_gpu_matches(expert.str() + " " + name_of(type),
                                  {q.codes, q.absmax, q.nested_absmax, q.nested_offset, ids}, run,
                                  0);
        }
      const auto run = [&](const std::vector<Tensor>& t) {
        const ActiveExperts active = kernels::active_experts(t[1], 9);
        const Fp8Experts q = kernels::quantize_fp8_experts(t[0]);
        const Tensor range = Tensor::empty({4, expert[0], expert[1]}, dtype, t[0].device());
        kernels::dequantize_fp8_experts(q, 2, range);
        return std::vector<Tensor>{q.codes, q.scale, gather_experts(q, active, dtype), range,
                                   gather_experts(t[0], active)};
      };
      test::check_gpu_matches(expert.str() + " e4m3", {x, ids}, run, 0);
    }
  }
}

TEST_CASE("cuda: e4m3 codes of numbers between its values, and NaN") {
  if (!test::have_gpu()) return;
  std::vector<float> x{448, -448, 0, -0.0f, NAN, 0x1p-9f, 0x1p-10f, 0x1.8p-9f, 0x1p-6f, 0x1.fp-7f};
  for (int code = 0; code < 0x7e; ++code)
    x.push_back((kernels::e4m3_value(static_cast<uint8_t>(code)) +
                 kernels::e4m3_value(static_cast<uint8_t>(code + 1))) /
                2);
  const auto run = [](const std::vector<Tensor>& t) {
    const Fp8Experts q = kernels::quantize_fp8_experts(t[0]);
    return std::vector<Tensor>{q.codes, q.scale};
  };
  // The scale is 1.
  test::check_gpu_matches("all", {Tensor::of(x, {1, static_cast<int64_t>(x.size())})}, run, 0);
  test::check_gpu_matches("none", {Tensor::zeros({3, 0}, DType::f32)}, run, 0);
}

TEST_CASE("cuda: scatter_experts gives the CPU's bits") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool accumulate : {false, true}) {
      const auto run = [&](const std::vector<Tensor>& t) {
        const ActiveExperts active = kernels::active_experts(t[2], 6);
        const Tensor full = kernels::cast(t[1], dtype);
        kernels::scatter_experts(t[0], active, {full, accumulate});
        return std::vector<Tensor>{full};
      };
      test::check_gpu_matches("scatter",
                              {random_tensor({2, 3, 37}, dtype, "gradient"),
                               random_tensor({6, 3, 37}, dtype, "before"), ids_of({4, 1, 4}, {3})},
                              run, 0);
    }
}

TEST_CASE("scatter_experts: LoRA slices' gradients go back to the right experts") {
  const ActiveExperts active = kernels::active_experts(ids_of({4, 1}, {2}), 6);
  const Tensor a = random_tensor({6, 3, 8}, DType::f32, "a");  // [E, R, in]
  const Tensor slices = gather_experts(a, active);
  CHECK(same_bits(slices, rows_of(a, active)));
  const Tensor full = random_tensor({6, 3, 8}, DType::f32, "before");
  const Tensor before = kernels::scale(full, 1.0);
  kernels::scatter_experts(slices, active, {full, true});
  for (int64_t i = 0; i < full.numel(); ++i) {
    const int64_t e = i / 24;
    const float added = e == 1 || e == 4 ? a.data<float>()[i] : 0;
    CHECK(full.data<float>()[i] == before.data<float>()[i] + added);
  }
  kernels::scatter_experts(slices, active, {full, false});
  for (int64_t i = 0; i < full.numel(); ++i)
    CHECK(full.data<float>()[i] == (i / 24 == 1 || i / 24 == 4 ? a.data<float>()[i] : 0));
}

}  // namespace
}  // namespace hone
