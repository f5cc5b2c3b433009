// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/launch_trace.h"

#include <doctest/doctest.h>

#include <chrono>

#include "kernels/elementwise/elementwise.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A short op between two long ones.
void check_trace(Device device) {
  const Tensor big = Tensor::zeros({1 << 24}, DType::f32, device), small = big.rows(0, 1);
  kernels::fill(big, 1);
  synchronize(device);
  const double start = now();
  const kernels::LaunchTrace trace;
  kernels::fill(big, 1);
  kernels::fill(small, 2);
  kernels::fill(big, 3);
  const std::vector<double> seconds = trace.seconds();
  const double total = now() - start;
  REQUIRE(trace.launches().size() == 3);
  REQUIRE(seconds.size() == 3);
  CHECK(seconds[0] > seconds[1]);
  CHECK(seconds[2] > seconds[1]);
  CHECK(seconds[1] > 0);
  CHECK(seconds[0] + seconds[1] + seconds[2] <= total);
}

TEST_CASE("launch trace: launches in order, each as long as it took") { check_trace(kCpu); }

TEST_CASE("cuda: launch trace has the GPU's own times") {
  if (test::have_gpu()) check_trace(test::kGpu);
}

TEST_CASE("launch trace: nothing on meta, and one at a time") {
  const kernels::LaunchTrace trace;
  kernels::fill(Tensor::empty({3}, DType::f32, kMeta), 1);
  CHECK(trace.launches().empty());
  CHECK(trace.seconds().empty());
  CHECK_THROWS_WITH_AS(kernels::LaunchTrace(), doctest::Contains("another one"), Error);
}

}  // namespace
}  // namespace hone
