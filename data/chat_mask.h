// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which parts of a rendered conversation the model learns to write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/rendered_chat.h"
#include "data/tokenizer.h"

namespace hone {

// When the end mark of a turn is learned.
enum class TrainOnMark {
  kTurn,  // with the turn that it ends
  kAll,   // always, after turns of the other roles too
  kLast,  // only the last one of the conversation
  kNone,
};

// "turn", "all", "last", "none"; nullopt for anything else.
std::optional<TrainOnMark> parse_train_on_mark(std::string_view name);

struct MaskOptions {
  std::vector<std::string> roles_to_train = {"assistant"};
  TrainOnMark train_on_eos = TrainOnMark::kTurn;  // end marks that are the tokenizer's eos token
  std::optional<TrainOnMark> train_on_eot = {};   // other end marks; absent: as train_on_eos
  std::string eos_token = {};                     // text of the eos token, empty without one
  bool train_on_inputs = false;                   // the whole text, whatever else is set
};

// The learned bytes of `chat`, ascending and disjoint.
//
// A turn is learned if its role is one of roles_to_train; a message's own "train" (bool) or
// "weight" (0 or 1) overrides that, and a "train_detail" (data/train_detail.h) does where there is
// neither: an empty one is no. With one that is not, only its characters and the mark are learned. Learned are the bytes from header_end to the end mark, the
// mark by train_on_eos or train_on_eot, and nothing behind it. Where the template has
// {% generation %} blocks, a turn's learned bytes are those inside them.
//
// Errors: kDataset "<where>: ..." when a message to be learned, or all of its train_detail, cannot
// be found in the text, when the template left its content out, or when "train", "weight" or "train_detail" is something else.
std::vector<ByteRange> learned_ranges(const RenderedChat& chat, const Conversation& conversation,
                                      const MaskOptions& options);

struct EncodedChat {
  std::vector<int32_t> ids;      // those of the whole text
  std::vector<uint8_t> learned;  // aligned with ids: 1 if the token lies in a learned range
};

// A token that a range's border cuts through counts as what follows the border.
// Requires: `learned` as learned_ranges returns it. Errors: as Tokenizer::encode.
EncodedChat encode_chat(const Tokenizer& tokenizer, std::string_view text,
                        std::span<const ByteRange> learned);

}  // namespace hone
