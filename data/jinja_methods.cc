// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_methods.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "data/jinja_format.h"
#include "data/jinja_operators.h"
#include "data/jinja_split.h"
#include "data/unicode.h"

namespace hone::jinja {
namespace {

using Method = Value (*)(const Value& self, const Arguments& arguments, Budget& budget);

struct NamedMethod {
  std::string_view name;
  Method call;
};

Value strip_text(const Value& self, const Arguments& arguments, const char* name, bool left,
                 bool right) {
  const Bound bound(arguments, name, {"chars"});
  const std::string chars = bound.is_none(0) ? "" : bound.string_or(0, "");
  const std::string_view view = chars;
  const Borders b =
      strip_borders(self.text().bytes, left, right, bound.is_none(0) ? nullptr : &view);
  return slice(self.text(), b.begin, b.end);
}

Value starts_or_ends(const Value& self, const Arguments& arguments, bool at_start) {
  const char* name = at_start ? "startswith" : "endswith";
  const Bound bound(arguments, name, {"prefix"});
  const std::string_view text = self.text().bytes;
  const auto matches = [&](const Value& v) {
    if (v.is_undefined()) throw Problem(v.undefined_message());
    if (!v.is_string())
      throw Problem(std::string(name) + ": the argument must be a string, not " + type_name(v));
    return at_start ? text.starts_with(v.text().bytes) : text.ends_with(v.text().bytes);
  };
  const Value& given = bound.get(0);
  if (!given.is_list()) return matches(given);
  return std::any_of(given.list().items.begin(), given.list().items.end(), matches);
}

Value find_text(const Value& self, const Arguments& arguments, const char* name, bool from_right,
                bool must) {
  const Bound bound(arguments, name, {"sub"});
  bound.get(0);
  const std::string sub = bound.string_or(0, "");
  const std::string_view text = self.text().bytes;
  const size_t at = from_right ? text.rfind(sub) : text.find(sub);
  if (at != std::string_view::npos) return count_code_points(text.substr(0, at));
  if (must) throw Problem("substring not found");
  return int64_t{-1};
}

Value count_text(const Value& self, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "count", {"sub"});
  bound.get(0);
  const std::string sub = bound.string_or(0, "");
  const std::string& text = self.text().bytes;
  budget.spend_string(static_cast<int64_t>(text.size()));
  if (sub.empty()) return count_code_points(text) + 1;
  int64_t count = 0;
  for (size_t at = 0; (at = text.find(sub, at)) != std::string::npos; at += sub.size()) ++count;
  return count;
}

// A text made of the whole of another: all of it counts as that message's.
Value whole(const Value& from, std::string bytes) {
  TextBuilder out;
  out.append(bytes, from.origin());
  return out.take();
}

Value pad_text(const Value& self, const Arguments& arguments, const char* name, int side,
               Budget& budget) {
  const Bound bound(arguments, name, {"width", "fillchar"});
  const int64_t width = as_integer(bound.get(0), "width");
  const std::string fill = bound.string_or(1, " ");
  if (count_code_points(fill) != 1)
    throw Problem("the fill character must be exactly one character");
  const Text& text = self.text();
  const int64_t size = count_code_points(text.bytes);
  const int64_t missing = std::max<int64_t>(width - size, 0);
  int64_t padded = 0;
  budget.spend_string(
      __builtin_add_overflow(missing, static_cast<int64_t>(text.bytes.size()), &padded) ? -1
                                                                                        : padded);
  budget.spend(missing);
  const int64_t left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & width & 1);
  TextBuilder out;
  for (int64_t i = 0; i < left; ++i) out.append(fill);
  out.append(text);
  for (int64_t i = left; i < missing; ++i) out.append(fill);
  return out.take();
}

Value zero_fill(const Value& self, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "zfill", {"width"});
  const int64_t width = as_integer(bound.get(0), "width");
  const std::string& text = self.text().bytes;
  const int64_t missing = std::max<int64_t>(width - count_code_points(text), 0);
  budget.spend_string(missing);
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return whole(self, text.substr(0, sign) + std::string(static_cast<size_t>(missing), '0') +
                         text.substr(sign));
}

template <class Is>
Value all_code_points(const Value& self, const Is& is) {
  const std::string& text = self.text().bytes;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.data() + i);
    if (!is(c.value)) return false;
    i += static_cast<size_t>(c.bytes);
  }
  return !text.empty();
}

