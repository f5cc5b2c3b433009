// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/decoder_state.h"

#include "kernels/elementwise/elementwise.h"

namespace hone {
namespace {

// [slots, Hk, capacity, D] with what `old` held of its smaller capacity.
Tensor grown(const Tensor& old, int64_t capacity) {
  const int64_t slots = old.dim(0), heads = old.dim(1), kept = old.dim(2), width = old.dim(3);
  const Tensor larger = Tensor::empty({slots, heads, capacity, width}, old.dtype(), old.device());
  if (kept > 0)
    kernels::cast_into(old.view({slots * heads, kept, width}),
                       larger.view({slots * heads, capacity, width}).narrow(1, 0, kept), false);
  return larger;
}

}  // namespace

void grow(DecoderState& state, int64_t capacity) {
  check(capacity >= state.capacity, "decoder state: ", state.capacity, " tokens do not fit in ",
        capacity);
  for (LayerState& layer : state.layers)
    if (auto* cache = std::get_if<nn::AttentionState>(&layer)) {
      cache->keys = grown(cache->keys, capacity);
      cache->values = grown(cache->values, capacity);
    }
  state.capacity = capacity;
}

}  // namespace hone
