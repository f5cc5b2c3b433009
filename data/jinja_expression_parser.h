// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The expressions of a template, for its parser.
#pragma once

#include <set>
#include <string>

#include "data/jinja_token_stream.h"

namespace hone::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  // One expression; `with_conditional` allows "a if b else c".
  ExpressionPtr expression(bool with_conditional = true);
  // One expression, or several with commas between them: a tuple.
  ExpressionPtr tuple(bool with_conditional = true);
  // A name, a tuple of names, or (`with_namespace`) ns.attribute.
  ExpressionPtr target(bool with_namespace);
  // "| filter | filter ..." behind `input`, which may be null.
  ExpressionPtr filters(ExpressionPtr input);
  ExpressionPtr filter_after_pipe(ExpressionPtr input);
  CallArguments call_arguments();

  // Names read so far; a macro looks for varargs, kwargs and caller among those of its body.
  std::set<std::string> names_read;
  int depth = 0;

 private:
  ExpressionPtr make(ExpressionKind kind, Position at, std::vector<ExpressionPtr> operands = {},
                     std::string name = {});
  ExpressionPtr constant(Position at, Value value);
  ExpressionPtr conditional();
  ExpressionPtr logical_or();
  ExpressionPtr logical_and();
  ExpressionPtr logical_not();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters = true);
  ExpressionPtr primary();
  ExpressionPtr name_or_constant();
  ExpressionPtr parenthesized();
  ExpressionPtr list();
  ExpressionPtr map();
  ExpressionPtr postfix(ExpressionPtr value);
  ExpressionPtr filters_and_tests(ExpressionPtr value);
  ExpressionPtr test(ExpressionPtr value);
  ExpressionPtr subscript(ExpressionPtr value);
  ExpressionPtr subscript_item();
  ExpressionPtr call(ExpressionPtr value);
  bool tuple_ends() const;

  TokenStream& tokens_;
};

template <class... Operands>
std::vector<ExpressionPtr> operands_of(Operands... operands) {
  std::vector<ExpressionPtr> all;
  (all.push_back(std::move(operands)), ...);
  return all;
}

}  // namespace hone::jinja
