// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/core/launch_trace.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "kernels/elementwise/elementwise.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

// A launch lasts until the next one begins, the host's pause included: that is a lower bound which no
// load of the machine moves.
void check_trace(Device device) {
  constexpr double kPause = 0.02;
  const Tensor t = Tensor::zeros({1000}, DType::f32, device);
  kernels::fill(t, 1);
  synchronize(device);
  const kernels::LaunchTrace trace;
  kernels::fill(t, 1);
  std::this_thread::sleep_for(std::chrono::duration<double>(kPause));
  kernels::fill(t, 2);
  kernels::fill(t, 3);
  std::this_thread::sleep_for(std::chrono::duration<double>(kPause));
  const std::vector<double> seconds = trace.seconds();
  REQUIRE(trace.launches().size() == 3);
  REQUIRE(seconds.size() == 3);
  CHECK(seconds[0] > 0.9 * kPause);  // a GPU's clock is another one
  CHECK(seconds[1] > 0);
  CHECK(seconds[2] > 0.9 * kPause);
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
