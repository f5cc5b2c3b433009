// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sequences whose past is stored, for ops that append to them.
//
// What an op remembers of a sequence lies in one slot of a tensor [slots, ...]. A call appends the
// documents of cu_seqlens (documents.h) to some of the sequences: document s to the one in slot
// slots[s], of which starts[s] tokens are stored already. The slots of a call are different.
#pragma once

#include <vector>

#include "kernels/core/documents.h"

namespace hone::kernels {

// Refuses slots [S] i32 that are not different places below `capacity`. Their values are looked at
// only where the host can see them.
inline void check_slots(const char* op, const Tensor& slots, int64_t documents, int64_t capacity) {
  check(slots.rank() == 1 && slots.dim(0) == documents && slots.dtype() == DType::i32 &&
            slots.is_contiguous(),
        op, ": slots ", slots.shape(), " ", name_of(slots.dtype()), " must be int32 [", documents,
        "]");
  if (slots.device().type != DeviceType::cpu) return;
  std::vector<bool> taken(static_cast<size_t>(capacity));
  for (int64_t s = 0; s < documents; ++s) {
    const int32_t slot = slots.data<int32_t>()[s];
    check(slot >= 0 && slot < capacity, op, ": slot ", slot, " of ", capacity);
    check(!taken[static_cast<size_t>(slot)], op, ": slot ", slot, " occurs twice");
    taken[static_cast<size_t>(slot)] = true;
  }
}

// Refuses starts [S] i32 that are negative.
inline void check_starts(const char* op, const Tensor& starts, int64_t documents) {
  check(starts.rank() == 1 && starts.dim(0) == documents && starts.dtype() == DType::i32 &&
            starts.is_contiguous(),
        op, ": starts ", starts.shape(), " ", name_of(starts.dtype()), " must be int32 [",
        documents, "]");
  if (starts.device().type != DeviceType::cpu) return;
  for (int64_t s = 0; s < documents; ++s)
    check(starts.data<int32_t>()[s] >= 0, op, ": start ", starts.data<int32_t>()[s]);
}

}  // namespace hone::kernels
