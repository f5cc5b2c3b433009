// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja.h"

#include <algorithm>

#include "data/jinja_evaluator.h"
#include "data/jinja_parser.h"

namespace hone::jinja {

Template::Template(std::string_view text, Source source)
    : source_(std::move(source)),
      parsed_(std::make_shared<const ParsedTemplate>(parse_template(text, source_))) {}

Output Template::render(const std::vector<Variable>& variables, int64_t now, ErrorCode code) const {
  StepBudget steps;
  return render(variables, now, steps, code);
}

Output Template::render(const std::vector<Variable>& variables, int64_t now, StepBudget& steps,
                        ErrorCode code) const {
  Evaluator evaluator(variables, now, steps.left);
  try {
    Output output = evaluator.run(parsed_->body);
    steps.left -= evaluator.steps();
    return output;
  } catch (const Problem& problem) {
    const bool ran_out = evaluator.steps() > steps.left;
    if (ran_out && !steps.ran_out_at) steps.ran_out_at = evaluator.position();
    steps.left = std::max<int64_t>(0, steps.left - evaluator.steps());
    fail_at(source_, code, evaluator.position(), problem.what());
  }
}

bool Template::has_generation_blocks() const { return parsed_->has_generation_blocks; }

}  // namespace hone::jinja
