// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_evaluator.h"

#include <algorithm>

#include "data/jinja_evaluation_depth.h"
#include "data/jinja_format.h"
#include "data/jinja_operators.h"

namespace hone::jinja {
namespace {

using Kind = StatementKind;

// The message that an iteration over `item` is about: the item, or a part of a tuple.
int32_t message_of(const Value& item) {
  if (item.is_message()) return item.origin();
  if (item.is_list() && item.list().kind == ListKind::kTuple)
    for (const Value& part : item.list().items)
      if (part.is_message()) return part.origin();
  return kNoOrigin;
}

}  // namespace

const Value* Scope::find(std::string_view name) const {
  for (const Scope* s = this; s; s = s->parent.get())
    for (const auto& [n, value] : s->variables)
      if (n == name) return &value;
  return nullptr;
}

void Scope::set(std::string_view name, Value value) {
  for (auto& [n, old] : variables) {
    if (n != name) continue;
    old = std::move(value);
    return;
  }
  variables.emplace_back(std::string(name), std::move(value));
}

Evaluator::Evaluator(const std::vector<Variable>& variables, int64_t now, int64_t max_steps)
    : budget_(max_steps), scope_(std::make_shared<Scope>()), out_(&top_) {
  add_globals(now);
  scope_ = std::make_shared<Scope>(Scope{scope_, {}});
  for (const Variable& v : variables) scope_->set(v.name, v.value);
}

Output Evaluator::run(const Body& body) {
  execute(body);
  return {top_.take(), std::move(writes_)};
}

void Evaluator::write(const Text& text) {
  if (text.bytes.empty()) return;
  budget_.spend_text(text);
  if (static_cast<int64_t>(out_->size() + text.bytes.size()) > kMaxOutputBytes)
    throw Problem("the template writes more than " + std::to_string(kMaxOutputBytes >> 20) +
                  " MiB");
  if (out_ == &top_) writes_.push_back({out_->size(), message_});
  out_->append(text);
}

Evaluator::Flow Evaluator::execute(const Body& body) {
  const Depth depth(depth_);
  for (const Statement& s : body)
    if (const Flow flow = execute(s); flow != Flow::kNormal) return flow;
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::execute(const Statement& s) {
  budget_.spend(1);
  at_ = s.at;
  switch (s.kind) {
    case Kind::kData:
      write(Text{s.text, {}, false});
      return Flow::kNormal;
    case Kind::kPrint:
      write(to_text(evaluate(*s.value), budget_));
      return Flow::kNormal;
    case Kind::kIf:
      return run_if(s);
    case Kind::kFor:
      return run_for(s, elements(evaluate(*s.value), budget_), 0);
    case Kind::kSet:
      run_set(s);
      return Flow::kNormal;
    case Kind::kSetBlock:
      run_set_block(s);
      return Flow::kNormal;
    case Kind::kMacro:
      scope_->set(s.text, macro(s, s.text));
      return Flow::kNormal;
    case Kind::kCallBlock:
      run_call_block(s);
      return Flow::kNormal;
    case Kind::kFilterBlock:
      run_filter_block(s);
      return Flow::kNormal;
    case Kind::kWith:
      return run_with(s);
    case Kind::kGeneration:
      return run_generation(s);
    case Kind::kBreak:
      return Flow::kBreak;
    case Kind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::run_if(const Statement& s) {
  for (const Branch& b : s.branches)
    if (!b.condition || truthy(evaluate(*b.condition))) return execute(b.body);
  return Flow::kNormal;
}

std::vector<Value> Evaluator::filtered(const Statement& s, std::vector<Value> items) {
  if (!s.condition) return items;
  std::vector<Value> kept;
  const std::shared_ptr<Scope> outside = scope_;
  for (Value& item : items) {
    scope_ = std::make_shared<Scope>(Scope{outside, {}});
    assign(*s.target, item);
    if (truthy(evaluate(*s.condition))) kept.push_back(std::move(item));
  }
  scope_ = outside;
  return kept;
}

Evaluator::Flow Evaluator::run_for(const Statement& s, std::vector<Value> items, int64_t depth0) {
  const auto all = std::make_shared<const List>(filtered(s, std::move(items)));
  const std::shared_ptr<Scope> outside = scope_;
  if (all->items.empty()) {
    scope_ = std::make_shared<Scope>(Scope{outside, {}});
    const Flow flow = execute(s.else_body);
    scope_ = outside;
    return flow;
  }
  const auto loop = std::make_shared<Loop>();
  loop->items = all;
  loop->depth0 = depth0;
  loop->recursive = s.is_recursive ? &s : nullptr;
  const Value loop_value{Value::Data(std::shared_ptr<const Loop>(loop))};
  const int32_t message = message_;
  const bool is_loop_variable = message_is_loop_variable_;
  ++loops_;
  for (; loop->index0 < static_cast<int64_t>(all->items.size()); ++loop->index0) {
    const Flow flow = run_iteration(s, all->items[static_cast<size_t>(loop->index0)], loop_value);
    message_ = message;
    message_is_loop_variable_ = is_loop_variable;
    scope_ = outside;
    if (flow == Flow::kBreak) break;
  }
  --loops_;
  return Flow::kNormal;
}

Evaluator::Flow Evaluator::run_iteration(const Statement& s, const Value& item, const Value& loop) {
  budget_.spend(1);
  scope_ = std::make_shared<Scope>(Scope{scope_, {}});
  scope_->set("loop", loop);
  assign(*s.target, item);
  if (const int32_t message = message_of(item); message >= 0) {
    message_ = message;
    message_is_loop_variable_ = true;
  }
  return execute(s.body);
}

void Evaluator::assign(const Expression& target, const Value& value) {
  if (target.kind == ExpressionKind::kName) {
    scope_->set(target.name, value);
    return;
  }
  if (target.kind == ExpressionKind::kAttribute) {
    assign_namespace(target, value);
    return;
  }
  at_ = target.at;
  const std::vector<Value> parts = elements(value, budget_);
  if (parts.size() != target.operands.size())
    throw Problem("cannot unpack " + std::to_string(parts.size()) + " values into " +
                  std::to_string(target.operands.size()) + " names");
  for (size_t i = 0; i < parts.size(); ++i) assign(*target.operands[i], parts[i]);
}

void Evaluator::assign_namespace(const Expression& target, const Value& value) {
  at_ = target.at;
  const Value holder = evaluate(*target.operands[0]);
  if (!holder.is<std::shared_ptr<Namespace>>())
    throw Problem("cannot assign an attribute: " + target.operands[0]->name +
                  " is no namespace but a " + type_name(holder));
  if (value.holds_namespace()) throw Problem("a namespace or loop cannot be put into a namespace");
  std::get<std::shared_ptr<Namespace>>(holder.data())->set(target.name, value);
}

// In a loop that counts instead of walking through the messages, the first message that a variable
// is set to is the one that the iteration is about.
void Evaluator::run_set(const Statement& s) {
  const Value value = evaluate(*s.value);
  assign(*s.target, value);
  if (loops_ > 0 && !message_is_loop_variable_ && value.is_message()) {
    message_ = value.origin();
    message_is_loop_variable_ = true;
  }
}

Text Evaluator::capture(const Body& body) {
  TextBuilder text;
  TextBuilder* outside = std::exchange(out_, &text);
  const std::shared_ptr<Scope> scope = scope_;
  scope_ = std::make_shared<Scope>(Scope{scope, {}});
  execute(body);
  scope_ = scope;
  out_ = outside;
  return text.take();
}

void Evaluator::run_set_block(const Statement& s) {
  Value value = capture(s.body);
  if (s.value) value = evaluate_filter(*s.value, &value);
  assign(*s.target, value);
}

void Evaluator::run_call_block(const Statement& s) {
  Value caller = macro(s, "caller");
  write(to_text(evaluate_call(*s.value, &caller), budget_));
}

void Evaluator::run_filter_block(const Statement& s) {
  const Value text = capture(s.body);
  write(to_text(evaluate_filter(*s.value, &text), budget_));
}

Evaluator::Flow Evaluator::run_with(const Statement& s) {
  const std::shared_ptr<Scope> outside = scope_;
  const auto inside = std::make_shared<Scope>(Scope{outside, {}});
  std::vector<Value> values;
  for (const auto& [target, value] : s.assignments) values.push_back(evaluate(*value));
  scope_ = inside;
  for (size_t i = 0; i < values.size(); ++i) assign(*s.assignments[i].first, values[i]);
  const Flow flow = execute(s.body);
  scope_ = outside;
  return flow;
}

Evaluator::Flow Evaluator::run_generation(const Statement& s) {
  const std::shared_ptr<Scope> outside = scope_;
  scope_ = std::make_shared<Scope>(Scope{outside, {}});
  const size_t begin = out_->size();
  const Flow flow = execute(s.body);
  out_->mark(begin, out_->size(), kGeneration);
  scope_ = outside;
  return flow;
}

}  // namespace hone::jinja
