// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_sequence_filters.h"

#include <algorithm>
#include <array>

#include "data/jinja_filters.h"
#include "data/jinja_format.h"
#include "data/jinja_operators.h"

namespace hone::jinja {
namespace {

constexpr size_t kMaxPathBytes = 4096;  // of an attribute's

Value generator(std::vector<Value> items) { return List(std::move(items), ListKind::kGenerator); }

// "role", "function.name", 0: the value that this leads to from an element.
class Attribute {
 public:
  explicit Attribute(const Value& path) {
    if (path.is_string()) {
      const std::string& text = path.text().bytes;
      if (text.size() > kMaxPathBytes)
        throw Problem("attribute: a path of more than " + std::to_string(kMaxPathBytes) + " bytes");
      for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find('.', at), text.size());
        const std::string part = text.substr(at, end - at);
        const bool index = !part.empty() && part.size() < 10 &&
                           part.find_first_not_of("0123456789") == std::string::npos;
        parts_.push_back(index ? Value(int64_t{std::stol(part)}) : Value(part));
        at = end + 1;
      }
    } else {
      parts_.push_back(path);
    }
  }

  Value of(const Value& element, Budget& budget) const {
    Value value = element;
    for (const Value& part : parts_) {
      budget.spend(1);
      if (value.is<std::shared_ptr<Namespace>>() && part.is_string()) {
        const Value* found =
            std::get<std::shared_ptr<Namespace>>(value.data())->find(part.text().bytes);
        value = found ? *found : Value::undefined("'Namespace' has no such attribute");
      } else {
        value = item(value, part, budget);
      }
    }
    return value;
  }

 private:
  std::vector<Value> parts_;
};

Value folded(const Value& v, bool case_sensitive) {
  return !case_sensitive && v.is_string() ? Value(lower(v.text().bytes)) : v;
}

// The key that sort, unique, min and max compare by. Several attributes: "a,b".
class Key {
 public:
  Key(const Value& attribute, bool case_sensitive) : case_sensitive_(case_sensitive) {
    if (attribute.is_none()) return;
    if (!attribute.is_string()) {
      attributes_.emplace_back(attribute);
      return;
    }
    const std::string& text = attribute.text().bytes;
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      attributes_.emplace_back(Value(text.substr(at, end - at)));
      at = end + 1;
    }
  }

  Value of(const Value& element, Budget& budget) const {
    if (attributes_.empty()) return folded(element, case_sensitive_);
    if (attributes_.size() == 1) return folded(attributes_[0].of(element, budget), case_sensitive_);
    std::vector<Value> all;
    for (const Attribute& a : attributes_)
      all.push_back(folded(a.of(element, budget), case_sensitive_));
    return List(std::move(all));
  }

 private:
  bool case_sensitive_;
  std::vector<Attribute> attributes_;
};

struct Keyed {
  Value key, value;
};

std::vector<Keyed> keyed(const Value& input, const Key& key, Budget& budget) {
  std::vector<Keyed> out;
  for (const Value& v : elements(input, budget)) out.push_back({key.of(v, budget), v});
  return out;
}

void sort_keyed(std::vector<Keyed>& all, bool reverse, Budget& budget) {
  std::stable_sort(all.begin(), all.end(), [&](const Keyed& a, const Keyed& b) {
    budget.spend(1);
    return reverse ? less(b.key, a.key, budget) : less(a.key, b.key, budget);
  });
}

Value sort_filter(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "sort", {"reverse", "case_sensitive", "attribute"});
  auto all = keyed(input, Key(bound.get_or(2, Value()), bound.bool_or(1, false)), budget);
  sort_keyed(all, bound.bool_or(0, false), budget);
  std::vector<Value> out;
  for (Keyed& k : all) out.push_back(std::move(k.value));
  return List(std::move(out));
}

Value dictsort(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "dictsort", {"case_sensitive", "by", "reverse"});
  const std::string by = bound.string_or(1, "key");
  if (by != "key" && by != "value") throw Problem("dictsort: by must be key or value");
  if (!input.is_map()) throw Problem("dictsort: expected a dict, found " + type_name(input));
  std::vector<Keyed> all;
  for (const auto& [key, value] : input.map().members)
    all.push_back({folded(by == "key" ? key : value, bound.bool_or(0, false)),
                   List({key, value}, ListKind::kTuple)});
  sort_keyed(all, bound.bool_or(2, false), budget);
  std::vector<Value> out;
  for (Keyed& k : all) out.push_back(std::move(k.value));
  return List(std::move(out));
}

