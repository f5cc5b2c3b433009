// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The methods that strings, dicts and lists have in a template. Nothing else is reachable: there
// are no attributes but these and a dict's keys.
#pragma once

#include <string_view>

#include "data/jinja_arguments.h"
#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// Has `self` a method of that name?
bool has_method(const Value& self, std::string_view name);

// self.name(arguments). Requires: has_method. Throws Problem as Python raises, and for methods that
// would change a value.
Value call_method(const Value& self, std::string_view name, const Arguments& arguments,
                  Budget& budget);

// str.replace.
Text replace_all(const Text& text, std::string_view from, const Text& to, int64_t count,
                 Budget& budget);

}  // namespace hone::jinja
