// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/chat_writer.h"

#include <memory>
#include <string>

#include "data/chat_template_files.h"
#include "data/conversation.h"
#include "data/printable.h"
#include "tensor/check.h"
#include "train/model_options.h"

namespace hone {
namespace {

// Special tokens that templates are given; the tokenizer must know their texts.
void check_special_tokens(const TrainConfig& config, const Tokenizer& tokenizer) {
  for (const auto& [name, text] : config.special_tokens)
    if (!tokenizer.token_to_id(text))
      fail(ErrorCode::kUsage, "special_tokens.", name, ": the tokenizer in ",
           printable(tokenizer_dir(config), 4096), " has no token ", quote(text, 60),
           "; the vocabulary cannot grow, so name one that it has");
}

}  // namespace

ChatWriter make_chat_writer(const TrainConfig& config, const Tokenizer& tokenizer) {
  check_special_tokens(config, tokenizer);
  const auto chat_template = std::make_shared<const ChatTemplate>(
      load_chat_template({.name = config.chat_template,
                          .jinja = config.chat_template_jinja,
                          .special_tokens = config.special_tokens,
                          .eot_tokens = config.eot_tokens},
                         tokenizer_dir(config), tokenizer));
  check_template_marks(*chat_template, tokenizer_dir(config), tokenizer);
  ChatWriter writer;
  writer.render = [chat_template, system = config.default_system_message](const Conversation& c) {
    if (system.empty()) return chat_template->render(c);
    Conversation conversation = c;
    add_default_system_message(conversation, system);
    return chat_template->render(conversation);
  };
  writer.settings = chat_template->settings() + '\0' + config.default_system_message;
  writer.eos_token = chat_template->variable("eos_token");
  return writer;
}

}  // namespace hone