bool is_alpha(char32_t c) { return (CharTable::instance()[c] & kLetter) != 0; }
bool is_decimal(char32_t c) {
  return utf8proc_category(static_cast<int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}
bool is_numeric(char32_t c) { return (CharTable::instance()[c] & kNumber) != 0; }

Value remove_affix(const Value& self, const Arguments& arguments, bool prefix) {
  const Bound bound(arguments, prefix ? "removeprefix" : "removesuffix", {"affix"});
  bound.get(0);
  const std::string affix = bound.string_or(0, "");
  const Text& text = self.text();
  const size_t size = text.bytes.size();
  if (prefix && text.bytes.starts_with(affix)) return slice(text, affix.size(), size);
  if (!prefix && text.bytes.ends_with(affix)) return slice(text, 0, size - affix.size());
  return self;
}

Value join_texts(const Value& self, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "join", {"iterable"});
  TextBuilder out;
  bool first = true;
  for (const Value& v : elements(bound.get(0), budget)) {
    if (!v.is_string()) throw Problem("join: expected strings, found " + type_name(v));
    if (!first) out.append(self.text());
    first = false;
    out.append(v.text());
    budget.spend_text(v.text());
    budget.spend_text(self.text());
    if (static_cast<int64_t>(out.size()) > kMaxOutputBytes) budget.spend_string(-1);
  }
  return out.take();
}

Value replace_method(const Value& self, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "replace", {"old", "new", "count"});
  bound.get(0);
  bound.string_or(1, "");
  const std::string from = bound.string_or(0, "");
  return replace_all(self.text(), from, bound.get(1).text(), bound.integer_or(2, -1), budget);
}

void no_arguments(const Arguments& arguments, const char* name) { Bound(arguments, name, {}); }

constexpr auto kTextMethods = std::to_array<NamedMethod>({
    {"strip", [](auto& s, auto& a, auto&) { return strip_text(s, a, "strip", true, true); }},
    {"lstrip", [](auto& s, auto& a, auto&) { return strip_text(s, a, "lstrip", true, false); }},
    {"rstrip", [](auto& s, auto& a, auto&) { return strip_text(s, a, "rstrip", false, true); }},
    {"split", [](auto& s, auto& a, auto& b) { return split_text(s, a, b, false); }},
    {"rsplit", [](auto& s, auto& a, auto& b) { return split_text(s, a, b, true); }},
    {"partition", [](auto& s, auto& a, auto&) { return partition(s, a, false); }},
    {"rpartition", [](auto& s, auto& a, auto&) { return partition(s, a, true); }},
    {"splitlines", split_lines},
    {"startswith", [](auto& s, auto& a, auto&) { return starts_or_ends(s, a, true); }},
    {"endswith", [](auto& s, auto& a, auto&) { return starts_or_ends(s, a, false); }},
    {"find", [](auto& s, auto& a, auto&) { return find_text(s, a, "find", false, false); }},
    {"rfind", [](auto& s, auto& a, auto&) { return find_text(s, a, "rfind", true, false); }},
    {"index", [](auto& s, auto& a, auto&) { return find_text(s, a, "index", false, true); }},
    {"rindex", [](auto& s, auto& a, auto&) { return find_text(s, a, "rindex", true, true); }},
    {"count", count_text},
    {"replace", replace_method},
    {"join", join_texts},
    {"format", [](auto& s, auto& a, auto& b) { return format_braces(s.text(), a, b); }},
    {"ljust", [](auto& s, auto& a, auto& b) { return pad_text(s, a, "ljust", -1, b); }},
    {"rjust", [](auto& s, auto& a, auto& b) { return pad_text(s, a, "rjust", 1, b); }},
    {"center", [](auto& s, auto& a, auto& b) { return pad_text(s, a, "center", 0, b); }},
    {"zfill", zero_fill},
    {"removeprefix", [](auto& s, auto& a, auto&) { return remove_affix(s, a, true); }},
    {"removesuffix", [](auto& s, auto& a, auto&) { return remove_affix(s, a, false); }},
});

// Those without arguments that map or judge the whole text.
struct PlainMethod {
  std::string_view name;
  Value (*call)(const Value& self);
};
constexpr auto kPlainMethods = std::to_array<PlainMethod>({
    {"upper", [](auto& s) { return whole(s, upper(s.text().bytes)); }},
    {"lower", [](auto& s) { return whole(s, lower(s.text().bytes)); }},
    {"casefold", [](auto& s) { return whole(s, lower(s.text().bytes)); }},
    {"title", [](auto& s) { return whole(s, title(s.text().bytes)); }},
    {"capitalize", [](auto& s) { return whole(s, capitalize(s.text().bytes)); }},
    {"swapcase", [](auto& s) { return whole(s, swap_case(s.text().bytes)); }},
    {"isupper", [](auto& s) { return Value(is_upper(s.text().bytes)); }},
    {"islower", [](auto& s) { return Value(is_lower(s.text().bytes)); }},
    {"isspace", [](auto& s) { return all_code_points(s, is_python_space); }},
    {"isalpha", [](auto& s) { return all_code_points(s, is_alpha); }},
    {"isdigit", [](auto& s) { return all_code_points(s, is_decimal); }},
    {"isdecimal", [](auto& s) { return all_code_points(s, is_decimal); }},
    {"isnumeric", [](auto& s) { return all_code_points(s, is_numeric); }},
    {"isalnum",
     [](auto& s) {
       return all_code_points(s, [](char32_t c) { return is_alpha(c) || is_numeric(c); });
     }},
});

