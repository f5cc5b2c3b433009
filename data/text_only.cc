// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/text_only.h"

#include <array>

#include "data/content_parts.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

[[noreturn]] void reject_part(const Conversation& conversation, size_t message,
                              const std::string& type) {
  fail(ErrorCode::kDataset, place_of_message(conversation, message),
       ": a part of the content is of type ", type,
       ", expected {\"type\": \"text\", \"text\": ...}; only text is supported");
}

}  // namespace

void check_text_only(const Conversation& conversation) {
  constexpr std::array kOthers = {"image", "image_url", "video",       "video_url",
                                  "audio", "audio_url", "input_audio", "input_image"};
  for (size_t i = 0; i < conversation.size(); ++i) {
    const Json& message = conversation.messages[i];
    const auto content = message.find("content");
    if (content == message.end() || !content->is_array()) continue;
    for (const Json& part : *content) {
      if (part.is_string()) continue;
      if (!part.is_object()) reject_part(conversation, i, part.type_name());
      const auto type = part.find("type");
      for (const char* other : kOthers) {
        const auto named = part.find(other);
        if ((named != part.end() && !named->is_null()) || (type != part.end() && *type == other))
          reject_part(conversation, i, other);
      }
      if (text_of_part(part)) continue;
      const bool has_type = type != part.end() && type->is_string();
      reject_part(conversation, i, has_type ? quote(type->get<std::string>(), 60) : "no known one");
    }
  }
}

}  // namespace hone
