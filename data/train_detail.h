// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Messages of which only some characters are learned.
//
//   {"role": "assistant", "content": "I think 2+2=4.",
//    "train_detail": [{"begin_offset": 8, "end_offset": 12, "train": true}]}
//
// Offsets count code points of the content from 0, both ends included: here "2+2=4" is learned.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "data/conversation.h"
#include "data/rendered_chat.h"

namespace hone {

// The property of a message.
inline constexpr std::string_view kTrainDetail = "train_detail";

// The bytes of a message's content that its list has with "train": true, ascending and disjoint;
// what the list does not have is not learned. nullopt without a list, and for an empty one.
//
// Errors: kDataset "<where>: message <i>: ..." for a list that is none, offsets outside the
// content, ranges that share a character, and content that is no text.
std::optional<std::vector<ByteRange>> train_detail(const Conversation& conversation,
                                                   size_t message);

}  // namespace hone
