// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs a parsed template once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja.h"
#include "data/jinja_arguments.h"
#include "data/jinja_ast.h"
#include "data/jinja_budget.h"

namespace hone::jinja {

// Expressions in expressions, bodies in bodies, calls in calls: the stack is finite.
inline constexpr int kMaxEvaluationDepth = 1500;

struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> variables;

  const Value* find(std::string_view name) const;  // here or in a parent
  void set(std::string_view name, Value value);
};

struct Callable {
  std::string name;
  std::function<Value(const Arguments&)> call;
};

class Evaluator {
 public:
  Evaluator(const std::vector<Variable>& variables, int64_t now, int64_t max_steps);

  // Throws Problem; position() is then where it happened.
  Output run(const Body& body);
  Position position() const { return at_; }
  int64_t steps() const { return budget_.steps(); }

 private:
  enum class Flow { kNormal, kBreak, kContinue };
  struct Depth;
  struct LoopRun;

  // Statements (jinja_evaluator.cc).
  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow run_if(const Statement& s);
  Flow run_for(const Statement& s, std::vector<Value> items, int64_t depth0);
  std::vector<Value> filtered(const Statement& s, std::vector<Value> items);
  Flow run_iteration(const Statement& s, const Value& item, const Value& loop);
  void run_set(const Statement& s);
  void run_set_block(const Statement& s);
  void run_call_block(const Statement& s);
  void run_filter_block(const Statement& s);
  Flow run_with(const Statement& s);
  Flow run_generation(const Statement& s);
  void assign(const Expression& target, const Value& value);
  void assign_namespace(const Expression& target, const Value& value);
  Text capture(const Body& body);
  void write(const Text& text);

  // Calls (jinja_calls.cc).
  Value macro(const Statement& s, std::string name);
  Value call_macro(const Statement& s, const std::string& name, const std::shared_ptr<Scope>& scope,
                   const Arguments& arguments);
  void bind_parameters(const Statement& s, const std::string& name, const Arguments& arguments);
  void add_globals(int64_t now);
  Arguments arguments_of(const CallArguments& arguments);
  Value call(const Value& callee, const Arguments& arguments);
  Value call_loop(const Loop& loop, const Arguments& arguments);
  Value attribute(const Value& self, const std::string& name);
  Value loop_attribute(const std::shared_ptr<const Loop>& loop, const std::string& name);

  // Expressions (jinja_expressions.cc).
  Value evaluate(const Expression& e);
  Value evaluate_name(const Expression& e);
  Value evaluate_map(const Expression& e);
  Value evaluate_item(const Expression& e);
  Value evaluate_call(const Expression& e, Value* caller = nullptr);
  Value evaluate_filter(const Expression& e, const Value* input = nullptr);
  Value evaluate_conditional(const Expression& e);
  Value evaluate_binary(const Expression& e);
  Value evaluate_compare(const Expression& e);
  Value evaluate_concat(const Expression& e);
  Value evaluate_logical(const Expression& e);
  std::vector<Value> evaluate_all(const Expression& e);

  Budget budget_;
  Position at_;
  std::shared_ptr<Scope> scope_;
  TextBuilder* out_ = nullptr;  // where text goes
  TextBuilder top_;             // the rendered text
  std::vector<Write> writes_;
  int32_t message_ = kNoOrigin;  // whose turn it is
  bool message_is_loop_variable_ = false;
  int loops_ = 0;
  int depth_ = 0;
  int calls_ = 0;
};

}  // namespace hone::jinja
