// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where chat templates come from: a model directory, the built-in ones, or the configuration.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/chat_template.h"
#include "data/tokenizer.h"

namespace hone {

struct ChatTemplateChoice {
  // "tokenizer_default": the model's own; "tokenizer_default_fallback_NAME": the same, or NAME where
  // the model has none; "jinja": `jinja`; or the name of a built-in template.
  std::string name = "tokenizer_default";
  std::string jinja;                                   // a template's text, or the path of its file
  std::map<std::string, std::string> special_tokens;   // "eos_token" -> text, over the tokenizer's
  std::vector<std::string> additional_special_tokens;  // beside those that the tokenizer says
  std::vector<std::string> eot_tokens;                 // end turns as well as the eos token
  std::vector<std::pair<std::string, std::string>> kwargs;  // as ChatTokens::kwargs
  int64_t now = kTrainingDate;                              // for templates that print today's date
};

// The texts of a model's special tokens, kSpecialTokenNames, from tokenizer_config.json
// and special_tokens_map.json. Errors: kModel for files that are not what they should be.
std::map<std::string, std::string> load_special_tokens(const std::string& model_dir);

// Whether ChatTemplateChoice::jinja is a template's text: it has tags or lines. A path has neither.
bool is_template_text(std::string_view jinja);

// A model's template is its chat_template.jinja, or "chat_template" in its tokenizer_config.json: a
// text, or a list of named ones, of which "default" is taken ("tool_use" if it is the only one).
//
// Errors: kUsage, naming the keys, for a choice that cannot be followed; kModel for a model's files.
ChatTemplate load_chat_template(const ChatTemplateChoice& choice, const std::string& model_dir,
                                const Tokenizer& tokenizer);

// The text of the template that load_chat_template takes. Errors: as it.
std::string chat_template_text(const ChatTemplateChoice& choice, const std::string& model_dir);

// The text of a model's own template; nullopt where it has none. Errors: kModel.
std::optional<std::string> model_chat_template(const std::string& model_dir);

// Throws Error(kUsage) when a built-in template writes marks such as <|im_end|> that `tokenizer` does
// not have as tokens of their own, or ends answers with none: the model would see loose characters,
// and would never stop.
void check_template_marks(const ChatTemplate& chat_template, const std::string& model_dir,
                          const Tokenizer& tokenizer);

}  // namespace hone
