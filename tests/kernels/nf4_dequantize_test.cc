// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/nf4/codebook.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/quantize.h"
#include "tests/kernels/bnb_golden.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::dequantize_4bit;
using kernels::quantize_4bit;
using test::random_tensor;
using test::same_bits;

// Equal bits, except that any NaN equals any other.
bool same_numbers(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const auto x = kernels::cast(a, DType::f32).to_vector<float>();
  const auto y = kernels::cast(b, DType::f32).to_vector<float>();
  for (size_t i = 0; i < x.size(); ++i)
    if (std::bit_cast<uint32_t>(x[i]) != std::bit_cast<uint32_t>(y[i]) &&
        !(std::isnan(x[i]) && std::isnan(y[i])))
      return false;
  return true;
}

TEST_CASE("dequantize_4bit: every bit equals bitsandbytes' CUDA result") {
  const SafetensorsFile file = test::bnb_golden("four_bit");
  int compared = 0;
  for (const test::FourBitCase& c : test::four_bit_cases(file)) {
    const QuantizedTensor q = test::recorded(file, c);
    for (const auto& [suffix, dtype] :
         {std::pair{"f32", DType::f32}, {"bf16", DType::bf16}, {"f16", DType::f16}}) {
      const std::string name = c.prefix + "dequant." + suffix;
      CAPTURE(name);
      if (!file.contains(name)) continue;
      CHECK(same_numbers(dequantize_4bit(q, dtype), load_tensor(file, name)));
      ++compared;
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("dequantize_4bit: a blob of bitsandbytes, the even element in the high bits") {
  const SafetensorsFile file = test::bnb_golden("serialized");
  for (const char* name : {"nested", "plain", "fp4"}) {
    CAPTURE(name);
    const std::string weight = std::string(name) + ".weight";
    QuantizedTensor q{.type = std::string(name) == "fp4" ? QuantType::fp4 : QuantType::nf4,
                      .shape = {5, 96},
                      .dtype = DType::bf16};
    q.codes = load_tensor(file, weight);
    q.absmax = load_tensor(file, weight + ".absmax");
    if (file.contains(weight + ".nested_absmax")) {
      q.nested_absmax = load_tensor(file, weight + ".nested_absmax");
      q.nested_offset = Tensor::scalar(0.04937744140625f);  // from the blob's JSON
    }
    const Tensor want = load_tensor(file, std::string(name) + ".dequant");
    CHECK(same_bits(dequantize_4bit(q, DType::bf16), want));
  }
  QuantizedTensor one{.type = QuantType::nf4, .shape = {2}};
  one.codes = Tensor::of(std::vector<uint8_t>{0xf0}, {1, 1});
  one.absmax = Tensor::of(std::vector<float>{3}, {1});
  CHECK(dequantize_4bit(one, DType::f32).to_vector<float>() == std::vector<float>{3, -3});
}

TEST_CASE("dequantize_4bit: code times absmax in f32, rounded once") {
  const Tensor x = random_tensor({37, 53}, DType::f32, "x", 0.02);
  for (const QuantType type : {QuantType::nf4, QuantType::fp4}) {
    const QuantizedTensor q = quantize_4bit(x, type, false);
    const Tensor y = dequantize_4bit(q, DType::bf16), exact = dequantize_4bit(q, DType::f32);
    for (int64_t i = 0; i < x.numel(); ++i) {
      const int pair = q.codes.data<uint8_t>()[i / 2];
      const auto code = static_cast<size_t>(i % 2 == 0 ? pair >> 4 : pair & 15);
      const float value = kernels::code_values(type)[code] * q.absmax.data<float>()[i / 64];
      CHECK(exact.data<float>()[i] == value);
      CHECK(y.data<bf16>()[i].bits == bf16(value).bits);
    }
    CHECK(same_bits(dequantize_4bit(q, DType::f64), kernels::cast(exact, DType::f64)));
    CHECK(test::rel_err(exact, x) < (type == QuantType::nf4 ? 0.1 : 0.14));
  }
}

TEST_CASE("dequantize_4bit: a range that starts and ends inside blocks") {
  const Tensor x = random_tensor({20011}, DType::bf16, "x");
  const QuantizedTensor q = quantize_4bit(x, QuantType::nf4, true);
  const Tensor whole = dequantize_4bit(q, DType::bf16);
  for (const auto& [begin, length] : {std::pair<int64_t, int64_t>{0, 20011},
                                      {1, 1},
                                      {63, 2},
                                      {64, 64},
                                      {16383, 3001},
                                      {20010, 1},
                                      {77, 0}}) {
    const Tensor part = Tensor::empty({length}, DType::bf16);
    kernels::dequantize_4bit_range(q, begin, part);
    CHECK(same_bits(part, whole.narrow(0, begin, length)));
  }
  const Tensor part = Tensor::empty({2}, DType::bf16);
  CHECK_THROWS_AS(kernels::dequantize_4bit_range(q, 20010, part), Error);
  QuantizedTensor broken = q;
  broken.shape = {20011, 2};
  CHECK_THROWS_AS(dequantize_4bit(broken, DType::f32), Error);
}

TEST_CASE("cuda: dequantize_4bit gives the CPU's bits, from any element on") {
  if (!test::have_gpu()) return;
  for (const QuantType type : {QuantType::nf4, QuantType::fp4})
    for (const bool nested : {false, true})
      for (const int64_t n : {1, 63, 64, 1000, 70001}) {
        const QuantizedTensor q = quantize_4bit(random_tensor({n}, DType::f32, "x"), type, nested);
        for (const DType dtype : {DType::f32, DType::bf16, DType::f16, DType::f64})
          for (const int64_t begin : {int64_t{0}, n / 3, n - 1}) {
            const auto run = [&](const std::vector<Tensor>& t) {
              const QuantizedTensor on{t[0], t[1], t[2], t[3], type, {n}, DType::f32};
              const Tensor out = Tensor::empty({n - begin}, dtype, t[0].device());
              kernels::dequantize_4bit_range(on, begin, out);
              return std::vector<Tensor>{out};
            };
            test::check_gpu_matches(std::to_string(n) + " elements",
                                    {q.codes, q.absmax, q.nested_absmax, q.nested_offset}, run, 0);
          }
      }
}

}  // namespace
}  // namespace hone
