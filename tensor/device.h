// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where a tensor's bytes live.
#pragma once

#include <cstdint>
#include <string>

namespace hone {

enum class DeviceType : uint8_t {
  cpu,
  cuda,
  meta,  // shape only: allocations are counted, no memory exists, kernels do nothing
};

struct Device {
  DeviceType type = DeviceType::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};

inline constexpr Device kCpu{DeviceType::cpu, 0};
// A meta device stands for the CPU or for a GPU, whose kernels want other working memory.
inline constexpr Device kMeta{DeviceType::meta, 0};
inline constexpr Device kMetaGpu{DeviceType::meta, 1};

// A GPU, or the meta device that stands for one.
constexpr bool is_gpu(Device d) { return d.type == DeviceType::cuda || d == kMetaGpu; }

inline std::string name_of(Device d) {
  switch (d.type) {
    case DeviceType::cpu:
      return "cpu";
    case DeviceType::meta:
      return d == kMetaGpu ? "meta (gpu)" : "meta";
    case DeviceType::cuda:
      return "cuda:" + std::to_string(d.index);
  }
  return "?";
}

}  // namespace hone
