// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "kernels/core/parallel.h"
#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dynamic_map.h"
#include "kernels/nf4/ordered_mean.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/bnb_golden.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

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

std::vector<Tensor> parts_of(const QuantizedTensor& q) {
  return {q.codes, q.absmax, q.nested_absmax, q.nested_offset};
}

// Equal bits, except that any NaN equals any other.
bool same_numbers(const Tensor& a, const Tensor& b) {
  if (a.dtype() != DType::f32) return same_bits(a, b);
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  for (int64_t i = 0; i < a.numel(); ++i) {
    const float x = a.data<float>()[i], y = b.data<float>()[i];
    if (std::bit_cast<uint32_t>(x) != std::bit_cast<uint32_t>(y) &&
        !(std::isnan(x) && std::isnan(y)))
      return false;
  }
  return true;
}

TEST_CASE("cuda: quantize_4bit gives the bytes that bitsandbytes' CUDA kernels gave") {
  if (!test::have_gpu()) return;
  const SafetensorsFile file = test::bnb_golden("four_bit");
  for (const test::FourBitCase& c : test::four_bit_cases(file)) {
    CAPTURE(c.prefix);
    const std::vector<Tensor> want = parts_of(test::recorded(file, c));
    const Tensor input = load_tensor(file, c.input).to(test::kGpu);
    const std::vector<Tensor> got =
        test::moved(parts_of(quantize_4bit(input, c.type, c.nested)), kCpu);
    for (size_t i = 0; i < want.size(); ++i)
      if (want[i].defined()) CHECK(same_numbers(got[i], want[i]));
  }
}

void check_quantized_alike(const Tensor& x) {
  for (const QuantType type : {QuantType::nf4, QuantType::fp4})
    for (const bool nested : {false, true}) {
      const auto want = parts_of(quantize_4bit(x, type, nested));
      const auto got = test::moved(parts_of(quantize_4bit(x.to(test::kGpu), type, nested)), kCpu);
      CAPTURE(x.shape().str());
      CAPTURE(name_of(x.dtype()));
      CAPTURE(name_of(type));
      CAPTURE(nested);
      for (size_t i = 0; i < want.size(); ++i) {
        CAPTURE(i);
        REQUIRE(got[i].defined() == want[i].defined());
        if (want[i].defined()) CHECK(same_numbers(got[i], want[i]));
      }
    }
}

// Numbers as weights have them, and with elements and whole blocks of them that are zero, subnormal,
// infinite or NaN.
TEST_CASE("cuda: quantize_4bit gives the CPU's bytes") {
  if (!test::have_gpu()) return;
  for (const int64_t n : {0, 1, 2, 63, 64, 65, 500, 703, 16385, 262339})
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
      const Tensor x = random_tensor({n}, DType::f32, "x", 0.02);
      check_quantized_alike(kernels::cast(x, dtype));
      const auto odd = [&](int64_t begin, int64_t count, float value) {
        for (int64_t i = begin; i < begin + count && i < n; ++i) x.data<float>()[i] = value;
        check_quantized_alike(kernels::cast(x, dtype));
      };
      odd(320, 70, 0);
      odd(520, 3, -1e-39f);
      odd(130, 64, 1e-40f);
      odd(70, 1, NAN);
      odd(600, 1, 3e38f);
      odd(256, 64, NAN);
      odd(450, 1, HUGE_VALF);
    }
}

// As many scales as change the way in which their mean is summed, and some more.
TEST_CASE("cuda: the offset of double quantisation is torch's mean") {
  if (!test::have_gpu()) return;
  for (const int64_t blocks : {1, 5, 127, 128, 131, 511, 512, 4097, 130559, 130561, 300001}) {
    const Tensor x = Tensor::empty({blocks * 64}, DType::f32);  // a block's elements are alike
    const RandomStream random(1, "scales");
    for (int64_t i = 0; i < x.numel(); ++i)
      x.data<float>()[i] = random.uniform(static_cast<uint64_t>(i / 64));
    CAPTURE(blocks);
    const QuantizedTensor want = quantize_4bit(x, QuantType::nf4, true);
    const auto got =
        test::moved(parts_of(quantize_4bit(x.to(test::kGpu), QuantType::nf4, true)), kCpu);
    CHECK(same_bits(got[3], want.nested_offset));
    CHECK(same_bits(got[2], want.nested_absmax));
    CHECK(same_bits(got[1], want.absmax));
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
