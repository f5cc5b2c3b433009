// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>
#include <vector>

#include "nn/sequence_slots.h"

namespace hone {

using LayerState = std::variant<nn::DeltaNetState, nn::AttentionState>;

// What a decoder remembers of sequences that grow, a state for each layer.
struct DecoderState {
  int64_t slots = 0;
  int64_t capacity = 0;  // tokens of a sequence that attention layers have room for
  std::vector<LayerState> layers;
};

// Makes room for sequences of `capacity` tokens; those stored stay as they are.
void grow(DecoderState& state, int64_t capacity);

}  // namespace hone
