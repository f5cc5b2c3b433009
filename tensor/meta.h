// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/device.h"

namespace hone {

// The meta device that stands for `d`.
constexpr Device meta_of(Device d) {
  return d.type == DeviceType::meta ? d : d.type == DeviceType::cuda ? kMetaGpu : kMeta;
}

}  // namespace hone
