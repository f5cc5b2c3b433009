// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversations without images, videos and sound.
#pragma once

#include "data/conversation.h"

namespace hone {

// Throws Error(kDataset) "<where>: ..." for a message with something else than text in its content:
// templates write place holders for that, and there would be nothing to put there. What text is,
// data/content_parts.h says.
// Requires: check_conversation has passed.
void check_text_only(const Conversation& conversation);

}  // namespace hone