Value map_view(const Value& self, ListKind kind, Budget& budget) {
  const int64_t size = std::ssize(self.map().members);
  kind == ListKind::kItems ? budget.spend_new_values(size) : budget.spend_values(size);
  std::vector<Value> items;
  for (const auto& [key, value] : self.map().members) {
    if (kind == ListKind::kKeys) {
      items.push_back(key);
    } else if (kind == ListKind::kValues) {
      items.push_back(value);
    } else {
      items.push_back(List({key, value}, ListKind::kTuple));
    }
  }
  return List(std::move(items), kind);
}

Value map_get(const Value& self, const Arguments& arguments) {
  const Bound bound(arguments, "get", {"key", "default"});
  const Value* found = self.map().find(bound.get(0));
  return found ? *found : bound.get_or(1, Value());
}

constexpr std::string_view kMapMethods[] = {"get", "items", "keys", "values", "copy"};
constexpr std::string_view kListMethods[] = {"index", "count", "copy"};
constexpr std::string_view kChanging[] = {"append", "extend",     "insert",  "pop",
                                          "remove", "clear",      "reverse", "sort",
                                          "update", "setdefault", "popitem"};

Value call_map_method(const Value& self, std::string_view name, const Arguments& arguments,
                      Budget& budget) {
  if (name == "get") return map_get(self, arguments);
  no_arguments(arguments, "this method");
  if (name == "items") return map_view(self, ListKind::kItems, budget);
  if (name == "keys") return map_view(self, ListKind::kKeys, budget);
  if (name == "values") return map_view(self, ListKind::kValues, budget);
  return self;
}

Value call_list_method(const Value& self, std::string_view name, const Arguments& arguments,
                       Budget& budget) {
  if (name == "copy") return self;
  const Bound bound(arguments, name, {"value"});
  const auto& items = self.list().items;
  int64_t count = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!equal(items[i], bound.get(0), &budget)) continue;
    if (name == "index") return static_cast<int64_t>(i);
    ++count;
  }
  if (name == "index") throw Problem("index: the value is not in the list");
  return count;
}

template <class Range>
bool among(const Range& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

Text replace_all(const Text& text, std::string_view from, const Text& to, int64_t count,
                 Budget& budget) {
  TextBuilder out;
  size_t at = 0;
  if (from.empty()) {  // in front of every character and at the end
    while (count != 0) {
      out.append(to);
      if (--count == 0 || at == text.bytes.size()) break;
      const size_t bytes = byte_offset(std::string_view(text.bytes).substr(at, 5), 1);
      out.append(text, at, at + bytes);
      at += bytes;
      budget.spend_text(to);
      budget.spend(1);
      if (static_cast<int64_t>(out.size()) > kMaxOutputBytes) budget.spend_string(-1);
    }
  } else {
    for (; count != 0; --count) {
      const size_t found = text.bytes.find(from, at);
      if (found == std::string::npos) break;
      out.append(text, at, found);
      out.append(to);
      at = found + from.size();
      budget.spend_text(to);
      budget.spend(1);
      if (static_cast<int64_t>(out.size()) > kMaxOutputBytes) budget.spend_string(-1);
    }
  }
  out.append(text, at, text.bytes.size());
  budget.spend_text(text);
  return out.take();
}

bool has_method(const Value& self, std::string_view name) {
  const auto is = [&](const auto& method) { return method.name == name; };
  if (self.is_string())
    return std::any_of(kTextMethods.begin(), kTextMethods.end(), is) ||
           std::any_of(kPlainMethods.begin(), kPlainMethods.end(), is);
  if (self.is_map()) return among(kMapMethods, name) || among(kChanging, name);
  if (self.is_list() &&
      (self.list().kind == ListKind::kList || self.list().kind == ListKind::kTuple))
    return among(kListMethods, name) || among(kChanging, name);
  return false;
}

Value call_method(const Value& self, std::string_view name, const Arguments& arguments,
                  Budget& budget) {
  if (self.is_string()) {
    budget.spend_string(static_cast<int64_t>(self.text().bytes.size()));
    for (const NamedMethod& m : kTextMethods)
      if (m.name == name) return m.call(self, arguments, budget);
    for (const PlainMethod& m : kPlainMethods) {
      if (m.name != name) continue;
      no_arguments(arguments, "this method");
      return m.call(self);
    }
  }
  if (among(kChanging, name))
    throw Problem("'" + std::string(name) + "' would change a " + type_name(self) +
                  "; values in a template cannot be changed");
  return self.is_map() ? call_map_method(self, name, arguments, budget)
                       : call_list_method(self, name, arguments, budget);
}

}  // namespace hone::jinja
