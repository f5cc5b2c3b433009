// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names that a template must not have, found before it is rendered.
#pragma once

#include "data/jinja_ast.h"
#include "data/jinja_lexer.h"

namespace hone::jinja {

// Throws an error of the source at the first filter or test that nobody knows. As in Jinja one that
// stands below an {% if %} or in "a if b else c" is left for the rendering that comes to it: such a
// template may ask for what another program has.
void check_names(const Body& body, const Source& source);

}  // namespace hone::jinja
