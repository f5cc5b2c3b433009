// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Python's operators on template values. All throw Problem where Python raises, and for integers
// beyond 64 bits.
#pragma once

#include <string_view>
#include <vector>

#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// a + b, a - b, a * b, a / b, a // b, a % b, a ** b.
Value binary(std::string_view op, const Value& a, const Value& b, Budget& budget);
Value negative(const Value& a);
Value positive(const Value& a);

// a == b, a != b, a < b, ..., a in b, a not in b.
bool compare(std::string_view op, const Value& a, const Value& b, Budget& budget);
bool less(const Value& a, const Value& b, Budget& budget);
bool contains(const Value& container, const Value& item, Budget& budget);

// container[index]; undefined when there is none. Steps as Python's slices; null: left out.
Value item(const Value& container, const Value& index, Budget& budget);
Value slice(const Value& value, const Value* start, const Value* stop, const Value* step,
            Budget& budget);

// The elements that iterating over `value` gives: of a list, a dict's keys, a string's characters.
std::vector<Value> elements(const Value& value, Budget& budget);

// len(value).
int64_t length(const Value& value, Budget& budget);

// An int argument: bools and whole ints only.
int64_t as_integer(const Value& value, std::string_view what);

// "'x' is undefined", "'str' and 'int' ..." as the case may be.
[[noreturn]] void unsupported(std::string_view op, const Value& a, const Value& b);

}  // namespace hone::jinja
