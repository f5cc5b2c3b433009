// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where a value stands in a JSON text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "data/json.h"

namespace hone {

// The path of a member or an element: "$.layers[3]", `$["odd key"]`.
std::string json_member_path(const std::string& parent, std::string_view key);
std::string json_element_path(const std::string& parent, int64_t index);

// The byte at which the value of this path begins in a valid JSON text; of a path that the text does
// not have, that of its nearest ancestor.
size_t json_offset(std::string_view text, std::string_view path);

// "file:line:column" of a byte of the source's text. Columns count characters from 1, as editors do.
std::string json_position(std::string_view text, size_t offset, const JsonSource& source);

}  // namespace hone