Value unique(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "unique", {"case_sensitive", "attribute"});
  std::vector<Keyed> kept;
  for (Keyed& k : keyed(input, Key(bound.get_or(1, Value()), bound.bool_or(0, false)), budget)) {
    const bool seen = std::any_of(kept.begin(), kept.end(), [&](const Keyed& other) {
      return equal(k.key, other.key, &budget);
    });
    if (!seen) kept.push_back(std::move(k));
  }
  std::vector<Value> out;
  for (Keyed& k : kept) out.push_back(std::move(k.value));
  return generator(std::move(out));
}

Value extreme(const Value& input, const Arguments& arguments, Budget& budget, bool largest) {
  const Bound bound(arguments, largest ? "max" : "min", {"case_sensitive", "attribute"});
  const auto all = keyed(input, Key(bound.get_or(1, Value()), bound.bool_or(0, false)), budget);
  if (all.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  const Keyed* best = &all[0];
  for (const Keyed& k : all)
    if (largest ? less(best->key, k.key, budget) : less(k.key, best->key, budget)) best = &k;
  return best->value;
}

Value sum(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "sum", {"attribute", "start"});
  Value total = bound.get_or(1, int64_t{0});
  for (const Value& v : elements(input, budget))
    total =
        binary("+", total, bound.is_none(0) ? v : Attribute(bound.get(0)).of(v, budget), budget);
  return total;
}

Value join(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "join", {"d", "attribute"});
  const Text separator = to_text(bound.get_or(0, ""), budget);
  TextBuilder out;
  bool first = true;
  for (const Value& v : elements(input, budget)) {
    if (!first) out.append(separator);
    first = false;
    const Text part = to_text(bound.is_none(1) ? v : Attribute(bound.get(1)).of(v, budget), budget);
    budget.spend_text(part);
    budget.spend_text(separator);
    budget.spend(1);
    out.append(part);
    if (static_cast<int64_t>(out.size()) > kMaxOutputBytes) budget.spend_string(-1);
  }
  return out.take();
}

Value first(const Value& input, const Arguments&, Budget& budget) {
  std::vector<Value> all = elements(input, budget);
  return all.empty() ? Value::undefined("No first item, sequence was empty.") : all.front();
}

Value last(const Value& input, const Arguments&, Budget& budget) {
  if (input.is_list() && input.list().kind == ListKind::kGenerator)
    throw Problem("last: a generator cannot be read from its end; it needs | list");
  std::vector<Value> all = elements(input, budget);
  return all.empty() ? Value::undefined("No last item, sequence was empty.") : all.back();
}

Value list(const Value& input, const Arguments&, Budget& budget) {
  return List(elements(input, budget));
}

Value reverse(const Value& input, const Arguments&, Budget& budget) {
  std::vector<Value> all = elements(input, budget);
  std::reverse(all.begin(), all.end());
  if (!input.is_string()) return generator(std::move(all));
  TextBuilder out;
  for (const Value& v : all) out.append(v.text());
  return out.take();
}

Value items_filter(const Value& input, const Arguments&, Budget& budget) {
  std::vector<Value> out;
  if (input.is_undefined()) return generator(std::move(out));
  if (!input.is_map()) throw Problem("items: can only get item pairs from a mapping");
  budget.spend_new_values(std::ssize(input.map().members));
  for (const auto& [key, value] : input.map().members)
    out.push_back(List({key, value}, ListKind::kTuple));
  return generator(std::move(out));
}

// What is left of arguments whose first `n` positional ones were used.
Arguments rest_of(const Arguments& arguments, size_t n) {
  Arguments rest = arguments;
  rest.positional.erase(rest.positional.begin(),
                        rest.positional.begin() + static_cast<std::ptrdiff_t>(n));
  return rest;
}

const std::string& name_argument(const Arguments& arguments, size_t i, const char* filter) {
  if (arguments.positional.size() <= i || !arguments.positional[i].is_string())
    throw Problem(std::string(filter) + ": expected a name as argument");
  return arguments.positional[i].text().bytes;
}

Value map_filter(const Value& input, const Arguments& arguments, Budget& budget) {
  std::vector<Value> out;
  if (arguments.positional.empty()) {
    const Bound bound(arguments, "map", {"attribute", "default"});
    const Attribute attribute(bound.get(0));
    for (const Value& v : elements(input, budget)) {
      Value value = attribute.of(v, budget);
      out.push_back(value.is_undefined() && bound.has(1) ? bound.get(1) : value);
    }
    return generator(std::move(out));
  }
  const std::string& name = name_argument(arguments, 0, "map");
  const Arguments rest = rest_of(arguments, 1);
  for (const Value& v : elements(input, budget)) out.push_back(apply_filter(name, v, rest, budget));
  return generator(std::move(out));
}

