// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chat templates that are built in: data/templates/*.jinja, by name.
//
// Their texts are hone's own; what they write is what the models' official templates write. The
// names are axolotl's, with gemma for gemma3 as well, and so is the form of qwen3_5; qwen3_5_think and qwen3_5_nothink are the two
// that the Qwen3.5 models ship with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// The choice where nothing else is asked for: the model's own template, or where its folder has none
// the form of the small Qwen3.5 models. data/chat_template_files.h says what choices are.
inline constexpr std::string_view kDefaultChatTemplate =
    "tokenizer_default_fallback_qwen3_5_nothink";

// Null for other names.
std::optional<std::string_view> builtin_chat_template(std::string_view name);

std::vector<std::string_view> builtin_chat_template_names();  // sorted, without other names

// The marks that a built-in template writes around turns, besides the tokenizer's own bos and eos
// token. A model tells them from words only if each is a token. Empty for other names.
std::vector<std::string> builtin_template_marks(std::string_view name);

}  // namespace hone
