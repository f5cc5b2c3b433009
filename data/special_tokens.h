// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What tokenizer_config.json says besides the chat template.
#pragma once

#include <string>

namespace hone {

// The text of the token that ends texts, by the tokenizer_config.json of that folder; "" when there
// is no such file, or it names none. Errors: kModel for a file that cannot be understood; kDisk.
std::string read_eos_token(const std::string& directory);

}  // namespace hone
