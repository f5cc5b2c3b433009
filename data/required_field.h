// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Fields that a row must have.
#pragma once

#include <string>
#include <string_view>

#include "data/json.h"

namespace hone {

// `key`: of the configuration, which names the field: "field_answer".
// Errors: kDataset naming the place, the field, and what to do, for a field that is absent; of
// required_text also for one that is no text.
JsonValue required_field(const JsonValue& row, const std::string& field, std::string_view key);
std::string required_text(const JsonValue& row, const std::string& field, std::string_view key);

}  // namespace hone
