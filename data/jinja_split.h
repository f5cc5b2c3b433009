// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Python's methods that cut a str into parts. The parts keep their marks.
#pragma once

#include "data/jinja_arguments.h"
#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// All throw Problem as Python raises. Requires: `self` is a string.

// str.split and str.rsplit (sep, maxsplit).
Value split_text(const Value& self, const Arguments& arguments, Budget& budget, bool from_right);

// str.partition and str.rpartition (sep).
Value partition(const Value& self, const Arguments& arguments, bool from_right);

// str.splitlines (keepends).
Value split_lines(const Value& self, const Arguments& arguments, Budget& budget);

}  // namespace hone::jinja
