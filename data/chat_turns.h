// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a template's output, which remembers where its bytes came from, to the turns of a
// conversation.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/conversation.h"
#include "data/jinja.h"
#include "data/rendered_chat.h"

namespace hone {

struct TurnSettings {
  // Generation prompts, each in the pieces in which the template writes it; with them a turn of an
  // assistant begins, or with their first pieces. None: the template has no such prompt.
  std::vector<std::vector<std::string>> headers;
  std::vector<std::string> end_marks;  // tokens that end a turn
  std::vector<std::string> special;    // looked for where none of them is found
  // The text in front of message i: messages [0, i) with a generation prompt, in all its forms.
  std::function<std::vector<std::string>(size_t message)> prompts_before;
};

// The text, turns and generation blocks of `output`.
RenderedChat find_turns(jinja::Output output, const Conversation& conversation,
                        const TurnSettings& settings, bool has_generation_blocks);

}  // namespace hone
