// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From tokens to statements, with Jinja2's grammar and precedences.
#pragma once

#include <string_view>
#include <vector>

#include "data/jinja_ast.h"

namespace hone::jinja {

// What a template is made of.
struct ParsedTemplate {
  Body body;
  bool has_generation_blocks = false;
};

// Errors: source.code "<name>:<line>:<column>: ..." for anything that is no template; tags that
// load other templates (include, import, extends, block) do not exist.
ParsedTemplate parse_template(std::string_view text, const Source& source);

}  // namespace hone::jinja
