// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Jinja's filters and tests. `tojson` is that of chat templates: nothing is escaped for HTML.
#pragma once

#include <string_view>

#include "data/jinja_arguments.h"
#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// input | name(arguments). Throws Problem for unknown filters and wherever the filter fails.
Value apply_filter(std::string_view name, const Value& input, const Arguments& arguments,
                   Budget& budget);

// value is name(arguments). Throws Problem for unknown tests.
bool apply_test(std::string_view name, const Value& value, const Arguments& arguments,
                Budget& budget);

bool is_known_filter(std::string_view name);
bool is_known_test(std::string_view name);

}  // namespace hone::jinja
