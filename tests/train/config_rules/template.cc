// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/train/config_rules/cases.h"

namespace hone {

std::vector<RuleCase> template_rule_cases() {
  const std::string text = "chat_template_jinja: \"{{ messages[0].content }}\"\n";
  const auto item = [](const std::string& keys) {
    return "base_model: model\nlearning_rate: 1\ndatasets: [{path: rows.jsonl, " + keys + "}]\n";
  };
  const std::string own = "chat_template_jinja: \"{{ messages[0].content }}\"";
  return {
      {"a dataset's chat template that is unknown", item("chat_template: qwen9"),
       item("chat_template: qwen3_5")},
      {"a dataset's chat_template: jinja without a template", item("chat_template: jinja"),
       item("chat_template: jinja, " + own)},
      {"a dataset's template text that is not used", item("chat_template: chatml, " + own),
       item(own)},
      {"a chat template that is unknown", "chat_template: qwen9\n", "chat_template: qwen3_5\n"},
      {"a chat template that is unknown", "chat_template: tokenizer_default_fallback_none\n",
       "chat_template: tokenizer_default_fallback_chatml\n"},
      {"chat_template: jinja without a template", "chat_template: jinja\n",
       "chat_template: jinja\n" + text},
      {"a template's text that is not used", "chat_template: chatml\n" + text, text},
      {"a template variable that the rows decide", "chat_template_kwargs: {tools: none}\n",
       "chat_template_kwargs: {tool_style: none}\n"},
  };
}

}  // namespace hone
