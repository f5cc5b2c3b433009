// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/parameter_arena.h"

#include <doctest/doctest.h>

#include "kernels/elementwise/elementwise.h"
#include "tests/support/compare.h"

namespace hone::nn {
namespace {

Parameter trainable(const std::string& name, const Shape& shape) {
  return {name, shape, true, false, 0, Var()};
}

const std::vector<Parameter> kParameters = {trainable("norm", {300}),
                                            trainable("small", {10, 30}),
                                            trainable("large", {100, 50}),
                                            {"frozen", {7, 7}, false, false, 0, Var()},
                                            trainable("large vector", {5000})};

TEST_CASE("arena: slots are aligned, ordered by decay and size, and do not overlap") {
  const ParameterArena a(kParameters, DType::f32, kCpu, /*decay_vectors=*/false);
  std::vector<std::string> names;
  int64_t end = 0;
  for (const auto& s : a.slots()) {
    names.push_back(s.name);
    CHECK(s.offset % ParameterArena::kAlignment == 0);
    CHECK(s.offset >= end);
    end = s.offset + s.shape.numel();
  }
  CHECK(names == std::vector<std::string>{"large", "small", "large vector", "norm"});
  CHECK(a.decayed() == a.slot("large vector").offset);
  CHECK(a.parameters() == 300 + 300 + 5000 + 5000);
  CHECK(a.segments().size() == 4);
  CHECK(a.segments()[2].large);
  CHECK_FALSE(a.segments()[2].decays);
  CHECK(a.segments().back().end == a.size());
  CHECK_FALSE(a.shadow().defined());

  const ParameterArena all(kParameters, DType::f32, kCpu, /*decay_vectors=*/true);
  CHECK(all.decayed() == all.size());
}

TEST_CASE("arena: a bf16 model reads the shadow, the master keeps f32") {
  ParameterArena a(kParameters, DType::bf16, kCpu, true);
  const Tensor value = test::random_tensor({10, 30}, DType::f32, "v");
  const Var w = a.place("small", value);
  CHECK(w.dtype() == DType::bf16);
  CHECK(w.value().shares_storage(a.shadow()));
  CHECK(test::same_bits(ParameterArena::slice(a.master(), a.slot("small")), value));
  CHECK(test::same_bits(w.value(), kernels::cast(value, DType::bf16)));
  kernels::fill(a.master(), 3);
  a.refresh_shadow();
  CHECK(static_cast<float>(w.value().data<bf16>()[0]) == 3);
  CHECK_THROWS_AS(a.place("frozen", value), Error);
  CHECK_THROWS_AS(a.place("small", test::random_tensor({30, 10}, DType::f32, "v")), Error);
}

TEST_CASE("arena: gradients overwrite after clear, accumulate after, and default to zero") {
  ParameterArena a(kParameters, DType::f32, kCpu, true);
  const Tensor one = Tensor::zeros({300}, DType::f32);
  kernels::fill(one, 1);
  const auto gradient = [&](const char* name) {
    return ParameterArena::slice(a.gradient(), a.slot(name)).to_vector<float>()[0];
  };
  kernels::fill(a.gradient(), 77);  // what an earlier step left
  a.clear_gradients();
  a.slot("norm").var.grad()->add(one);
  a.slot("norm").var.grad()->add(one);
  a.finish_gradients();
  CHECK(gradient("norm") == 2);
  CHECK(gradient("large") == 0);
}

}  // namespace
}  // namespace hone::nn
