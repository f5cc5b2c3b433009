// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sequences that a model reads or writes bit by bit. What it knows of each one lies in a slot: keys
// and values of attention layers, the convolution's last inputs and the state of delta-net layers.
// So a token costs the same work wherever it stands; nothing is read twice. States and logits are where
// the model is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/causal_lm.h"

namespace hone {

class DecodeSession {
 public:
  // The model outlives the session. Slots are empty at first; memory for attention grows with the
  // longest sequence.
  DecodeSession(const CausalLm& model, int64_t slots);

  int64_t slots() const { return static_cast<int64_t>(lengths_.size()); }
  // Tokens in a slot.
  int64_t length(int64_t slot) const { return lengths_[static_cast<size_t>(slot)]; }
  // Forgets a slot's sequence.
  void clear(int64_t slot) { lengths_[static_cast<size_t>(slot)] = 0; }

  // Tokens that follow what is in a slot. Requires: at least one, each in the vocabulary.
  struct Append {
    int64_t slot = 0;
    std::span<const int64_t> tokens;
  };
  // Appends to different slots, in one pass. Returns the logits [appends, V] of the token that
  // follows each, in the model's dtype. On the CPU a sequence's bits depend on its own tokens and on how they
  // were divided into calls, not on the other sequences of a call: provided that a call either
  // begins sequences or appends one token to each, or is for one sequence alone.
  // Errors: kInternal for bad operands and for more than config().max_positions tokens.
  Tensor append(std::span<const Append> appends);

  // Bytes of all states.
  int64_t nbytes() const;

 private:
  void reserve(int64_t tokens);

  const CausalLm& model_;
  std::vector<int64_t> lengths_;
  DecoderState state_;
};

}  // namespace hone
