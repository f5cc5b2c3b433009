// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a template computes with: Python's None, bool, int, float, str, list, tuple, dict, and the
// few things of Jinja's own. All but namespaces never change once made.
//
// A value knows which message of the conversation it came from, and whether it is a message.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "data/jinja_text.h"
#include "data/json.h"

namespace hone::jinja {

// Containers in containers: printing and destroying them recurses.
inline constexpr int kMaxValueDepth = 200;

// What operators, filters and functions throw; the evaluator adds where in the template.
struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Budget;  // data/jinja_budget.h
class Value;
struct List;
struct Map;
struct Namespace;
struct Callable;
struct Loop;

// What an undefined name or attribute leaves: empty when printed, an error when used.
struct Undefined {
  std::shared_ptr<const std::string> message;  // "'x' is undefined"
};
struct None {};

class Value {
 public:
  using Data =
      std::variant<Undefined, None, bool, int64_t, double, TextPtr, std::shared_ptr<const List>,
                   std::shared_ptr<const Map>, std::shared_ptr<Namespace>,
                   std::shared_ptr<const Callable>, std::shared_ptr<const Loop>>;

  Value() : data_(None{}) {}
  Value(bool v) : data_(v) {}
  Value(int64_t v) : data_(v) {}
  Value(double v) : data_(v) {}
  Value(Text text) : data_(std::make_shared<const Text>(std::move(text))) {}
  Value(std::string text) : Value(Text{std::move(text), {}, false}) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(List list);
  Value(Map map);
  explicit Value(Data data) : data_(std::move(data)) {}
  static Value undefined(std::string message);

  const Data& data() const { return data_; }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  bool is_string() const { return is<TextPtr>(); }
  bool is_list() const { return is<std::shared_ptr<const List>>(); }
  bool is_map() const { return is<std::shared_ptr<const Map>>(); }
  bool is_number() const { return is<bool>() || is<int64_t>() || is<double>(); }

  // Requires: the value is of that type.
  const Text& text() const { return *std::get<TextPtr>(data_); }
  const List& list() const { return *std::get<std::shared_ptr<const List>>(data_); }
  const Map& map() const { return *std::get<std::shared_ptr<const Map>>(data_); }
  const std::string& undefined_message() const { return *std::get<Undefined>(data_).message; }

  // The message that this came from, kNoOrigin if none; of a string, of its first marked byte.
  int32_t origin() const;
  void set_origin(int32_t origin) { origin_ = origin; }
  // Is it that message itself, or a copy with other fields?
  bool is_message() const { return is_message_; }
  void set_is_message(bool is) { is_message_ = is; }

  int depth() const;             // of containers in it: 0 for a scalar
  bool holds_namespace() const;  // somewhere in it

 private:
  Data data_;
  int32_t origin_ = kNoOrigin;
  bool is_message_ = false;
};

enum class ListKind { kList, kTuple, kKeys, kValues, kItems, kRange, kGenerator };

struct List {
  ListKind kind = ListKind::kList;
  std::vector<Value> items;
  int depth = 1;
  bool holds_namespace = false;
  mutable bool consumed = false;  // generators can be walked through once

  List() = default;
  // Throws Problem beyond kMaxValueDepth.
  explicit List(std::vector<Value> items, ListKind kind = ListKind::kList);
};

// A dict: members in the order in which they were added.
struct Map {
  std::vector<std::pair<Value, Value>> members;
  int depth = 1;
  bool holds_namespace = false;

  const Value* find(std::string_view key) const;
  const Value* find(const Value& key) const;
  // Replaces the value of an equal key. Throws Problem beyond kMaxValueDepth.
  void set(Value key, Value value);

 private:
  std::unordered_map<std::string, size_t> index_;  // of string keys
};

struct Namespace {
  std::vector<std::pair<std::string, Value>> members;

  const Value* find(std::string_view name) const;
  void set(std::string_view name, Value value);
};

// The `loop` of a for statement.
struct Loop {
  std::shared_ptr<const List> items;
  int64_t index0 = 0;
  int64_t depth0 = 0;
  mutable std::shared_ptr<const Value> changed;  // the arguments of the last loop.changed()
  const void* recursive = nullptr;               // the statement, if loop(...) may be called
};

// Python's name of the type: "str", "NoneType", ...
std::string type_name(const Value& value);

// bool(value).
bool truthy(const Value& value);

// ==, with Python's rules. Pays for long comparisons if there is a budget.
bool equal(const Value& a, const Value& b, Budget* budget = nullptr);

// A value of JSON; everything in it gets the origin. Throws Problem beyond kMaxValueDepth, and for
// integers beyond 64 bits.
Value from_json(const Json& json, int32_t origin = kNoOrigin);

// The messages of a conversation: each knows its index, and its fields carry it but for the labels
// ("role", "name", "tool_call_id"). `details`: of each message, ranges of its content's bytes to be
// marked kDetail, ascending and disjoint; may be shorter than the messages.
Value messages_value(const Json& messages, std::span<const std::vector<Mark>> details = {});

}  // namespace hone::jinja
