// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Jinja2 templates as chat templates use them.
//
// The subset is what `transformers` offers to a chat template: Jinja2's statements (but none that
// load other templates), filters, tests and Python's methods of strings, dicts and lists, with
// trim_blocks and lstrip_blocks, {% break %}, {% continue %} and {% generation %}, raise_exception,
// strftime_now, and a `tojson` that escapes nothing for HTML. Output is byte-identical.
//
// Templates are strangers' programs. Nothing but their variables is reachable, nothing that they
// are given changes, and steps, output, nesting and recursion are limited (jinja_budget.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja_lexer.h"
#include "data/jinja_value.h"

namespace hone::jinja {

struct ParsedTemplate;

inline constexpr int64_t kMaxSteps = 10'000'000;  // of one rendering

// Text written at once, up to the next such place.
struct Write {
  size_t begin = 0;
  int32_t message = kNoOrigin;  // the message whose turn in a loop it was
};

struct Output {
  Text text;  // with marks of the messages' words and of {% generation %} blocks
  std::vector<Write> writes;
};

struct Variable {
  std::string name;
  Value value;
};

// The steps that several renderings share.
struct StepBudget {
  int64_t left = kMaxSteps;
  std::optional<Position> ran_out_at;  // where the first rendering was for which they did not last
};

class Template {
 public:
  // Errors: source.code "<name>:<line>:<column>: ..." for text that is no template.
  Template(std::string_view text, Source source);

  // Errors: `code` "<name>:<line>:<column>: ..." for whatever goes wrong, also what the template
  // raises itself. `now`: seconds since 1970, for strftime_now (in UTC).
  Output render(const std::vector<Variable>& variables, int64_t now,
                ErrorCode code = ErrorCode::kDataset) const;
  // The same in at most `steps.left` steps, of which it takes those that it needed.
  Output render(const std::vector<Variable>& variables, int64_t now, StepBudget& steps,
                ErrorCode code = ErrorCode::kDataset) const;

  bool has_generation_blocks() const;
  const Source& source() const { return source_; }

 private:
  Source source_;
  std::shared_ptr<const ParsedTemplate> parsed_;
};

}  // namespace hone::jinja
