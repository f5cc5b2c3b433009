// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about the chat template.
#include <array>
#include <string>
#include <string_view>

#include "data/builtin_templates.h"
#include "train/config_rules/lines.h"

namespace hone::config_rules {

namespace {

// Names of a template that do not need the model's folder to be judged.
bool is_known(std::string_view name) {
  constexpr std::string_view kFallback = "tokenizer_default_fallback_";
  if (name.starts_with(kFallback))
    name.remove_prefix(kFallback.size());
  else if (name.empty() || name == "tokenizer_default" || name == "jinja")
    return true;
  return builtin_chat_template(name).has_value();
}

std::string known_names() {
  std::string names =
      "is not known; expected tokenizer_default, tokenizer_default_fallback_NAME, jinja (with "
      "chat_template_jinja), or a built-in NAME of";
  std::string_view separator = " ";
  for (const std::string_view name : builtin_chat_template_names()) {
    names.append(separator).append(name);
    separator = ", ";
  }
  return names;
}

// Of a run, or of one item of datasets; names: of the three rules.
template <class T>
std::vector<ConfigRule<T>> rules_of(std::array<std::string_view, 3> names) {
  using G = GivenKeys;
  static const std::string unknown = known_names();
  return {
      error<T>(
          names[0], {"chat_template"},
          [](const T& c, const G&) { return !is_known(c.chat_template); }, unknown),
      error<T>(
          names[1], {"chat_template", "chat_template_jinja"},
          [](const T& c, const G&) {
            return c.chat_template == "jinja" && c.chat_template_jinja.empty();
          },
          "jinja needs chat_template_jinja: a template's text or the path of its file"),
      error<T>(
          names[2], {"chat_template_jinja", "chat_template"},
          [](const T& c, const G& given) {
            return !c.chat_template_jinja.empty() && given.has("chat_template") &&
                   c.chat_template != "jinja";
          },
          "is used with chat_template: jinja only; remove one of the two"),
  };
}

}  // namespace

TrainRules template_rules() {
  TrainRules rules = rules_of<TrainConfig>({"a chat template that is unknown",
                                            "chat_template: jinja without a template",
                                            "a template's text that is not used"});
  rules.push_back(error(
      "a template variable that the rows decide", {"chat_template_kwargs"},
      [](const TrainConfig& c, const GivenKeys&) {
        return std::any_of(c.chat_template_kwargs.begin(), c.chat_template_kwargs.end(),
                           [](const auto& entry) {
                             return entry.first == "messages" || entry.first == "tools" ||
                                    entry.first == "add_generation_prompt";
                           });
      },
      "messages, tools and add_generation_prompt are what each row, and its training, make them"));
  return rules;
}

std::vector<ConfigRule<DatasetConfig>> dataset_template_rules() {
  return rules_of<DatasetConfig>({"a dataset's chat template that is unknown",
                                  "a dataset's chat_template: jinja without a template",
                                  "a dataset's template text that is not used"});
}

}  // namespace hone::config_rules
