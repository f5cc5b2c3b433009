// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a thread launches and when: to compare steps with each other, since a captured graph would
// hold these kernels in this order, and to see where the time of a step goes.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "tensor/gpu_event.h"

namespace hone::kernels {

// Records the launches of the current thread while it exists. One at a time.
class LaunchTrace {
 public:
  LaunchTrace();
  ~LaunchTrace();
  LaunchTrace(const LaunchTrace&) = delete;
  LaunchTrace& operator=(const LaunchTrace&) = delete;

  // In order, each by the place in the program that called visit_device. Nothing is launched on
  // meta.
  const std::vector<const void*>& launches() const { return launches_; }

  // How long each lasted, in seconds: until the next one began, the last one until now. Those of one
  // GPU by its clock, others by the host's, where an op has ended before the next one begins.
  // Requires: all were on one device. Sync: waits for the GPU.
  std::vector<double> seconds() const;

 private:
  friend struct LaunchRecorder;
  // When a launch began.
  struct Mark {
    Device device;
    std::chrono::steady_clock::time_point host;
    std::optional<GpuEvent> gpu;
    static Mark now(Device device);
    double seconds_since(const Mark& earlier) const;
  };

  std::vector<const void*> launches_;
  std::vector<Mark> marks_;
};

}  // namespace hone::kernels
