// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The filters on lists, dicts and other things that can be iterated over.
#pragma once

#include <string_view>

#include "data/jinja_arguments.h"
#include "data/jinja_budget.h"
#include "data/jinja_value.h"

namespace hone::jinja {

using SequenceFilter = Value (*)(const Value& input, const Arguments& arguments, Budget& budget);

// Null for other names.
SequenceFilter sequence_filter(std::string_view name);

}  // namespace hone::jinja
