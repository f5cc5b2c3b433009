// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/chat_session.h"

#include <algorithm>

namespace hone {

ChatSession::ChatSession(const CausalLm& model, const GenerationOptions& options)
    : model_(model), options_(options), session_(model, 1) {
  check_generation(options);
}

// Makes the slot hold a beginning of ids, all of it but the end if that is possible.
void ChatSession::keep_common(const std::vector<int64_t>& ids) {
  const bool continues =
      stored_.size() < ids.size() && std::equal(stored_.begin(), stored_.end(), ids.begin());
  if (!continues) {
    session_.clear(0);
    stored_.clear();
  }
  reused_ = static_cast<int64_t>(stored_.size());
}

Tensor ChatSession::read(std::span<const int64_t> tokens) {
  const DecodeSession::Append append{0, tokens};
  const Tensor logits = session_.append({&append, 1});
  stored_.insert(stored_.end(), tokens.begin(), tokens.end());
  return logits;
}

GeneratedSequence ChatSession::reply(const std::vector<int64_t>& ids) {
  check_prompt(model_.config(), ids, "the conversation");
  TokenChooser chooser(model_.config(), options_, 0, ids);
  keep_common(ids);
  Tensor logits = read(std::span(ids).subspan(stored_.size()));
  for (;;) {
    const SamplingRow row = chooser.row();
    if (!chooser.take(sample_tokens(logits, {&row, 1}, options_.sampling).front()))
      return chooser.result();
    const int64_t token = chooser.last_token();
    logits = read({&token, 1});
  }
}

}  // namespace hone
