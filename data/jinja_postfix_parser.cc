// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind a value: .attribute, [index], (call), | filter, is test.
#include "data/jinja_expression_parser.h"

namespace hone::jinja {
namespace {

using Kind = ExpressionKind;

}  // namespace

ExpressionPtr ExpressionParser::postfix(ExpressionPtr value) {
  const int before = depth;
  while (true) {
    if (tokens_.at_operator(".") || tokens_.at_operator("[")) {
      value = subscript(std::move(value));
    } else if (tokens_.at_operator("(")) {
      value = call(std::move(value));
    } else {
      break;
    }
    if (++depth > kMaxNesting) tokens_.reject("too many attributes and calls in a row");
  }
  depth = before;
  return value;
}

ExpressionPtr ExpressionParser::filters_and_tests(ExpressionPtr value) {
  const int before = depth;
  while (true) {
    if (tokens_.skip_operator("|")) {
      value = filter_after_pipe(std::move(value));
    } else if (tokens_.at_name("is")) {
      value = test(std::move(value));
    } else if (tokens_.at_operator("(")) {
      value = call(std::move(value));
    } else {
      break;
    }
    if (++depth > kMaxNesting) tokens_.reject("too many filters in a row");
  }
  depth = before;
  return value;
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr input) {
  while (tokens_.skip_operator("|")) input = filter_after_pipe(std::move(input));
  return input;
}

ExpressionPtr ExpressionParser::filter_after_pipe(ExpressionPtr input) {
  const Position at = tokens_.current().at;
  std::string name = tokens_.expect_identifier();
  while (tokens_.skip_operator(".")) name += "." + tokens_.expect_identifier();
  ExpressionPtr e = make(Kind::kFilter, at, operands_of(std::move(input)), std::move(name));
  if (tokens_.at_operator("(")) e->arguments = call_arguments();
  return e;
}

ExpressionPtr ExpressionParser::test(ExpressionPtr value) {
  const Position at = tokens_.next().at;
  const bool negated = tokens_.skip_name("not");
  std::string name = tokens_.expect_identifier();
  while (tokens_.skip_operator(".")) name += "." + tokens_.expect_identifier();
  ExpressionPtr e = make(Kind::kTest, at, operands_of(std::move(value)), std::move(name));
  const Token& token = tokens_.current();
  const bool literal = token.kind == TokenKind::kString || token.kind == TokenKind::kInteger ||
                       token.kind == TokenKind::kFloat || tokens_.at_operator("[") ||
                       tokens_.at_operator("{");
  const bool plain_name = token.kind == TokenKind::kName && token.text != "else" &&
                          token.text != "or" && token.text != "and";
  if (tokens_.at_operator("(")) {
    e->arguments = call_arguments();
  } else if (literal || plain_name) {
    if (token.text == "is" && plain_name) tokens_.reject("tests with \"is\" cannot be chained");
    e->arguments.positional.push_back(postfix(primary()));
  }
  return negated ? make(Kind::kNot, at, operands_of(std::move(e))) : std::move(e);
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr value) {
  const Position at = tokens_.current().at;
  if (tokens_.skip_operator(".")) {
    if (tokens_.current().kind == TokenKind::kInteger) {
      ExpressionPtr index = constant(tokens_.current().at, tokens_.current().integer);
      tokens_.next();
      return make(Kind::kItem, at, operands_of(std::move(value), std::move(index)));
    }
    return make(Kind::kAttribute, at, operands_of(std::move(value)), tokens_.expect_identifier());
  }
  tokens_.expect_operator("[");
  ExpressionPtr index = subscript_item();
  if (tokens_.at_operator(","))
    tokens_.reject("an index with commas is not supported: use one index or slice");
  tokens_.expect_operator("]");
  return make(Kind::kItem, at, operands_of(std::move(value), std::move(index)));
}

ExpressionPtr ExpressionParser::subscript_item() {
  const Position at = tokens_.current().at;
  ExpressionPtr start, stop, step;
  if (!tokens_.at_operator(":")) {
    start = expression();
    if (!tokens_.at_operator(":")) return start;
  }
  tokens_.expect_operator(":");
  if (!tokens_.at_operator(":") && !tokens_.at_operator("]")) stop = expression();
  if (tokens_.skip_operator(":") && !tokens_.at_operator("]")) step = expression();
  return make(Kind::kSlice, at, operands_of(std::move(start), std::move(stop), std::move(step)));
}

ExpressionPtr ExpressionParser::call(ExpressionPtr value) {
  ExpressionPtr e = make(Kind::kCall, tokens_.current().at, operands_of(std::move(value)));
  e->arguments = call_arguments();
  return e;
}

CallArguments ExpressionParser::call_arguments() {
  CallArguments out;
  tokens_.expect_operator("(");
  while (!tokens_.at_operator(")")) {
    const bool named = tokens_.current().kind == TokenKind::kName &&
                       tokens_.ahead().kind == TokenKind::kOperator && tokens_.ahead().text == "=";
    if (tokens_.at_operator("**")) {
      if (out.star_star) tokens_.reject("more than one ** argument");
      tokens_.next();
      out.star_star = expression();
    } else if (tokens_.at_operator("*")) {
      if (out.star || out.star_star) tokens_.reject("this * argument is one too many");
      tokens_.next();
      out.star = expression();
    } else if (named) {
      if (out.star_star) tokens_.reject("a keyword argument behind **");
      std::string name = tokens_.next().text;
      tokens_.next();
      out.keywords.emplace_back(std::move(name), expression());
    } else {
      if (!out.keywords.empty() || out.star || out.star_star)
        tokens_.reject("a positional argument behind keyword arguments");
      out.positional.push_back(expression());
    }
    if (!tokens_.at_operator(")")) tokens_.expect_operator(",");
  }
  tokens_.next();
  return out;
}

}  // namespace hone::jinja
