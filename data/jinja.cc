// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja.h"

#include "data/jinja_evaluator.h"
#include "data/jinja_parser.h"

namespace hone::jinja {

Template::Template(std::string_view text, Source source)
    : source_(std::move(source)),
      parsed_(std::make_shared<const ParsedTemplate>(parse_template(text, source_))) {}

Output Template::render(const std::vector<Variable>& variables, int64_t now, ErrorCode code) const {
  Evaluator evaluator(variables, now);
  try {
    return evaluator.run(parsed_->body);
  } catch (const Problem& problem) {
    fail_at(source_, code, evaluator.position(), problem.what());
  }
}

bool Template::has_generation_blocks() const { return parsed_->has_generation_blocks; }

}  // namespace hone::jinja
