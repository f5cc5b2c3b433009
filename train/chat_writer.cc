// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/chat_writer.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "data/conversation.h"
#include "data/printable.h"
#include "data/special_token_names.h"
#include "tensor/check.h"
#include "train/config_value.h"
#include "train/model_options.h"

namespace hone {
namespace {

// The values of chat_template_kwargs as JSON. A scalar means what PyYAML makes of it.
std::vector<std::pair<std::string, std::string>> template_kwargs(const TrainConfig& config) {
  std::vector<std::pair<std::string, std::string>> kwargs;
  for (const auto& [name, text] : config.chat_template_kwargs) {
    Json value = text;
    if (const auto integer = read_integer(text))
      value = *integer;
    else if (const auto number = read_number(text))
      value = *number;
    else if (const auto boolean = read_boolean(text); boolean && text.size() > 1)  // y is a text
      value = *boolean;
    kwargs.emplace_back(name, value.dump());
  }
  return kwargs;
}

// Of a chat with a message put in front: what the chat tells of the others, by their own numbers.
void without_first_message(RenderedChat& chat) {
  const auto is_first = [](const auto& part) { return part.message == 0; };
  std::erase_if(chat.turns, is_first);
  std::erase_if(chat.unattributed, is_first);
  for (TurnSpan& turn : chat.turns) --turn.message;
  for (RenderedChat::Unattributed& lost : chat.unattributed) --lost.message;
}

}  // namespace

ChatTemplateChoice template_choice(const TrainConfig& config, const DatasetConfig& dataset) {
  const bool own = !dataset.chat_template.empty();
  return {.name = own ? dataset.chat_template : config.chat_template,
          .jinja = own ? dataset.chat_template_jinja : config.chat_template_jinja,
          .special_tokens = config.special_tokens.texts,
          .additional_special_tokens = config.special_tokens.additional,
          .eot_tokens = config.eot_tokens,
          .kwargs = template_kwargs(config)};
}

void check_chat(const TrainConfig& config, const Tokenizer& tokenizer, ConfigProblems& problems) {
  const std::string dir = tokenizer_dir(config);
  const auto add = [&](std::string_view key, const char* lacks, const std::string& text) {
    problems.add(std::string(key) + ": the tokenizer in " + printable(dir, 4096) + lacks +
                 quote(text, 60) + "; the vocabulary cannot grow, so name one that it has");
  };
  for (const auto& [name, text] : config.special_tokens.texts)
    if (!tokenizer.token_to_id(text)) add("special_tokens." + name, " has no token ", text);
  for (const std::string& text : config.special_tokens.additional) {
    const std::optional<int32_t> id = tokenizer.token_to_id(text);
    if (!id || tokenizer.encode(text) != std::vector<int32_t>{*id})
      add("special_tokens." + std::string(kAdditionalSpecialTokens),
          " has no token of its own for ", text);
  }
  for (const std::string& text : config.eot_tokens)
    if (!tokenizer.token_to_id(text)) add("eot_tokens", " has no token ", text);
  for (const auto* items : {&config.datasets, &config.test_datasets})
    for (size_t i = 0; i < items->size(); ++i) {
      const DatasetConfig& dataset = (*items)[i];
      const char* list = items == &config.datasets ? "datasets." : "test_datasets.";
      ChatTemplateChoice choice = template_choice(config, dataset);
      choice.eot_tokens.clear();  // looked at above
      problems.attempt(
          [&] { check_template_marks(load_chat_template(choice, dir, tokenizer), dir, tokenizer); },
          dataset.chat_template.empty() ? "" : list + std::to_string(i) + ".");
    }
}

ChatWriter make_chat_writer(const TrainConfig& config, const DatasetConfig& dataset,
                            const Tokenizer& tokenizer) {
  const auto chat_template = std::make_shared<const ChatTemplate>(
      load_chat_template(template_choice(config, dataset), tokenizer_dir(config), tokenizer));
  ChatWriter writer;
  writer.render = [chat_template, system = config.default_system_message](const Conversation& c) {
    if (system.empty()) return chat_template->render(c);
    Conversation conversation = c;
    add_default_system_message(conversation, system);
    RenderedChat chat = chat_template->render(conversation);
    if (conversation.size() > c.size()) without_first_message(chat);
    return chat;
  };
  writer.settings = chat_template->settings() + '\0' + config.default_system_message;
  writer.eos_token = chat_template->variable("eos_token");
  return writer;
}

}  // namespace hone
