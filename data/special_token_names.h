// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What Hugging Face calls special tokens, in tokenizer_config.json and special_tokens_map.json.
#pragma once

#include <array>
#include <string_view>

namespace hone {

// Each names one token.
inline constexpr std::array<std::string_view, 7> kSpecialTokenNames = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

// A list of further ones.
inline constexpr std::string_view kAdditionalSpecialTokens = "additional_special_tokens";

}  // namespace hone
