// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Macros, global functions, attributes and loop.*.
#include <algorithm>
#include <ctime>

#include "data/jinja_evaluation_depth.h"
#include "data/jinja_evaluator.h"
#include "data/jinja_format.h"
#include "data/jinja_methods.h"
#include "data/jinja_operators.h"
#include "data/printable.h"

namespace hone::jinja {
namespace {

Value function(std::string name, std::function<Value(const Arguments&)> call) {
  auto callable = std::make_shared<Callable>(Callable{std::move(name), std::move(call)});
  return Value(Value::Data(std::shared_ptr<const Callable>(std::move(callable))));
}

Value range(const Arguments& arguments, Budget& budget) {
  if (!arguments.keywords.empty() || arguments.positional.empty() ||
      arguments.positional.size() > 3)
    throw Problem("range takes one to three arguments");
  const auto at = [&](size_t i) { return as_integer(arguments.positional[i], "range"); };
  const bool only_stop = arguments.positional.size() == 1;
  const int64_t start = only_stop ? 0 : at(0), stop = only_stop ? at(0) : at(1);
  const int64_t step = arguments.positional.size() == 3 ? at(2) : 1;
  if (step == 0) throw Problem("range: the step must not be zero");
  const auto too_long = [] {
    throw Problem("range: more than " + std::to_string(kMaxRange) + " elements");
  };
  int64_t distance = 0;
  if (__builtin_sub_overflow(stop, start, &distance)) too_long();
  if ((distance > 0) != (step > 0)) distance = 0;
  const auto magnitude = [](int64_t x) {  // of INT64_MIN too
    return x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  };
  const uint64_t steps = distance == 0 ? 0 : (magnitude(distance) - 1) / magnitude(step) + 1;
  if (steps > static_cast<uint64_t>(kMaxRange)) too_long();
  const auto count = static_cast<int64_t>(steps);
  budget.spend_values(count);
  std::vector<Value> items;
  for (int64_t i = 0; i < count; ++i) items.push_back(start + i * step);
  return List(std::move(items), ListKind::kRange);
}

// dict(mapping or pairs, key=value, ...). A copy of a message still is that message.
Value make_dict(const Arguments& arguments, Budget& budget) {
  Map map;
  Value base;
  if (arguments.positional.size() > 1) throw Problem("dict takes at most one positional argument");
  if (!arguments.positional.empty()) {
    base = arguments.positional[0];
    if (base.is_map()) {
      map = base.map();
      budget.spend_values(2 * std::ssize(map.members));
    } else {
      for (const Value& pair : elements(base, budget)) {
        const std::vector<Value> both = elements(pair, budget);
        if (both.size() != 2) throw Problem("dict: expected pairs of key and value");
        map.set(both[0], both[1]);
      }
    }
  }
  for (const auto& [name, value] : arguments.keywords) map.set(name, value);
  Value out = std::move(map);
  out.set_origin(base.origin());
  out.set_is_message(base.is_message());
  return out;
}

Value make_namespace(const Arguments& arguments, Budget& budget) {
  auto names = std::make_shared<Namespace>();
  const Value initial = make_dict(arguments, budget);
  for (const auto& [key, value] : initial.map().members) {
    if (!key.is_string()) throw Problem("namespace: names must be strings");
    if (value.holds_namespace())
      throw Problem("a namespace or loop cannot be put into a namespace");
    names->set(key.text().bytes, value);
  }
  return Value(Value::Data(std::move(names)));
}

Value strftime(const Arguments& arguments, int64_t now) {
  const Bound bound(arguments, "strftime_now", {"format"});
  bound.get(0);
  const std::string format = bound.string_or(0, "");
  const auto seconds = static_cast<std::time_t>(now);
  std::tm time{};
  gmtime_r(&seconds, &time);
  std::string out(format.size() * 32 + 256, '\0');
  out.resize(std::strftime(out.data(), out.size(), (format + "x").c_str(), &time));
  if (!out.empty()) out.pop_back();  // the "x", which tells an empty result from a failure
  return out;
}

}  // namespace

void Evaluator::add_globals(int64_t now) {
  const auto add = [&](const char* name, std::function<Value(const Arguments&)> call) {
    scope_->set(name, function(name, std::move(call)));
  };
  add("range", [this](const Arguments& a) { return range(a, budget_); });
  add("dict", [this](const Arguments& a) { return make_dict(a, budget_); });
  add("namespace", [this](const Arguments& a) { return make_namespace(a, budget_); });
  add("strftime_now", [now](const Arguments& a) { return strftime(a, now); });
  add("raise_exception", [this](const Arguments& a) -> Value {
    const Bound bound(a, "raise_exception", {"message"});
    throw Problem("the template says: " + printable(to_text(bound.get(0), budget_).bytes, 1000));
  });
}

Value Evaluator::macro(const Statement& s, std::string name) {
  // A macro does not keep alive the scope that it was defined in, which holds the macro.
  const std::weak_ptr<Scope> defined_in = scope_;
  return function(name, [this, &s, name, defined_in](const Arguments& arguments) {
    const std::shared_ptr<Scope> scope = defined_in.lock();
    if (!scope) throw Problem("the macro " + name + " was defined in a loop that is over");
    return call_macro(s, name, scope, arguments);
  });
}

Value Evaluator::call_macro(const Statement& s, const std::string& name,
                            const std::shared_ptr<Scope>& scope, const Arguments& arguments) {
  if (calls_ >= kMaxCallDepth)
    throw Problem("more than " + std::to_string(kMaxCallDepth) + " calls inside each other");
  ++calls_;
  const std::shared_ptr<Scope> outside =
      std::exchange(scope_, std::make_shared<Scope>(Scope{scope, {}}));
  const int loops = std::exchange(loops_, 0);
  bind_parameters(s, name, arguments);
  const Value text = capture(s.body);
  loops_ = loops;
  scope_ = outside;
  --calls_;
  return text;
}

void Evaluator::bind_parameters(const Statement& s, const std::string& name,
                                const Arguments& arguments) {
  const size_t count = s.parameters.size();
  std::vector<Value> varargs;
  Map kwargs;
  std::vector<bool> bound(count);
  for (size_t i = 0; i < arguments.positional.size(); ++i) {
    if (i < count) {
      scope_->set(s.parameters[i].name, arguments.positional[i]);
      bound[i] = true;
    } else if (s.uses_varargs) {
      varargs.push_back(arguments.positional[i]);
    } else {
      throw Problem("macro " + name + " takes not more than " + std::to_string(count) +
                    " arguments");
    }
  }
  for (const auto& [keyword, value] : arguments.keywords) {
    const auto parameter =
        std::find_if(s.parameters.begin(), s.parameters.end(),
                     [&, &k = keyword](const Parameter& p) { return p.name == k; });
    if (parameter != s.parameters.end()) {
      const auto i = static_cast<size_t>(parameter - s.parameters.begin());
      if (bound[i]) throw Problem("macro " + name + ": '" + keyword + "' is given twice");
      scope_->set(keyword, value);
      bound[i] = true;
    } else if (keyword == "caller" && s.uses_caller) {
      scope_->set("caller", value);
    } else if (s.uses_kwargs) {
      kwargs.set(keyword, value);
    } else {
      throw Problem("macro " + name + " has no argument named '" + keyword + "'");
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (bound[i]) continue;
    const Parameter& p = s.parameters[i];
    scope_->set(p.name, p.otherwise
                            ? evaluate(*p.otherwise)
                            : Value::undefined("parameter '" + p.name + "' was not provided"));
  }
  if (s.uses_varargs) scope_->set("varargs", List(std::move(varargs), ListKind::kTuple));
  if (s.uses_kwargs) scope_->set("kwargs", std::move(kwargs));
}

Arguments Evaluator::arguments_of(const CallArguments& arguments) {
  Arguments out;
  for (const ExpressionPtr& e : arguments.positional) out.positional.push_back(evaluate(*e));
  if (arguments.star)
    for (Value& v : elements(evaluate(*arguments.star), budget_))
      out.positional.push_back(std::move(v));
  for (const auto& [name, e] : arguments.keywords) out.keywords.emplace_back(name, evaluate(*e));
  if (arguments.star_star) {
    const Value named = evaluate(*arguments.star_star);
    if (!named.is_map()) throw Problem("the argument after ** must be a dict");
    budget_.spend_values(2 * std::ssize(named.map().members));
    for (const auto& [key, value] : named.map().members)
      out.keywords.emplace_back(to_text(key, budget_).bytes, value);
  }
  return out;
}

Value Evaluator::call(const Value& callee, const Arguments& arguments) {
  const Depth depth(depth_);
  if (callee.is_undefined()) throw Problem(callee.undefined_message());
  if (callee.is<std::shared_ptr<const Loop>>())
    return call_loop(*std::get<std::shared_ptr<const Loop>>(callee.data()), arguments);
  if (!callee.is<std::shared_ptr<const Callable>>())
    throw Problem("'" + type_name(callee) + "' object is not callable");
  const auto callable = std::get<std::shared_ptr<const Callable>>(callee.data());
  return callable->call(arguments);
}

Value Evaluator::call_loop(const Loop& loop, const Arguments& arguments) {
  if (!loop.recursive) throw Problem("loop can only be called in {% for ... recursive %}");
  if (calls_ >= kMaxCallDepth)
    throw Problem("more than " + std::to_string(kMaxCallDepth) + " calls inside each other");
  const Bound bound(arguments, "loop", {"iterable"});
  ++calls_;
  TextBuilder text;
  TextBuilder* outside = std::exchange(out_, &text);
  run_for(*static_cast<const Statement*>(loop.recursive), elements(bound.get(0), budget_),
          loop.depth0 + 1);
  out_ = outside;
  --calls_;
  return text.take();
}

Value Evaluator::attribute(const Value& self, const std::string& name) {
  if (self.is_undefined()) throw Problem(self.undefined_message());
  if (has_method(self, name))
    return function(name, [this, self, name](const Arguments& arguments) {
      return call_method(self, name, arguments, budget_);
    });
  if (self.is_map()) {
    if (const Value* found = self.map().find(std::string_view(name))) return *found;
  } else if (self.is<std::shared_ptr<Namespace>>()) {
    const auto names = std::get<std::shared_ptr<Namespace>>(self.data());
    if (const Value* found = names->find(name)) return *found;
  } else if (self.is<std::shared_ptr<const Loop>>()) {
    return loop_attribute(std::get<std::shared_ptr<const Loop>>(self.data()), name);
  }
  if (name.starts_with("_"))
    throw Problem("unknown name " + quote(name, 40) + ": nothing but data can be reached");
  return Value::undefined("'" + type_name(self) + " object' has no attribute " + quote(name, 60));
}

Value Evaluator::loop_attribute(const std::shared_ptr<const Loop>& loop, const std::string& name) {
  const auto size = static_cast<int64_t>(loop->items->items.size());
  const int64_t i = loop->index0;
  const auto neighbour = [&](int64_t at, const char* which) {
    return at >= 0 && at < size ? loop->items->items[static_cast<size_t>(at)]
                                : Value::undefined(std::string("there is no ") + which + " item");
  };
  if (name == "index") return i + 1;
  if (name == "index0") return i;
  if (name == "first") return i == 0;
  if (name == "last") return i + 1 == size;
  if (name == "length") return size;
  if (name == "revindex") return size - i;
  if (name == "revindex0") return size - i - 1;
  if (name == "depth") return loop->depth0 + 1;
  if (name == "depth0") return loop->depth0;
  if (name == "previtem") return neighbour(i - 1, "previous");
  if (name == "nextitem") return neighbour(i + 1, "next");
  if (name == "cycle")
    return function(name, [loop](const Arguments& a) {
      if (a.positional.empty()) throw Problem("cycle: no items for cycling given");
      return a.positional[static_cast<size_t>(loop->index0) % a.positional.size()];
    });
  if (name == "changed")
    return function(name, [this, loop](const Arguments& a) -> Value {
      const Value now = List(a.positional, ListKind::kTuple);
      if (now.holds_namespace()) throw Problem("changed: a namespace cannot be compared");
      const bool same = loop->changed && equal(*loop->changed, now, &budget_);
      loop->changed = std::make_shared<const Value>(now);
      return !same;
    });
  return Value::undefined("'loop' has no attribute " + quote(name, 40));
}

}  // namespace hone::jinja
