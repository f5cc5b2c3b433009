// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a thread launches and when: to compare steps with each other, since a captured graph would
// hold these kernels in this order, and to see where the time of a step goes.
#pragma once

#include <chrono>
#include <vector>

namespace hone::kernels {

// Records the launches of the current thread while it exists. One at a time.
class LaunchTrace {
 public:
  LaunchTrace();
  ~LaunchTrace();
  LaunchTrace(const LaunchTrace&) = delete;
  LaunchTrace& operator=(const LaunchTrace&) = delete;

  // In order, each by the place in the program that called visit_device. On the CPU alone: nothing
  // is launched on meta.
  const std::vector<const void*>& launches() const { return launches_; }

  // When each began. On the CPU it has ended before the next one begins.
  using Time = std::chrono::steady_clock::time_point;
  const std::vector<Time>& times() const { return times_; }

 private:
  friend struct LaunchRecorder;
  std::vector<const void*> launches_;
  std::vector<Time> times_;
};

}  // namespace hone::kernels
