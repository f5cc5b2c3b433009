// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/special_tokens.h"

#include <filesystem>

#include "data/json.h"

namespace hone {

std::string read_eos_token(const std::string& directory) {
  const std::filesystem::path path = std::filesystem::path(directory) / "tokenizer_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return "";
  const auto token = load_json(path.string()).find("eos_token");
  if (!token) return "";
  // Either the text, or an object about the added token.
  return token->is_object() ? token->get_string("content") : token->as_string();
}

}  // namespace hone
