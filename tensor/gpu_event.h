// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How long queued work takes on a GPU, by the GPU's own clock.
#pragma once

#include <memory>

#include "tensor/device.h"

namespace hone {

// A point of a device's stream: what was queued before it was made comes before it.
class GpuEvent {
 public:
  // Errors: kDevice when there is no such GPU.
  explicit GpuEvent(Device device);

  // From `earlier` to this one, with a resolution of half a microsecond. Sync: waits for this one.
  double seconds_since(const GpuEvent& earlier) const;

 private:
  struct Event;
  std::shared_ptr<const Event> event_;
};

}  // namespace hone
