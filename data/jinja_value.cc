// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/jinja_budget.h"

namespace hone::jinja {
namespace {

// A container that holds `value` as well.
template <class Container>
void account(Container& container, const Value& value) {
  container.depth = std::max(container.depth, value.depth() + 1);
  container.holds_namespace = container.holds_namespace || value.holds_namespace();
  if (container.depth > kMaxValueDepth)
    throw Problem("values nested deeper than " + std::to_string(kMaxValueDepth) + " levels");
}

// Fields that name a message, and are not what it says.
bool is_label(std::string_view key) {
  return key == "role" || key == "name" || key == "tool_call_id";
}

bool is_index_key(const Value& key) { return key.is_string(); }

double as_double(const Value& v) {
  if (v.is<bool>()) return std::get<bool>(v.data()) ? 1 : 0;
  if (v.is<int64_t>()) return static_cast<double>(std::get<int64_t>(v.data()));
  return std::get<double>(v.data());
}

bool equal_numbers(const Value& a, const Value& b) {
  if (a.is<double>() || b.is<double>()) return as_double(a) == as_double(b);
  const auto integer = [](const Value& v) {
    return v.is<bool>() ? int64_t{std::get<bool>(v.data())} : std::get<int64_t>(v.data());
  };
  return integer(a) == integer(b);
}

bool equal_lists(const List& a, const List& b, Budget* budget) {
  if (a.kind != b.kind || a.kind == ListKind::kGenerator) return &a == &b;
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                    [&](const Value& x, const Value& y) { return equal(x, y, budget); });
}

bool equal_maps(const Map& a, const Map& b, Budget* budget) {
  if (a.members.size() != b.members.size()) return false;
  return std::all_of(a.members.begin(), a.members.end(), [&](const auto& m) {
    const Value* other = b.find(m.first);
    return other && equal(m.second, *other, budget);
  });
}

bool equal_texts(const std::string& a, const std::string& b, Budget* budget) {
  if (a.size() != b.size()) return false;
  if (budget) budget->spend(static_cast<int64_t>(a.size()) / 32);
  return a == b;
}

}  // namespace

Value::Value(List list) : data_(std::make_shared<const List>(std::move(list))) {}
Value::Value(Map map) : data_(std::make_shared<const Map>(std::move(map))) {}

Value Value::undefined(std::string message) {
  return Value(Data(Undefined{std::make_shared<const std::string>(std::move(message))}));
}

int32_t Value::origin() const {
  if (!is_string()) return origin_;
  return origin_of(text());
}

int Value::depth() const {
  if (is_list()) return list().depth;
  if (is_map()) return map().depth;
  if (is<std::shared_ptr<const Loop>>())
    return std::get<std::shared_ptr<const Loop>>(data_)->items->depth;
  return 0;
}

bool Value::holds_namespace() const {
  if (is_list()) return list().holds_namespace;
  if (is_map()) return map().holds_namespace;
  return is<std::shared_ptr<Namespace>>() || is<std::shared_ptr<const Loop>>();
}

List::List(std::vector<Value> values, ListKind k) : kind(k), items(std::move(values)) {
  for (const Value& v : items) account(*this, v);
}

const Value* Map::find(std::string_view key) const {
  if (!index_.empty()) {
    const auto found = index_.find(std::string(key));
    return found == index_.end() ? nullptr : &members[found->second].second;
  }
  for (const auto& [k, v] : members)
    if (k.is_string() && k.text().bytes == key) return &v;
  return nullptr;
}

const Value* Map::find(const Value& key) const {
  if (is_index_key(key)) return find(std::string_view(key.text().bytes));
  for (const auto& [k, v] : members)
    if (!k.is_string() && equal(k, key)) return &v;
  return nullptr;
}

void Map::set(Value key, Value value) {
  constexpr size_t kUnindexed = 8;
  account(*this, value);
  account(*this, key);
  if (const Value* old = find(key)) {
    *const_cast<Value*>(old) = std::move(value);  // a member of this map
    return;
  }
  members.emplace_back(std::move(key), std::move(value));
  if (members.size() <= kUnindexed) return;
  for (size_t i = index_.empty() ? 0 : members.size() - 1; i < members.size(); ++i)
    if (is_index_key(members[i].first)) index_.emplace(members[i].first.text().bytes, i);
}

