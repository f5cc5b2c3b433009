// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The roles of messages: what datasets call them, and what templates do.
#pragma once

#include <string>
#include <string_view>

#include "data/row_format.h"

namespace hone {

// The template's name of a row's role: fields.roles, and besides human, gpt and observation.
std::string template_role(const std::string& role, const RowFields& fields);

// Whether it is one that templates of chat models know, or one that fields.roles has for the
// template. Any other is most likely misspelled, and would be learned by nobody. `role`: the
// template's.
bool is_known_role(std::string_view role, const RowFields& fields);

// "one of system, ... (did you mean \"assistant\"?), or ...": what is expected in place of another.
std::string expected_roles(std::string_view role, const RowFields& fields);

}  // namespace hone
