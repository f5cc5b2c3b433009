// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a thread launches, to compare steps with each other: a captured graph would hold these
// kernels in this order.
#pragma once

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

 private:
  std::vector<const void*> launches_;
};

}  // namespace hone::kernels
