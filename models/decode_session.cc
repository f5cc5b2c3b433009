// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/decode_session.h"

#include <algorithm>

#include "autograd/tape.h"
#include "kernels/core/slots.h"
#include "kernels/embedding/embedding.h"

namespace hone {
namespace {

constexpr int64_t kFirstCapacity = 64;  // tokens

template <class T>
Tensor vector_on(Device device, const std::vector<T>& values) {
  return Tensor::of(values, {static_cast<int64_t>(values.size())}, device);
}

// The rows of a pass and where they belong.
struct Pass {
  std::vector<int64_t> ids, last;  // last: the last row of each sequence
  std::vector<int32_t> cu_seqlens{0}, slots, starts, positions;
  bool fresh = true, single = true;
};

Pass plan_pass(std::span<const DecodeSession::Append> appends, const DecodeSession& session) {
  Pass pass;
  for (const DecodeSession::Append& a : appends) {
    check(a.slot >= 0 && a.slot < session.slots() && !a.tokens.empty(), "decode: ", a.tokens.size(),
          " tokens for slot ", a.slot, " of ", session.slots());
    const auto start = static_cast<int32_t>(session.length(a.slot));
    for (size_t i = 0; i < a.tokens.size(); ++i) {
      pass.ids.push_back(a.tokens[i]);
      pass.positions.push_back(start + static_cast<int32_t>(i));
    }
    pass.fresh = pass.fresh && start == 0;
    pass.single = pass.single && a.tokens.size() == 1;
    pass.slots.push_back(static_cast<int32_t>(a.slot));
    pass.starts.push_back(start);
    pass.last.push_back(static_cast<int64_t>(pass.ids.size()) - 1);
    pass.cu_seqlens.push_back(static_cast<int32_t>(pass.ids.size()));
  }
  // Here, since the layers' ops look at slots only where the host can see them.
  kernels::check_slots("decode", vector_on(kCpu, pass.slots),
                       static_cast<int64_t>(pass.slots.size()), session.slots());
  return pass;
}

}  // namespace

DecodeSession::DecodeSession(const CausalLm& model, int64_t slots)
    : model_(model), lengths_(static_cast<size_t>(slots), 0) {
  check(slots > 0, "decode: ", slots, " slots");
  const MemoryScope scope("decoding state");
  state_ = model.make_state(slots, 0);
}

void DecodeSession::reserve(int64_t tokens) {
  const int64_t limit = model_.config().max_positions;
  check(limit == 0 || tokens <= limit, "decode: ", tokens, " tokens, but the model has ", limit,
        " positions");
  if (tokens <= state_.capacity) return;
  int64_t capacity = std::max({tokens, 2 * state_.capacity, kFirstCapacity});
  if (limit > 0) capacity = std::min(capacity, std::max(limit, tokens));
  const MemoryScope scope("decoding state");
  grow(state_, capacity);
}

Tensor DecodeSession::append(std::span<const Append> appends) {
  check(!appends.empty(), "decode: nothing to append");
  const NoGrad no_grad;
  const Pass pass = plan_pass(appends, *this);
  int64_t longest = 0;
  for (const Append& a : appends)
    longest = std::max(longest, length(a.slot) + static_cast<int64_t>(a.tokens.size()));
  reserve(longest);

  const auto there = [&](const auto& values) { return vector_on(model_.device(), values); };
  const nn::SequenceSlots slots{
      {there(pass.cu_seqlens), there(pass.slots), there(pass.starts)}, pass.fresh, pass.single};
  const Tensor hidden = model_.extend(there(pass.ids), there(pass.positions), slots, state_);
  for (const Append& a : appends)
    lengths_[static_cast<size_t>(a.slot)] += static_cast<int64_t>(a.tokens.size());
  if (pass.single) return model_.logits(hidden);
  // The lookup of rows is that of an embedding.
  return model_.logits(kernels::embedding_forward(there(pass.last), hidden));
}

int64_t DecodeSession::nbytes() const {
  int64_t bytes = 0;
  for (const LayerState& layer : state_.layers) {
    if (const auto* d = std::get_if<nn::DeltaNetState>(&layer))
      bytes += d->conv.nbytes() + d->delta.nbytes();
    else
      bytes += 2 * std::get<nn::AttentionState>(layer).keys.nbytes();
  }
  return bytes;
}

}  // namespace hone
