// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/step_plan.h"

#include <algorithm>
#include <numeric>

namespace hone {
namespace {

int64_t align_up(int64_t n) { return (n + 255) / 256 * 256; }

bool overlap_in_time(const Lifetime& a, const Lifetime& b) {
  return a.born < b.died && b.born < a.died;
}

}  // namespace

StepPlan plan_offsets(const std::vector<Lifetime>& lifetimes) {
  StepPlan plan;
  plan.offsets.assign(lifetimes.size(), StepPlan::kFromSystem);
  std::vector<size_t> order;
  for (size_t i = 0; i < lifetimes.size(); ++i) {
    plan.bytes.push_back(lifetimes[i].bytes);
    if (lifetimes[i].died != Lifetime::kEscapes && lifetimes[i].bytes > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

  std::vector<size_t> placed;  // in order of offset
  for (size_t i : order) {
    const int64_t need = align_up(lifetimes[i].bytes);
    int64_t offset = 0;
    for (size_t j : placed) {
      if (!overlap_in_time(lifetimes[i], lifetimes[j])) continue;
      if (offset + need <= plan.offsets[j]) break;  // fits in the gap before j
      offset = std::max(offset, plan.offsets[j] + align_up(lifetimes[j].bytes));
    }
    plan.offsets[i] = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + need);
    const auto at = std::upper_bound(placed.begin(), placed.end(), offset,
                                     [&](int64_t o, size_t j) { return o < plan.offsets[j]; });
    placed.insert(at, i);
  }
  return plan;
}

bool LiveRanges::take(int64_t offset, int64_t bytes) {
  const int64_t end = offset + bytes;
  auto next = ranges_.lower_bound(offset);
  if (next != ranges_.end() && next->first < end) return false;
  if (next != ranges_.begin() && std::prev(next)->second > offset) return false;
  ranges_.emplace_hint(next, offset, end);
  return true;
}

}  // namespace hone
