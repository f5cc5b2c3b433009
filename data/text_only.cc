// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/text_only.h"

#include <array>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

void check_text_only(const Conversation& conversation) {
  constexpr std::array kOthers = {"image", "image_url", "video",       "video_url",
                                  "audio", "audio_url", "input_audio", "input_image"};
  for (size_t i = 0; i < conversation.size(); ++i) {
    const Json& message = conversation.messages[i];
    const auto content = message.find("content");
    if (content == message.end() || !content->is_array()) continue;
    for (const Json& part : *content) {
      if (!part.is_object()) continue;
      const auto type = part.find("type");
      for (const char* other : kOthers) {
        const auto named = part.find(other);
        if ((named != part.end() && !named->is_null()) || (type != part.end() && *type == other))
          fail(ErrorCode::kDataset, printable(conversation.where, 4096), ": message ", i,
               ": a part of the content is of type ", other,
               ", expected {\"type\": \"text\", \"text\": ...}; only text is supported");
      }
    }
  }
}

}  // namespace hone
