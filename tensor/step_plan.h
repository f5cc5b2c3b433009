// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From recorded lifetimes to fixed offsets: the arithmetic behind StepScope, without any memory.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace hone {

// One recorded allocation. Times count events (allocations and frees) of the step.
struct Lifetime {
  static constexpr int64_t kEscapes = -1;
  int64_t bytes = 0;
  int64_t born = 0;
  int64_t died = kEscapes;  // kEscapes: still alive when the step ended
};

struct StepPlan {
  static constexpr int64_t kFromSystem = -1;
  std::vector<int64_t> bytes;    // of each allocation of the step, in order
  std::vector<int64_t> offsets;  // into the arena, or kFromSystem
  int64_t arena_bytes = 0;
};

// Places allocations so that no two that live at the same time overlap: largest first, each at the
// lowest free offset. Offsets are multiples of 256, which cuBLAS wants of its workspace.
StepPlan plan_offsets(const std::vector<Lifetime>& lifetimes);

// The ranges of an arena that are in use right now.
class LiveRanges {
 public:
  // Takes [offset, offset + bytes) unless part of it is in use.
  bool take(int64_t offset, int64_t bytes);
  void release(int64_t offset) { ranges_.erase(offset); }
  bool empty() const { return ranges_.empty(); }

 private:
  std::map<int64_t, int64_t> ranges_;  // offset -> end
};

}  // namespace hone
