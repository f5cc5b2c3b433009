// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_names.h"

#include "data/jinja_filters.h"
#include "data/printable.h"

namespace hone::jinja {
namespace {

class Checker {
 public:
  explicit Checker(const Source& source) : source_(source) {}

  void check(const Body& body) const {
    for (const Statement& s : body) check(s);
  }

 private:
  void check(const Statement& s) const {
    if (s.kind == StatementKind::kIf) return;
    for (const ExpressionPtr* e : {&s.target, &s.value, &s.condition}) check(*e);
    for (const Parameter& p : s.parameters) check(p.otherwise);
    for (const auto& [target, value] : s.assignments) check(value);
    check(s.body);
    check(s.else_body);
  }

  void check(const ExpressionPtr& e) const {
    if (e == nullptr || e->kind == ExpressionKind::kConditional) return;
    if (e->kind == ExpressionKind::kFilter && !is_known_filter(e->name))
      fail_at(source_, source_.code, e->at, "unknown filter " + quote(e->name, 40));
    if (e->kind == ExpressionKind::kTest && !is_known_test(e->name))
      fail_at(source_, source_.code, e->at, "unknown test " + quote(e->name, 40));
    for (const ExpressionPtr& operand : e->operands) check(operand);
    for (const ExpressionPtr& argument : e->arguments.positional) check(argument);
    for (const auto& [name, argument] : e->arguments.keywords) check(argument);
    check(e->arguments.star);
    check(e->arguments.star_star);
  }

  const Source& source_;
};

}  // namespace

void check_names(const Body& body, const Source& source) { Checker(source).check(body); }

}  // namespace hone::jinja
