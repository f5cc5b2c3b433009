// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Values as text: Python's str() and repr(), JSON, and string formatting.
#pragma once

#include <optional>
#include <string>

#include "data/jinja_arguments.h"
#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// str(value): strings as they are, undefined as nothing. What came from a message keeps its mark.
Text to_text(const Value& value, Budget& budget);

// repr(value), for messages too.
std::string repr(const Value& value);
// The shortest text that reads as the same number, in Python's form: 1.0, 1e+16, nan.
std::string repr(double number);

struct JsonStyle {
  std::optional<std::string> indent;  // of one level; absent: all on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool ensure_ascii = false;
  bool sort_keys = false;
};

// json.dumps(value). Throws Problem for what JSON cannot say.
Text to_json(const Value& value, const JsonStyle& style, Budget& budget);

// "..." % arguments, and "...".format(arguments).
Value format_percent(const Text& format, const Value& arguments, Budget& budget);
Value format_braces(const Text& format, const Arguments& arguments, Budget& budget);

}  // namespace hone::jinja
