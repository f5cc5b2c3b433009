// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the cpu_kernels rule promises, seen from inside a program.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/isa/fixture.h"

namespace hone::kernels {
namespace {

// Calls f with the tag of every level this machine can run.
template <class F>
void for_each_level(F&& f) {
  f(Cpu<Isa::v1>{});
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v3")) f(Cpu<Isa::v3>{});
  if (__builtin_cpu_supports("x86-64-v4")) f(Cpu<Isa::v4>{});
#endif
}

template <Isa I>
constexpr int level_of(Cpu<I>) {
  return static_cast<int>(I);
}

}  // namespace

TEST_CASE("cpu_kernels: the program never gets a kernel's copy of an inline function") {
  CHECK(levels_seen_by_program().function == compiled_level());
  CHECK(levels_seen_by_program().virtual_function == compiled_level());
  CHECK(compiled_level() == 1);
}

TEST_CASE("cpu_kernels: each level's kernel is compiled for its level, inline functions included") {
  for_each_level([](auto cpu) {
    const LevelsSeen seen = levels_seen_by_kernel(cpu);
    CHECK(seen.function == level_of(cpu));
    CHECK(seen.virtual_function == level_of(cpu));
  });
}

TEST_CASE("cpu_kernels: memory that a kernel allocates is grown by the program") {
  const std::vector<float> x = {0,  1,   4,   9,   16,  25,  36,  49, 64,
                                81, 100, 121, 144, 169, 196, 225, 256};
  std::vector<float> y;
  for_each_level([&](auto cpu) {
    y.clear();
    y.shrink_to_fit();
    sqrt_plus_index(cpu, x, &y);
    REQUIRE(y.size() == x.size());
    for (size_t i = 0; i < x.size(); ++i) CHECK(y[i] == 2 * static_cast<float>(i));
    y.push_back(1);
  });
}

TEST_CASE("cpu_kernels: hone::Error thrown in a kernel is caught outside") {
  for_each_level([](auto cpu) {
    try {
      throw_error(cpu);
      FAIL("throw_error returned");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kDataset);
      CHECK(std::string(error.what()) == "level " + std::to_string(level_of(cpu)));
    }
  });
}

}  // namespace hone::kernels
