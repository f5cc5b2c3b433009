// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The arguments of a call, and which parameters they belong to.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja_value.h"

namespace hone::jinja {

struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keywords;
};

// Arguments under the names of a function's parameters, in their order.
class Bound {
 public:
  // Throws Problem for too many arguments, unknown names and names given twice.
  Bound(const Arguments& arguments, std::string_view function,
        std::initializer_list<std::string_view> names);

  bool has(size_t i) const { return values_[i] != nullptr; }
  // Throws Problem if it is missing.
  const Value& get(size_t i) const;
  // With a value for missing ones. Throw Problem for other types.
  Value get_or(size_t i, Value otherwise) const { return has(i) ? *values_[i] : otherwise; }
  int64_t integer_or(size_t i, int64_t otherwise) const;
  bool bool_or(size_t i, bool otherwise) const { return has(i) ? truthy(*values_[i]) : otherwise; }
  std::string string_or(size_t i, std::string_view otherwise) const;
  bool is_none(size_t i) const { return !has(i) || values_[i]->is_none(); }

 private:
  std::string function_;
  std::vector<std::string_view> names_;
  std::vector<const Value*> values_;
};

}  // namespace hone::jinja
