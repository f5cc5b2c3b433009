// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A conversation whose turns are read once: what the model has read or written stays in its slot as
// long as the next turn's text begins with it.
#pragma once

#include <span>
#include <vector>

#include "models/generation.h"

namespace hone {

class ChatSession {
 public:
  // The model outlives the session. Of `options` sampling, max_new_tokens, stop_tokens and on_token
  // count; on_token's sequence is 0.
  ChatSession(const CausalLm& model, const GenerationOptions& options);

  // The model's continuation of `ids`, the whole conversation so far with the beginning of the
  // answer. Errors: as generate.
  GeneratedSequence reply(const std::vector<int64_t>& ids);

  // Tokens of the last reply's `ids` that were not read again.
  int64_t reused() const { return reused_; }

 private:
  void keep_common(const std::vector<int64_t>& ids);
  Tensor read(std::span<const int64_t> tokens);

  const CausalLm& model_;
  GenerationOptions options_;
  DecodeSession session_;
  std::vector<int64_t> stored_;  // what the slot holds
  int64_t reused_ = 0;
};

}  // namespace hone
