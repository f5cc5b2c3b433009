// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_arguments.h"

#include <algorithm>

#include "data/jinja_operators.h"

namespace hone::jinja {

Bound::Bound(const Arguments& arguments, std::string_view function,
             std::initializer_list<std::string_view> names)
    : function_(function), names_(names), values_(names.size()) {
  if (arguments.positional.size() > names.size())
    throw Problem(function_ + " takes at most " + std::to_string(names.size()) +
                  " arguments, not " + std::to_string(arguments.positional.size()));
  for (size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.keywords) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) throw Problem(function_ + " has no argument named '" + name + "'");
    const Value*& slot = values_[static_cast<size_t>(found - names_.begin())];
    if (slot) throw Problem(function_ + ": the argument '" + name + "' is given twice");
    slot = &value;
  }
}

const Value& Bound::get(size_t i) const {
  if (!has(i)) throw Problem(function_ + " needs the argument '" + std::string(names_[i]) + "'");
  return *values_[i];
}

int64_t Bound::integer_or(size_t i, int64_t otherwise) const {
  return has(i) ? as_integer(*values_[i], function_ + ": " + std::string(names_[i])) : otherwise;
}

std::string Bound::string_or(size_t i, std::string_view otherwise) const {
  if (!has(i)) return std::string(otherwise);
  if (values_[i]->is_undefined()) throw Problem(values_[i]->undefined_message());
  if (!values_[i]->is_string())
    throw Problem(function_ + ": " + std::string(names_[i]) + " must be a string, not '" +
                  type_name(*values_[i]) + "'");
  return values_[i]->text().bytes;
}

}  // namespace hone::jinja