const Value* Namespace::find(std::string_view name) const {
  for (const auto& [n, v] : members)
    if (n == name) return &v;
  return nullptr;
}

void Namespace::set(std::string_view name, Value value) {
  for (auto& [n, v] : members) {
    if (n != name) continue;
    v = std::move(value);
    return;
  }
  members.emplace_back(std::string(name), std::move(value));
}

std::string type_name(const Value& value) {
  static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool",       "int",
                                           "float",     "str",      "list",       "dict",
                                           "Namespace", "function", "LoopContext"};
  if (!value.is_list()) return kNames[value.data().index()];
  switch (value.list().kind) {
    case ListKind::kList:
      return "list";
    case ListKind::kTuple:
      return "tuple";
    case ListKind::kKeys:
      return "dict_keys";
    case ListKind::kValues:
      return "dict_values";
    case ListKind::kItems:
      return "dict_items";
    case ListKind::kRange:
      return "range";
    case ListKind::kGenerator:
      break;
  }
  return "generator";
}

bool truthy(const Value& value) {
  if (value.is_undefined() || value.is_none()) return false;
  if (value.is_number()) return as_double(value) != 0;
  if (value.is_string()) return !value.text().bytes.empty();
  if (value.is_list())
    return value.list().kind == ListKind::kGenerator || !value.list().items.empty();
  if (value.is_map()) return !value.map().members.empty();
  return true;
}

bool equal(const Value& a, const Value& b, Budget* budget) {
  if (budget) budget->spend(1);
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.data().index() != b.data().index()) return false;
  if (a.is_undefined() || a.is_none()) return true;
  if (a.is_string()) return equal_texts(a.text().bytes, b.text().bytes, budget);
  if (a.is_list()) return equal_lists(a.list(), b.list(), budget);
  if (a.is_map()) return equal_maps(a.map(), b.map(), budget);
  return std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        if constexpr (requires { x.get(); }) return x.get() == std::get<T>(b.data()).get();
        return false;
      },
      a.data());
}

Value from_json(const Json& json, int32_t origin) {
  const auto value = [&]() -> Value {
    switch (json.type()) {
      case Json::value_t::boolean:
        return json.get<bool>();
      case Json::value_t::number_integer:
        return json.get<int64_t>();
      case Json::value_t::number_unsigned:
        if (json.get<uint64_t>() > uint64_t{INT64_MAX})
          throw Problem("an integer beyond 64 bits: " + json.dump());
        return json.get<int64_t>();
      case Json::value_t::number_float:
        return json.get<double>();
      case Json::value_t::string: {
        TextBuilder text;
        text.append(json.get_ref<const std::string&>(), origin);
        return text.take();
      }
      case Json::value_t::array: {
        std::vector<Value> items;
        items.reserve(json.size());
        for (const Json& item : json) items.push_back(from_json(item, origin));
        return List(std::move(items));
      }
      case Json::value_t::object: {
        Map map;
        for (const auto& [key, member] : json.items())
          map.set(from_json(Json(key), origin), from_json(member, origin));
        return map;
      }
      default:
        return Value();
    }
  }();
  Value result = value;
  result.set_origin(origin);
  return result;
}

Value messages_value(const Json& messages, std::span<const std::vector<Mark>> details) {
  std::vector<Value> all;
  for (const Json& message : messages) {
    const auto index = static_cast<int32_t>(all.size());
    Map map;
    for (const auto& [key, member] : message.items()) {
      const auto i = static_cast<size_t>(index);
      if (key == "content" && member.is_string() && i < details.size() && !details[i].empty()) {
        TextBuilder text;
        text.append(member.get_ref<const std::string&>(), index);
        for (const Mark& m : details[i]) text.mark(m.begin, m.end, kDetail);
        map.set(key, text.take());
      } else {
        map.set(key, from_json(member, is_label(key) ? kNoOrigin : index));
      }
    }
    Value value = std::move(map);
    value.set_origin(index);
    value.set_is_message(true);
    all.push_back(std::move(value));
  }
  return List(std::move(all));
}

}  // namespace hone::jinja
