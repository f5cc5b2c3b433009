// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_expression_parser.h"

#include <algorithm>
#include <array>

namespace hone::jinja {
namespace {

using Kind = ExpressionKind;

}  // namespace

ExpressionPtr ExpressionParser::make(Kind kind, Position at, std::vector<ExpressionPtr> operands,
                                     std::string name) {
  auto e = std::make_unique<Expression>();
  e->kind = kind;
  e->at = at;
  e->operands = std::move(operands);
  e->name = std::move(name);
  return e;
}

ExpressionPtr ExpressionParser::constant(Position at, Value value) {
  ExpressionPtr e = make(Kind::kConstant, at);
  e->constant = std::move(value);
  return e;
}

ExpressionPtr ExpressionParser::expression(bool with_conditional) {
  const Nesting nesting(depth, tokens_);
  return with_conditional ? conditional() : logical_or();
}

ExpressionPtr ExpressionParser::conditional() {
  ExpressionPtr value = logical_or();
  while (tokens_.at_name("if")) {
    const Position at = tokens_.next().at;
    ExpressionPtr condition = logical_or();
    ExpressionPtr otherwise;
    if (tokens_.skip_name("else")) otherwise = expression();
    value = make(Kind::kConditional, at,
                 operands_of(std::move(condition), std::move(value), std::move(otherwise)));
  }
  return value;
}

// Chains of one operator are flat in the tree only where they repeat without bound, so a chain
// counts as nesting: evaluating it recurses.
ExpressionPtr ExpressionParser::logical_or() {
  ExpressionPtr left = logical_and();
  while (tokens_.at_name("or")) {
    const Position at = tokens_.next().at;
    ExpressionPtr right = logical_and();
    if (left->kind == Kind::kOr) {
      left->operands.push_back(std::move(right));
    } else {
      left = make(Kind::kOr, at, operands_of(std::move(left), std::move(right)));
    }
  }
  return left;
}

ExpressionPtr ExpressionParser::logical_and() {
  ExpressionPtr left = logical_not();
  while (tokens_.at_name("and")) {
    const Position at = tokens_.next().at;
    ExpressionPtr right = logical_not();
    if (left->kind == Kind::kAnd) {
      left->operands.push_back(std::move(right));
    } else {
      left = make(Kind::kAnd, at, operands_of(std::move(left), std::move(right)));
    }
  }
  return left;
}

ExpressionPtr ExpressionParser::logical_not() {
  if (!tokens_.at_name("not")) return comparison();
  const Nesting nesting(depth, tokens_);
  const Position at = tokens_.next().at;
  return make(Kind::kNot, at, operands_of(logical_not()));
}

ExpressionPtr ExpressionParser::comparison() {
  static constexpr std::array<std::string_view, 6> kOperators = {"==", "!=", "<", "<=", ">", ">="};
  ExpressionPtr first = sum();
  ExpressionPtr compare;
  while (true) {
    const Token& token = tokens_.current();
    std::string op;
    if (token.kind == TokenKind::kOperator &&
        std::find(kOperators.begin(), kOperators.end(), token.text) != kOperators.end()) {
      op = tokens_.next().text;
    } else if (tokens_.at_name("in")) {
      op = tokens_.next().text;
    } else if (tokens_.at_name("not") && TokenStream::is_name(tokens_.ahead(), "in")) {
      op = "not in";
      tokens_.next();
      tokens_.next();
    } else {
      return compare ? std::move(compare) : std::move(first);
    }
    if (!compare) compare = make(Kind::kCompare, token.at, operands_of(std::move(first)));
    compare->names.push_back(op);
    compare->operands.push_back(sum());
  }
}

ExpressionPtr ExpressionParser::sum() {
  ExpressionPtr left = concatenation();
  std::vector<std::unique_ptr<Nesting>> chain;
  while (tokens_.at_operator("+") || tokens_.at_operator("-")) {
    const Token op = tokens_.next();
    // The longest chains are sums of strings, which evaluate without recursion.
    ExpressionPtr right = concatenation();
    if (left->kind == Kind::kBinary && left->names.size() + 1 == left->operands.size()) {
      left->names.push_back(op.text);
      left->operands.push_back(std::move(right));
    } else {
      left = make(Kind::kBinary, op.at, operands_of(std::move(left), std::move(right)));
      left->names.push_back(op.text);
    }
  }
  return left;
}

ExpressionPtr ExpressionParser::concatenation() {
  ExpressionPtr first = product();
  if (!tokens_.at_operator("~")) return first;
  ExpressionPtr all = make(Kind::kConcat, tokens_.current().at, operands_of(std::move(first)));
  while (tokens_.skip_operator("~")) all->operands.push_back(product());
  return all;
}

ExpressionPtr ExpressionParser::product() {
  ExpressionPtr left = power();
  while (tokens_.at_operator("*") || tokens_.at_operator("/") || tokens_.at_operator("//") ||
         tokens_.at_operator("%")) {
    const Token op = tokens_.next();
    ExpressionPtr right = power();
    if (left->kind == Kind::kBinary && left->name == "product") {
      left->names.push_back(op.text);
      left->operands.push_back(std::move(right));
    } else {
      left = make(Kind::kBinary, op.at, operands_of(std::move(left), std::move(right)), "product");
      left->names.push_back(op.text);
    }
  }
  return left;
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr left = unary();
  while (tokens_.at_operator("**")) {
    const Token op = tokens_.next();
    ExpressionPtr right = unary();
    if (left->kind == Kind::kBinary && left->name == "power") {
      left->names.push_back(op.text);
      left->operands.push_back(std::move(right));
    } else {
      left = make(Kind::kBinary, op.at, operands_of(std::move(left), std::move(right)), "power");
      left->names.push_back(op.text);
    }
  }
  return left;
}

ExpressionPtr ExpressionParser::unary(bool with_filters) {
  const Nesting nesting(depth, tokens_);
  ExpressionPtr value;
  const Position at = tokens_.current().at;
  if (tokens_.skip_operator("-")) {
    value = make(Kind::kNegative, at, operands_of(unary(false)));
  } else if (tokens_.skip_operator("+")) {
    value = make(Kind::kPositive, at, operands_of(unary(false)));
  } else {
    value = primary();
  }
  value = postfix(std::move(value));
  return with_filters ? filters_and_tests(std::move(value)) : std::move(value);
}

ExpressionPtr ExpressionParser::primary() {
  const Token& token = tokens_.current();
  const Position at = token.at;
  switch (token.kind) {
    case TokenKind::kName:
      return name_or_constant();
    case TokenKind::kString: {
      std::string text;
      while (tokens_.current().kind == TokenKind::kString) text += tokens_.next().text;
      return constant(at, std::move(text));
    }
    case TokenKind::kInteger:
      return constant(at, tokens_.next().integer);
    case TokenKind::kFloat:
      return constant(at, tokens_.next().number);
    default:
      break;
  }
  if (tokens_.at_operator("(")) return parenthesized();
  if (tokens_.at_operator("[")) return list();
  if (tokens_.at_operator("{")) return map();
  tokens_.reject("expected an expression, found " + tokens_.found());
}

ExpressionPtr ExpressionParser::name_or_constant() {
  const Token& token = tokens_.next();
  const std::string& name = token.text;
  if (name == "true" || name == "True") return constant(token.at, true);
  if (name == "false" || name == "False") return constant(token.at, false);
  if (name == "none" || name == "None") return constant(token.at, Value());
  names_read.insert(name);
  return make(Kind::kName, token.at, {}, name);
}

ExpressionPtr ExpressionParser::parenthesized() {
  const Position at = tokens_.next().at;
  if (tokens_.skip_operator(")")) return make(Kind::kTuple, at);
  ExpressionPtr inside = tuple();
  tokens_.expect_operator(")");
  return inside;
}

ExpressionPtr ExpressionParser::list() {
  ExpressionPtr e = make(Kind::kList, tokens_.next().at);
  while (!tokens_.at_operator("]")) {
    e->operands.push_back(expression());
    if (!tokens_.at_operator("]")) tokens_.expect_operator(",");
  }
  tokens_.next();
  return e;
}

ExpressionPtr ExpressionParser::map() {
  ExpressionPtr e = make(Kind::kMap, tokens_.next().at);
  while (!tokens_.at_operator("}")) {
    e->operands.push_back(expression());
    tokens_.expect_operator(":");
    e->operands.push_back(expression());
    if (!tokens_.at_operator("}")) tokens_.expect_operator(",");
  }
  tokens_.next();
  return e;
}

bool ExpressionParser::tuple_ends() const {
  const Token& token = tokens_.current();
  return token.kind == TokenKind::kBlockEnd || token.kind == TokenKind::kVariableEnd ||
         token.kind == TokenKind::kEnd || tokens_.at_operator(")") ||
         TokenStream::is_name(token, "recursive");
}

ExpressionPtr ExpressionParser::tuple(bool with_conditional) {
  const Position at = tokens_.current().at;
  ExpressionPtr first = expression(with_conditional);
  if (!tokens_.at_operator(",")) return first;
  ExpressionPtr all = make(Kind::kTuple, at, operands_of(std::move(first)));
  while (tokens_.skip_operator(",") && !tuple_ends())
    all->operands.push_back(expression(with_conditional));
  return all;
}

ExpressionPtr ExpressionParser::target(bool with_namespace) {
  const Position at = tokens_.current().at;
  const auto one = [&]() -> ExpressionPtr {
    if (tokens_.skip_operator("(")) {
      ExpressionPtr inside = target(false);
      tokens_.expect_operator(")");
      return inside;
    }
    const Position where = tokens_.current().at;
    std::string name = tokens_.expect_identifier();
    for (const std::string_view reserved : {"true", "false", "none", "True", "False", "None"})
      if (name == reserved) tokens_.reject(where, "cannot assign to " + name);
    ExpressionPtr variable = make(Kind::kName, where, {}, std::move(name));
    if (!with_namespace || !tokens_.skip_operator(".")) return variable;
    return make(Kind::kAttribute, where, operands_of(std::move(variable)),
                tokens_.expect_identifier());
  };
  const Nesting nesting(depth, tokens_);
  ExpressionPtr first = one();
  if (!tokens_.at_operator(",")) return first;
  ExpressionPtr all = make(Kind::kTuple, at, operands_of(std::move(first)));
  while (tokens_.skip_operator(",") && tokens_.current().kind == TokenKind::kName &&
         !tokens_.at_name("in"))
    all->operands.push_back(one());
  return all;
}

}  // namespace hone::jinja
