// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/builtin_templates.h"

#include <algorithm>

namespace hone {
namespace {

struct NamedTemplate {
  std::string_view name, text;
};

constexpr NamedTemplate kTemplates[] = {
#include "data/builtin_templates.inc"
};

struct NamedMarks {
  std::string_view name;
  std::string_view marks;  // with spaces between them
};

// Mistral's first models have no tokens for [INST] and [/INST]: mistral_v1 writes them as words.
constexpr NamedMarks kMarks[] = {
    {"chatml", "<|im_start|> <|im_end|>"},
    {"deepseek_v2", "<｜User｜> <｜Assistant｜>"},
    {"deepseek_v3", "<｜User｜> <｜Assistant｜> <｜end▁of▁sentence｜>"},
    {"gemma3", "<start_of_turn> <end_of_turn>"},
    {"llama3", "<|start_header_id|> <|end_header_id|> <|eot_id|>"},
    {"mistral_v1", ""},
    {"mistral_v2v3", "[INST] [/INST]"},
    {"mistral_v3_tekken", "[INST] [/INST]"},
    {"mistral_v7_tekken", "[INST] [/INST] [SYSTEM_PROMPT] [/SYSTEM_PROMPT]"},
    {"phi_3", "<|system|> <|user|> <|assistant|> <|end|>"},
    {"phi_35", "<|system|> <|user|> <|assistant|> <|end|>"},
    {"phi_4", "<|im_start|> <|im_sep|> <|im_end|>"},
    {"qwen3", "<|im_start|> <|im_end|>"},
    {"qwen3_5", "<|im_start|> <|im_end|>"},
    {"qwen3_5_nothink", "<|im_start|> <|im_end|>"},
    {"qwen3_5_think", "<|im_start|> <|im_end|>"},
    {"qwen_25", "<|im_start|> <|im_end|>"},
};

// axolotl's gemma is gemma3 without system messages.
std::string_view without_alias(std::string_view name) { return name == "gemma" ? "gemma3" : name; }

}  // namespace

std::optional<std::string_view> builtin_chat_template(std::string_view name) {
  for (const NamedTemplate& t : kTemplates)
    if (t.name == without_alias(name)) return t.text;
  return std::nullopt;
}

std::vector<std::string_view> builtin_chat_template_names() {
  std::vector<std::string_view> names;
  for (const NamedTemplate& t : kTemplates) names.push_back(t.name);
  return names;
}

std::vector<std::string> builtin_template_marks(std::string_view name) {
  std::vector<std::string> marks;
  for (const NamedMarks& known : kMarks) {
    if (known.name != without_alias(name)) continue;
    for (std::string_view rest = known.marks; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      marks.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return marks;
}

}  // namespace hone
