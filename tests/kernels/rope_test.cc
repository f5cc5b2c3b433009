// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rope/rope.h"

#include <doctest/doctest.h>

#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::rotary_table;
using kernels::RotaryTable;

std::vector<double> frequencies(int64_t rotary_dim, double theta) {
  std::vector<double> f;
  for (int64_t j = 0; j < rotary_dim / 2; ++j)
    f.push_back(std::pow(theta, -2.0 * static_cast<double>(j) / static_cast<double>(rotary_dim)));
  return f;
}

TEST_CASE("rope: cosines and sines of position times frequency, rounded to the model's dtype") {
  const std::vector<int32_t> at = {0, 1, 2, 17, 4095, 0};
  const std::vector<double> f = frequencies(34, 1e4);
  const Tensor positions = Tensor::of(at, {6});
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const RotaryTable t = rotary_table(positions, f, {}, dtype);
    CHECK(t.rotary_dim() == 34);
    CHECK(t.cos.dtype() == kernels::accumulator_dtype(dtype));
    const Tensor cos = Tensor::empty({6, 17}, DType::f64), sin = Tensor::empty({6, 17}, DType::f64);
    for (int64_t n = 0; n < 6; ++n)
      for (size_t j = 0; j < 17; ++j) {
        double angle = at[n] * f[j];
        if (dtype != DType::f64)  // the product in f32, as the models define it
          angle = static_cast<float>(at[n]) * static_cast<float>(f[j]);
        cos.data<double>()[n * 17 + static_cast<int64_t>(j)] = std::cos(angle);
        sin.data<double>()[n * 17 + static_cast<int64_t>(j)] = std::sin(angle);
      }
    const double tolerance = dtype == DType::f64 ? 1e-15 : dtype == DType::f32 ? 1e-7 : 4e-3;
    CHECK(test::rel_err(t.cos, cos) < tolerance);
    CHECK(test::rel_err(t.sin, sin) < tolerance);
    CHECK(test::same_bits(t.cos, kernels::cast(kernels::cast(t.cos, dtype), t.cos.dtype())));
  }
}

TEST_CASE("rope: with three axes, frequencies take turns as mrope_section says") {
  const int64_t section[] = {11, 11, 10};
  const std::vector<double> f(32, 1.0);  // so that the angle is the position itself
  const RotaryTable t =
      rotary_table(Tensor::of(std::vector<int32_t>{5, 6, 7}, {3, 1}), f, section, DType::f64);
  const std::string axes = "THWTHWTHWTHWTHWTHWTHWTHWTHWTHWTH";  // 11, 11 and 10 of them
  for (size_t j = 0; j < 32; ++j) {
    const double position = axes[j] == 'T' ? 5 : axes[j] == 'H' ? 6 : 7;
    CHECK(t.cos.data<double>()[j] == std::cos(position));
    CHECK(t.sin.data<double>()[j] == std::sin(position));
  }
  const int64_t small[] = {2, 1, 1};  // T H W T
  const RotaryTable s = rotary_table(Tensor::of(std::vector<int32_t>{5, 6, 7}, {3, 1}),
                                     std::vector<double>(4, 1.0), small, DType::f64);
  CHECK(s.sin.to_vector<double>() ==
        std::vector<double>{std::sin(5.0), std::sin(6.0), std::sin(7.0), std::sin(5.0)});
  const int64_t uneven[] = {6, 1, 1};  // T H W T T T T T
  const RotaryTable u = rotary_table(Tensor::of(std::vector<int32_t>{5, 6, 7}, {3, 1}),
                                     std::vector<double>(8, 1.0), uneven, DType::f64);
  for (int64_t j = 3; j < 8; ++j) CHECK(u.cos.data<double>()[j] == std::cos(5.0));
}

TEST_CASE("rope: equal rows of three axes are the same as one") {
  const int64_t section[] = {3, 3, 2};
  const std::vector<double> f = frequencies(16, 1e7);
  const RotaryTable three = rotary_table(Tensor::of(std::vector<int32_t>{0, 9, 0, 9, 0, 9}, {3, 2}),
                                         f, section, DType::f32);
  for (const std::span<const int64_t> sections : {std::span<const int64_t>(section), {}}) {
    const RotaryTable one =
        rotary_table(Tensor::of(std::vector<int32_t>{0, 9}, {2}), f, sections, DType::f32);
    CHECK(test::same_bits(one.cos, three.cos));
    CHECK(test::same_bits(one.sin, three.sin));
  }
}

TEST_CASE("rope: bad operands are refused") {
  const std::vector<double> f(4, 1.0);
  const int64_t section[] = {2, 1, 2};
  const Tensor three = Tensor::of(std::vector<int32_t>{5, 6, 7}, {3, 1});
  CHECK_THROWS_WITH_AS(rotary_table(three, f, {}, DType::f32),
                       doctest::Contains("positions [3, 1] must be [N]"), Error);
  CHECK_THROWS_WITH_AS(rotary_table(three, f, section, DType::f32),
                       doctest::Contains("three numbers with sum 4"), Error);
  CHECK_THROWS_WITH_AS(rotary_table(Tensor::of(std::vector<int64_t>{1}, {1}), f, {}, DType::f32),
                       doctest::Contains("contiguous int32, got int64"), Error);
}

TEST_CASE("cuda: rotary_table matches the CPU") {
  if (!test::have_gpu()) return;
  const std::vector<double> f = frequencies(64, 1e7);
  std::vector<int32_t> at;
  for (int32_t i = 0; i < 3 * 500; ++i) at.push_back(i * 37 % 40000);
  const int64_t section[] = {11, 11, 10};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    const auto run = [&](const std::vector<Tensor>& t) {
      const RotaryTable plain = rotary_table(t[0], f, {}, dtype);
      const RotaryTable axes = rotary_table(t[1], f, section, dtype);
      return std::vector<Tensor>{plain.cos, plain.sin, axes.cos, axes.sin};
    };
    // In bf16 a value that lies between two roundings may take the other one.
    test::check_gpu_matches(name_of(dtype), {Tensor::of(at, {1500}), Tensor::of(at, {3, 500})}, run,
                            1);
  }
}

}  // namespace
}  // namespace hone