Value select_by(const Value& input, const Arguments& arguments, Budget& budget, bool wanted,
                bool by_attribute) {
  const char* filter = by_attribute ? "selectattr" : "select";
  const size_t used = by_attribute ? 1 : 0;
  if (by_attribute && arguments.positional.empty())
    throw Problem("selectattr: expected an attribute as argument");
  const bool has_test = arguments.positional.size() > used;
  const std::string test = has_test ? name_argument(arguments, used, filter) : "";
  if (has_test && !is_known_test(test)) apply_test(test, input, {}, budget);
  const Arguments rest = has_test ? rest_of(arguments, used + 1) : Arguments();
  const Attribute attribute(by_attribute ? arguments.positional[0] : Value(""));
  std::vector<Value> out;
  for (const Value& v : elements(input, budget)) {
    const Value subject = by_attribute ? attribute.of(v, budget) : v;
    const bool yes = has_test ? apply_test(test, subject, rest, budget) : truthy(subject);
    if (yes == wanted) out.push_back(v);
  }
  return generator(std::move(out));
}

Value group_by(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "groupby", {"attribute", "default", "case_sensitive"});
  const Key key(bound.get(0), bound.bool_or(2, false));
  const Attribute plain(bound.get(0));
  auto all = keyed(input, key, budget);
  for (Keyed& k : all)
    if (k.key.is_undefined() && bound.has(1)) k.key = bound.get(1);
  sort_keyed(all, false, budget);
  std::vector<Value> groups;
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    std::vector<Value> members;
    while (end < all.size() && equal(all[end].key, all[begin].key, &budget))
      members.push_back(all[end++].value);
    Value name = plain.of(members[0], budget);
    if (name.is_undefined()) name = all[begin].key;
    budget.spend_new_values(2);
    groups.push_back(List({name, List(std::move(members))}, ListKind::kTuple));
  }
  return List(std::move(groups));
}

Value batch(const Value& input, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "batch", {"linecount", "fill_with"});
  const int64_t size = as_integer(bound.get(0), "batch: linecount");
  if (size < 1 || size > kMaxRange) throw Problem("batch: linecount out of range");
  std::vector<Value> out, line;
  for (const Value& v : elements(input, budget)) {
    line.push_back(v);
    if (static_cast<int64_t>(line.size()) < size) continue;
    budget.spend_new_values(1);
    out.push_back(List(std::exchange(line, {})));
  }
  if (!line.empty()) {
    budget.spend_values(size);
    while (!bound.is_none(1) && static_cast<int64_t>(line.size()) < size)
      line.push_back(bound.get(1));
    out.push_back(List(std::move(line)));
  }
  return generator(std::move(out));
}

Value attr(const Value& input, const Arguments& arguments, Budget&) {
  const Bound bound(arguments, "attr", {"name"});
  const std::string name = bound.string_or(0, "");
  if (input.is<std::shared_ptr<Namespace>>())
    if (const Value* found = std::get<std::shared_ptr<Namespace>>(input.data())->find(name))
      return *found;
  return Value::undefined("'" + type_name(input) + "' object has no attribute '" + name + "'");
}

struct NamedFilter {
  std::string_view name;
  SequenceFilter filter;
};

constexpr auto kFilters = std::to_array<NamedFilter>({
    {"attr", attr},
    {"batch", batch},
    {"dictsort", dictsort},
    {"first", first},
    {"groupby", group_by},
    {"items", items_filter},
    {"join", join},
    {"last", last},
    {"list", list},
    {"map", map_filter},
    {"max", [](auto& v, auto& a, auto& b) { return extreme(v, a, b, true); }},
    {"min", [](auto& v, auto& a, auto& b) { return extreme(v, a, b, false); }},
    {"reject", [](auto& v, auto& a, auto& b) { return select_by(v, a, b, false, false); }},
    {"rejectattr", [](auto& v, auto& a, auto& b) { return select_by(v, a, b, false, true); }},
    {"reverse", reverse},
    {"select", [](auto& v, auto& a, auto& b) { return select_by(v, a, b, true, false); }},
    {"selectattr", [](auto& v, auto& a, auto& b) { return select_by(v, a, b, true, true); }},
    {"sort", sort_filter},
    {"sum", sum},
    {"unique", unique},
});

}  // namespace

SequenceFilter sequence_filter(std::string_view name) {
  for (const NamedFilter& f : kFilters)
    if (f.name == name) return f.filter;
  return nullptr;
}

}  // namespace hone::jinja
