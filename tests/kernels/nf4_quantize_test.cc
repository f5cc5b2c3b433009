// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/core/parallel.h"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/ordered_mean.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/bnb_golden.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

using kernels::quantize_4bit;
using test::random_tensor;
using test::same_bits;

TEST_CASE("quantize_4bit: every byte equals bitsandbytes' CUDA result") {
  const SafetensorsFile file = test::bnb_golden("four_bit");
  const std::vector<test::FourBitCase> cases = test::four_bit_cases(file);
  REQUIRE(cases.size() > 80);
  for (const test::FourBitCase& c : cases) {
    CAPTURE(c.prefix);
    const QuantizedTensor want = test::recorded(file, c);
    const QuantizedTensor got = quantize_4bit(load_tensor(file, c.input), c.type, c.nested);
    CHECK(same_bits(got.codes, want.codes));
    CHECK(same_bits(got.absmax, want.absmax));
    CHECK(got.nested() == c.nested);
    if (!c.nested) continue;
    CHECK(same_bits(got.nested_absmax, want.nested_absmax));
    CHECK(same_bits(got.nested_offset, want.nested_offset));
  }
}

TEST_CASE("quantize_4bit: the value tables and dynamic maps are bitsandbytes'") {
  const SafetensorsFile file = test::bnb_golden("maps");
  const auto nf4 = load_tensor(file, "nf4").to_vector<float>();
  const auto fp4 = load_tensor(file, "fp4").to_vector<float>();
  for (size_t i = 0; i < 16; ++i) {
    CHECK(kernels::kNf4Values[i] == nf4[i]);
    CHECK(kernels::kFp4Values[i] == fp4[i]);
  }
  const auto with_sign = load_tensor(file, "dynamic_signed").to_vector<float>();
  const auto without = load_tensor(file, "dynamic_unsigned").to_vector<float>();
  for (size_t i = 0; i < 256; ++i) {
    CHECK(kernels::signed_dynamic_map()[i] == with_sign[i]);
    CHECK(kernels::unsigned_dynamic_map()[i] == without[i]);
  }
}

TEST_CASE("nearest_code: no value of the map is nearer") {
  const kernels::DynamicMap& map = kernels::signed_dynamic_map();
  const auto distance = [&](size_t code, float x) { return std::abs(double{map[code]} - x); };
  for (int i = -2000; i <= 2000; ++i) {
    const float x = static_cast<float>(i) / 1900.0f * std::abs(static_cast<float>(i % 7) / 6.0f);
    double least = HUGE_VAL;
    for (size_t code = 0; code < 256; ++code) least = std::min(least, distance(code, x));
    CHECK(distance(kernels::nearest_code(map, x), x) <= least * (1 + 1e-6));
  }
  for (size_t code = 0; code < 256; ++code) CHECK(kernels::nearest_code(map, map[code]) == code);
}

TEST_CASE("ordered_mean: torch's CUDA mean for lengths from one to 33 million") {
  const SafetensorsFile file = test::bnb_golden("maps");
  const auto lengths = load_tensor(file, "mean_lengths").to_vector<int64_t>();
  const auto means = load_tensor(file, "means").to_vector<float>();
  std::vector<float> x(static_cast<size_t>(*std::max_element(lengths.begin(), lengths.end())));
  for (size_t i = 0; i < x.size(); ++i) {  // the sequence of make_bnb_golden.py's scrambled()
    uint32_t h = static_cast<uint32_t>(i + 1) * 2654435761u;
    h = (h ^ (h >> 15)) * 2246822519u;
    x[i] = static_cast<float>((h >> 8) | 1) * 0x1p-24f;
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    CAPTURE(lengths[i]);
    CHECK(kernels::ordered_mean({x.data(), static_cast<size_t>(lengths[i])}) == means[i]);
  }
}

TEST_CASE("quantize_4bit: sizes, threads and shapes of nothing") {
  const Tensor x = random_tensor({3, 7, 111}, DType::bf16, "x");
  const QuantizedTensor q = quantize_4bit(x, QuantType::nf4, true);
  CHECK(q.shape == x.shape());
  CHECK(q.dtype == DType::bf16);
  CHECK(q.codes.shape() == Shape{1166, 1});  // 2331 elements
  CHECK(q.blocks() == 37);
  CHECK(q.nbytes() == 1166 + 37 + 4 + 4);
  kernels::set_num_threads(2);
  CHECK(same_bits(quantize_4bit(x, QuantType::nf4, true).codes, q.codes));
  kernels::set_num_threads(1);
  CHECK(quantize_4bit(Tensor::empty({0, 4}, DType::f32), QuantType::fp4, true).blocks() == 0);
  const Tensor meta = Tensor::empty({4096, 4096}, DType::bf16, kMeta);
  CHECK(quantize_4bit(meta, QuantType::nf4, true).nbytes() ==
        4096 * 4096 / 2 + 262144 + 4 * 1024 + 4);
  CHECK_THROWS_AS(quantize_4bit(Tensor::zeros({4}, DType::f64), QuantType::nf4, false), Error);
}

}  // namespace
}  // namespace hone
