// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/json_events.h"
#include "data/json_position.h"
#include "data/printable.h"

namespace hone {
namespace {

// Builds the tree of values. nlohmann's own builder lets the last of two equal keys win.
class TreeBuilder : public JsonEvents {
 public:
  using JsonEvents::JsonEvents;

  bool null() { return add(nullptr); }
  bool boolean(bool v) { return add(v); }
  bool number_integer(int64_t v) { return add(v); }
  bool number_unsigned(uint64_t v) { return add(v); }
  bool number_float(double v, const std::string&) { return add(v); }
  bool string(std::string& v) { return add(std::move(v)); }
  bool binary(Json::binary_t&) { return false; }  // never sent for text
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    auto& members = stack_.back()->get_ref<Json::object_t&>();
    const auto [member, is_new] = members.emplace(std::move(name), nullptr);
    if (!is_new) reject("duplicate key ", quote(member->first));
    slot_ = &member->second;
    return true;
  }

  Json take() { return std::move(root_); }

 private:
  template <class Value>
  bool add(Value&& value) {
    place(Json(std::forward<Value>(value)));
    return true;
  }

  // Stores a value where the next one belongs: the root, the member of the last key, the array.
  Json& place(Json value) {
    if (stack_.empty()) return root_ = std::move(value);
    if (stack_.back()->is_object()) return *slot_ = std::move(value);
    auto& elements = stack_.back()->get_ref<Json::array_t&>();
    return elements.emplace_back(std::move(value));
  }

  bool open(Json container) {
    if (stack_.size() >= static_cast<size_t>(kMaxJsonDepth))
      reject("nested deeper than ", kMaxJsonDepth, " levels");
    stack_.push_back(&place(std::move(container)));
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> stack_;  // containers from the root to the open one; none of them moves, as
                              // only the innermost one grows
  Json* slot_ = nullptr;      // member of the last key
};

std::string describe(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array of " + std::to_string(value.size());
    case Json::value_t::string:
      return quote(value.get_ref<const std::string&>(), 60);
    default:
      return value.dump();
  }
}

}  // namespace

bool JsonEvents::parse_error(size_t byte, const std::string&,
                             const nlohmann::detail::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
  std::string_view what = error.what();
  if (const size_t id = what.find("] "); id != std::string_view::npos) what.remove_prefix(id + 2);
  if (what.starts_with("parse error at"))
    if (const size_t colon = what.find(": "); colon != std::string_view::npos)
      what.remove_prefix(colon + 2);
  reject_at(byte == 0 ? 0 : byte - 1, "invalid JSON: ", printable(what, 300));
}

JsonValue::JsonValue(std::shared_ptr<const Json> value, std::shared_ptr<const JsonSource> source,
                     std::string path)
    : value_(std::move(value)), source_(std::move(source)), path_(std::move(path)) {}

JsonValue JsonValue::child(const Json& value, std::string path) const {
  return JsonValue(std::shared_ptr<const Json>(value_, &value), source_, std::move(path));
}

bool JsonValue::is_object() const { return raw().is_object(); }
bool JsonValue::is_array() const { return raw().is_array(); }
bool JsonValue::is_string() const { return raw().is_string(); }

std::string JsonValue::place() const {
  if (source_->text == nullptr) return printable(source_->name, 4096);
  return json_position(*source_->text, json_offset(*source_->text, path_), *source_);
}

std::string JsonValue::where() const { return place() + ": " + path_; }

void JsonValue::reject(std::string_view expectation) const {
  fail(source_->code, where(), ": expected ", expectation, ", found ", describe(raw()));
}

int64_t JsonValue::as_int(IntRange range) const {
  const bool fits = raw().is_number_integer() &&
                    (!raw().is_number_unsigned() ||
                     raw().get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()});
  if (fits)
    if (const auto v = raw().get<int64_t>(); v >= range.min && v <= range.max) return v;
  reject("an integer in [" + std::to_string(range.min) + ", " + std::to_string(range.max) + "]");
}

double JsonValue::as_double() const {
  constexpr double kExact = 9007199254740992.0;  // 2^53: integers up to here are doubles
  if (!raw().is_number()) reject("a number");
  const auto v = raw().get<double>();
  if (!std::isfinite(v) || (raw().is_number_integer() && std::abs(v) > kExact))
    reject("a number that a double holds exactly");
  return v;
}

bool JsonValue::as_bool() const {
  if (!raw().is_boolean()) reject("true or false");
  return raw().get<bool>();
}

std::string JsonValue::as_string() const {
  if (!raw().is_string()) reject("a string");
  return raw().get_ref<const std::string&>();
}

int64_t JsonValue::size() const {
  if (!is_array() && !is_object()) reject("an array or an object");
  return static_cast<int64_t>(raw().size());
}

JsonValue JsonValue::at(int64_t index) const {
  if (!is_array()) reject("an array");
  if (index < 0 || index >= size()) reject("an array with an element " + std::to_string(index));
  return child(raw()[static_cast<size_t>(index)], json_element_path(path_, index));
}

JsonValue JsonValue::at(std::string_view key) const {
  if (!is_object()) reject("an object");
  const auto member = raw().find(key);
  if (member == raw().end()) reject("an object with the key " + quote(key));
  return child(*member, json_member_path(path_, key));
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!is_object()) reject("an object");
  const auto member = raw().find(key);
  if (member == raw().end() || member->is_null()) return std::nullopt;
  return child(*member, json_member_path(path_, key));
}

std::vector<JsonValue> JsonValue::elements() const {
  if (!is_array()) reject("an array");
  std::vector<JsonValue> all;
  all.reserve(raw().size());
  for (const Json& element : raw())
    all.push_back(child(element, json_element_path(path_, static_cast<int64_t>(all.size()))));
  return all;
}

std::vector<std::pair<std::string, JsonValue>> JsonValue::members() const {
  if (!is_object()) reject("an object");
  std::vector<std::pair<std::string, JsonValue>> all;
  all.reserve(raw().size());
  for (const auto& [key, value] : raw().items())
    all.emplace_back(key, child(value, json_member_path(path_, key)));
  return all;
}

int64_t JsonValue::get_int(std::string_view key, IntRange range) const {
  return at(key).as_int(range);
}
double JsonValue::get_double(std::string_view key) const { return at(key).as_double(); }
bool JsonValue::get_bool(std::string_view key) const { return at(key).as_bool(); }
std::string JsonValue::get_string(std::string_view key) const { return at(key).as_string(); }

int64_t JsonValue::get_int_or(std::string_view key, int64_t otherwise, IntRange range) const {
  const auto value = find(key);
  return value ? value->as_int(range) : otherwise;
}
double JsonValue::get_double_or(std::string_view key, double otherwise) const {
  const auto value = find(key);
  return value ? value->as_double() : otherwise;
}
bool JsonValue::get_bool_or(std::string_view key, bool otherwise) const {
  const auto value = find(key);
  return value ? value->as_bool() : otherwise;
}
std::string JsonValue::get_string_or(std::string_view key, std::string otherwise) const {
  const auto value = find(key);
  return value ? value->as_string() : std::move(otherwise);
}

JsonValue parse_json(std::string_view text, JsonSource source) {
  TreeBuilder builder(text, source);
  parse_json_events(builder);
  return JsonValue(std::make_shared<const Json>(builder.take()),
                   std::make_shared<const JsonSource>(std::move(source)), "$");
}

JsonValue load_json(const std::string& path, ErrorCode code) {
  return parse_json(read_file(path, code), JsonSource{path, code});
}

}  // namespace hone
