// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_evaluation_depth.h"
#include "data/jinja_evaluator.h"
#include "data/jinja_filters.h"
#include "data/jinja_format.h"
#include "data/jinja_methods.h"
#include "data/jinja_operators.h"

namespace hone::jinja {
namespace {

using Kind = ExpressionKind;

}  // namespace

Value Evaluator::evaluate(const Expression& e) {
  const Depth depth(depth_);
  budget_.spend(1);
  at_ = e.at;
  switch (e.kind) {
    case Kind::kConstant:
      return e.constant;
    case Kind::kName:
      return evaluate_name(e);
    case Kind::kTuple:
      return List(evaluate_all(e), ListKind::kTuple);
    case Kind::kList:
      return List(evaluate_all(e));
    case Kind::kMap:
      return evaluate_map(e);
    case Kind::kAttribute: {
      const Value self = evaluate(*e.operands[0]);
      at_ = e.at;
      return attribute(self, e.name);
    }
    case Kind::kItem:
      return evaluate_item(e);
    case Kind::kSlice:
      throw Problem("a slice outside of []");
    case Kind::kCall:
      return evaluate_call(e);
    case Kind::kFilter:
      return evaluate_filter(e);
    case Kind::kTest: {
      const Value value = evaluate(*e.operands[0]);
      const Arguments arguments = arguments_of(e.arguments);
      at_ = e.at;
      return apply_test(e.name, value, arguments, budget_);
    }
    case Kind::kNot:
      return !truthy(evaluate(*e.operands[0]));
    case Kind::kNegative:
      return negative(evaluate(*e.operands[0]));
    case Kind::kPositive:
      return positive(evaluate(*e.operands[0]));
    case Kind::kAnd:
    case Kind::kOr:
      return evaluate_logical(e);
    case Kind::kConditional:
      return evaluate_conditional(e);
    case Kind::kBinary:
      return evaluate_binary(e);
    case Kind::kCompare:
      return evaluate_compare(e);
    case Kind::kConcat:
      return evaluate_concat(e);
  }
  return Value();
}

std::vector<Value> Evaluator::evaluate_all(const Expression& e) {
  std::vector<Value> values;
  values.reserve(e.operands.size());
  for (const ExpressionPtr& operand : e.operands) values.push_back(evaluate(*operand));
  return values;
}

Value Evaluator::evaluate_name(const Expression& e) {
  const Value* found = scope_->find(e.name);
  return found ? *found : Value::undefined("'" + e.name + "' is undefined");
}

Value Evaluator::evaluate_map(const Expression& e) {
  Map map;
  for (size_t i = 0; i + 1 < e.operands.size(); i += 2) {
    Value key = evaluate(*e.operands[i]);
    if (key.is_list() && key.list().kind != ListKind::kTuple)
      throw Problem("unhashable type: '" + type_name(key) + "'");
    if (key.is_map()) throw Problem("unhashable type: 'dict'");
    map.set(std::move(key), evaluate(*e.operands[i + 1]));
  }
  return map;
}

Value Evaluator::evaluate_item(const Expression& e) {
  const Value self = evaluate(*e.operands[0]);
  const Expression& index = *e.operands[1];
  if (index.kind != Kind::kSlice) {
    const Value at = evaluate(index);
    at_ = e.at;
    Value found = item(self, at, budget_);
    // As Jinja does: what is no item may be an attribute.
    if (!found.is_undefined() || !at.is_string()) return found;
    const bool has_names = self.is<std::shared_ptr<Namespace>>() ||
                           self.is<std::shared_ptr<const Loop>>() ||
                           has_method(self, at.text().bytes);
    return has_names ? attribute(self, at.text().bytes) : found;
  }
  std::vector<Value> parts;
  for (const ExpressionPtr& part : index.operands)
    parts.push_back(part ? evaluate(*part) : Value());
  at_ = e.at;
  return slice(self, &parts[0], &parts[1], &parts[2], budget_);
}

Value Evaluator::evaluate_call(const Expression& e, Value* caller) {
  const Expression& callee = *e.operands[0];
  if (callee.kind == Kind::kAttribute && !caller) {
    // The usual call of a method, without making a function of it first.
    const Value self = evaluate(*callee.operands[0]);
    if (has_method(self, callee.name)) {
      const Arguments arguments = arguments_of(e.arguments);
      at_ = e.at;
      return call_method(self, callee.name, arguments, budget_);
    }
    const Value function = attribute(self, callee.name);
    const Arguments arguments = arguments_of(e.arguments);
    at_ = e.at;
    return call(function, arguments);
  }
  const Value function = evaluate(callee);
  Arguments arguments = arguments_of(e.arguments);
  if (caller) arguments.keywords.emplace_back("caller", *caller);
  at_ = e.at;
  return call(function, arguments);
}

Value Evaluator::evaluate_filter(const Expression& e, const Value* input) {
  const Depth depth(depth_);
  const Expression* before = e.operands[0].get();
  Value value;
  if (!before) {
    value = *input;
  } else if (input && before->kind == Kind::kFilter) {
    value = evaluate_filter(*before, input);
  } else {
    value = evaluate(*before);
  }
  const Arguments arguments = arguments_of(e.arguments);
  at_ = e.at;
  return apply_filter(e.name, value, arguments, budget_);
}

Value Evaluator::evaluate_conditional(const Expression& e) {
  if (truthy(evaluate(*e.operands[0]))) return evaluate(*e.operands[1]);
  if (e.operands[2]) return evaluate(*e.operands[2]);
  return Value::undefined("the inline if-expression evaluated to false and has no else");
}

Value Evaluator::evaluate_binary(const Expression& e) {
  Value value = evaluate(*e.operands[0]);
  for (size_t i = 0; i < e.names.size(); ++i) {
    const Value right = evaluate(*e.operands[i + 1]);
    at_ = e.at;
    value = binary(e.names[i], value, right, budget_);
  }
  return value;
}

Value Evaluator::evaluate_compare(const Expression& e) {
  Value left = evaluate(*e.operands[0]);
  for (size_t i = 0; i < e.names.size(); ++i) {
    Value right = evaluate(*e.operands[i + 1]);
    at_ = e.at;
    if (!compare(e.names[i], left, right, budget_)) return false;
    left = std::move(right);
  }
  return true;
}

Value Evaluator::evaluate_concat(const Expression& e) {
  TextBuilder text;
  for (const ExpressionPtr& operand : e.operands) {
    const Text part = to_text(evaluate(*operand), budget_);
    budget_.spend_text(part);
    text.append(part);
  }
  return text.take();
}

Value Evaluator::evaluate_logical(const Expression& e) {
  const bool stop = e.kind == Kind::kOr;  // at the first true, or the first false
  for (size_t i = 0; i + 1 < e.operands.size(); ++i) {
    Value value = evaluate(*e.operands[i]);
    if (truthy(value) == stop) return value;
  }
  return evaluate(*e.operands.back());
}

}  // namespace hone::jinja
