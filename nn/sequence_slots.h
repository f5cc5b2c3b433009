// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the layers remember of sequences that grow, and which of them a pass continues.
#pragma once

#include "kernels/attention/cached_attention.h"
#include "tensor/tensor.h"

namespace hone::nn {

// The sequences that a pass appends to. Document s of the pass belongs to the one in slot slots[s].
struct SequenceSlots {
  kernels::CachedSequences sequences;  // cu_seqlens, slots, starts
  bool fresh = false;                  // all starts are 0: whole sequences so far
  bool single = false;                 // every document has one row
};

// Of one GatedDeltaNet layer.
struct DeltaNetState {
  Tensor conv;   // [slots, W-1, width of q, k and v] model dtype: the convolution's last inputs
  Tensor delta;  // [slots, Hv, Dk, Dv] f32 (f64 for f64)
};

// Of one attention layer: all keys and values, also those that a window has left behind.
using AttentionState = kernels::KeyValueCache;

}  // namespace hone::nn
