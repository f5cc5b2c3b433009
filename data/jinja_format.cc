// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_format.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "data/jinja_operators.h"
#include "data/unicode.h"

namespace hone::jinja {
namespace {

void append_hex(std::string& out, const char* prefix, uint32_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  out += prefix;
  for (int i = digits - 1; i >= 0; --i) out += kHex[(value >> (4 * i)) & 15];
}

// Python's str.isprintable of one code point.
bool is_printable(char32_t c) {
  switch (utf8proc_category(static_cast<int32_t>(c))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == ' ';
    default:
      return true;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  const bool single =
      text.find('\'') == std::string_view::npos || text.find('"') != std::string_view::npos;
  const char quote = single ? '\'' : '"';
  out += quote;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.data() + i);
    if (c.value == static_cast<unsigned char>(quote) || c.value == '\\') {
      out += '\\';
      out += static_cast<char>(c.value);
    } else if (c.value == '\n') {
      out += "\\n";
    } else if (c.value == '\r') {
      out += "\\r";
    } else if (c.value == '\t') {
      out += "\\t";
    } else if (is_printable(c.value)) {
      out += text.substr(i, static_cast<size_t>(c.bytes));
    } else if (c.value < 0x100) {
      append_hex(out, "\\x", c.value, 2);
    } else if (c.value < 0x10000) {
      append_hex(out, "\\u", c.value, 4);
    } else {
      append_hex(out, "\\U", c.value, 8);
    }
    i += static_cast<size_t>(c.bytes);
  }
  out += quote;
}

void append_repr(std::string& out, const Value& value);

void append_repr(std::string& out, const std::vector<Value>& items, const char* open,
                 const char* close) {
  out += open;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(out, items[i]);
  }
  out += close;
}

void append_repr(std::string& out, const List& list) {
  switch (list.kind) {
    case ListKind::kTuple:
      return append_repr(out, list.items, "(", list.items.size() == 1 ? ",)" : ")");
    case ListKind::kKeys:
      return append_repr(out, list.items, "dict_keys([", "])");
    case ListKind::kValues:
      return append_repr(out, list.items, "dict_values([", "])");
    case ListKind::kItems:
      return append_repr(out, list.items, "dict_items([", "])");
    case ListKind::kGenerator:
      throw Problem("a generator cannot be printed; it needs | list or | join");
    default:
      return append_repr(out, list.items, "[", "]");
  }
}

void append_repr(std::string& out, const Value& value) {
  if (value.is_undefined()) {
    out += "Undefined";
  } else if (value.is_none()) {
    out += "None";
  } else if (value.is<bool>()) {
    out += std::get<bool>(value.data()) ? "True" : "False";
  } else if (value.is<int64_t>()) {
    out += std::to_string(std::get<int64_t>(value.data()));
  } else if (value.is<double>()) {
    out += repr(std::get<double>(value.data()));
  } else if (value.is_string()) {
    append_quoted(out, value.text().bytes);
  } else if (value.is_list()) {
    append_repr(out, value.list());
  } else if (value.is_map()) {
    out += "{";
    for (size_t i = 0; i < value.map().members.size(); ++i) {
      if (i > 0) out += ", ";
      append_repr(out, value.map().members[i].first);
      out += ": ";
      append_repr(out, value.map().members[i].second);
    }
    out += "}";
  } else {
    throw Problem("a " + type_name(value) + " cannot be printed");
  }
}

// Steps for walking through a value; what is shared counts as often as it is met.
void pay_for(const Value& value, Budget& budget) {
  budget.spend(1);
  if (value.is_string()) budget.spend_string(static_cast<int64_t>(value.text().bytes.size()));
  if (value.is_list())
    for (const Value& v : value.list().items) pay_for(v, budget);
  if (value.is_map())
    for (const auto& [key, v] : value.map().members) {
      pay_for(key, budget);
      pay_for(v, budget);
    }
}

int32_t deep_origin(const Value& value) {
  if (value.origin() >= 0) return value.origin();
  int32_t origin = kNoOrigin;
  if (value.is_list())
    for (const Value& v : value.list().items)
      if (origin < 0) origin = deep_origin(v);
  if (value.is_map())
    for (const auto& [key, v] : value.map().members)
      if (origin < 0) origin = deep_origin(v);
  return origin;
}

void append_json_string(std::string& out, std::string_view text, bool ensure_ascii) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text.data() + i);
    constexpr std::string_view kEscaped = "\"\\\n\r\t\f\b";
    constexpr std::string_view kLetters = "\"\\nrtfb";
    const size_t known =
        c.value < 0x80 ? kEscaped.find(static_cast<char>(c.value)) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out += '\\';
      out += kLetters[known];
    } else if (c.value < 0x20) {
      append_hex(out, "\\u", c.value, 4);
    } else if (c.value < 0x7f || !ensure_ascii) {
      out += text.substr(i, static_cast<size_t>(c.bytes));
    } else if (c.value < 0x10000) {
      append_hex(out, "\\u", c.value, 4);
    } else {
      append_hex(out, "\\u", 0xd800 + ((c.value - 0x10000) >> 10), 4);
      append_hex(out, "\\u", 0xdc00 + ((c.value - 0x10000) & 0x3ff), 4);
    }
    i += static_cast<size_t>(c.bytes);
  }
  out += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(const JsonStyle& style) : style_(style) {}

  void write(const Value& value, int level) {
    if (value.is_none()) {
      out_ += "null";
    } else if (value.is<bool>()) {
      out_ += std::get<bool>(value.data()) ? "true" : "false";
    } else if (value.is<double>()) {
      write_number(std::get<double>(value.data()));
    } else if (value.is<int64_t>()) {
      out_ += std::to_string(std::get<int64_t>(value.data()));
    } else if (value.is_string()) {
      append_json_string(out_, value.text().bytes, style_.ensure_ascii);
    } else if (value.is_list() &&
               (value.list().kind == ListKind::kList || value.list().kind == ListKind::kTuple)) {
      write_list(value.list(), level);
    } else if (value.is_map()) {
      write_map(value.map(), level);
    } else if (value.is_undefined()) {
      throw Problem("tojson: " + value.undefined_message());
    } else {
      throw Problem("tojson: a " + type_name(value) + " is nothing that JSON has");
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_number(double number) {
    if (std::isnan(number)) {
      out_ += "NaN";
    } else if (std::isinf(number)) {
      out_ += number < 0 ? "-Infinity" : "Infinity";
    } else {
      out_ += repr(number);
    }
  }

  void line(int level) {
    if (!style_.indent) return;
    out_ += '\n';
    for (int i = 0; i < level; ++i) out_ += *style_.indent;
  }

  void write_list(const List& list, int level) {
    out_ += '[';
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      line(level + 1);
      write(list.items[i], level + 1);
    }
    if (!list.items.empty()) line(level);
    out_ += ']';
  }

  void write_map(const Map& map, int level) {
    std::vector<std::pair<std::string, const Value*>> members;
    for (const auto& [key, value] : map.members) members.emplace_back(key_text(key), &value);
    if (style_.sort_keys)
      std::stable_sort(members.begin(), members.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += style_.item_separator;
      line(level + 1);
      append_json_string(out_, members[i].first, style_.ensure_ascii);
      out_ += style_.key_separator;
      write(*members[i].second, level + 1);
    }
    if (!members.empty()) line(level);
    out_ += '}';
  }

  std::string key_text(const Value& key) {
    if (key.is_string()) return key.text().bytes;
    if (!key.is_number() && !key.is_none())
      throw Problem("tojson: a key that is a " + type_name(key));
    JsonWriter writer(style_);
    writer.write(key, 0);
    return writer.take();
  }

  const JsonStyle& style_;
  std::string out_;
};

}  // namespace

std::string repr(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits;
  for (const char c : text.substr(0, e))
    if (c >= '0' && c <= '9') digits += c;
  int exponent = 0;
  const std::string_view power = text.substr(e + 1 + (text[e + 1] == '+' ? 1 : 0));
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string out = std::signbit(number) ? "-" : "";
  const auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    const std::string size = std::to_string(std::abs(exponent));
    return out + (exponent < 0 ? "e-" : "e+") + (size.size() < 2 ? "0" : "") + size;
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (count <= exponent + 1)
    return out + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  const auto whole = static_cast<size_t>(exponent) + 1;
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string repr(const Value& value) {
  std::string out;
  append_repr(out, value);
  return out;
}

Text to_text(const Value& value, Budget& budget) {
  if (value.is_string()) return value.text();
  TextBuilder out;
  if (value.is_undefined()) return out.take();
  pay_for(value, budget);
  out.append(repr(value), deep_origin(value));
  return out.take();
}

Text to_json(const Value& value, const JsonStyle& style, Budget& budget) {
  pay_for(value, budget);
  if (style.indent)  // at most kMaxValueDepth indents in front of each element
    budget.spend_string(static_cast<int64_t>(style.indent->size()) * kMaxValueDepth);
  JsonWriter writer(style);
  writer.write(value, 0);
  TextBuilder out;
  out.append(writer.take(), deep_origin(value));
  budget.spend_string(static_cast<int64_t>(out.size()));
  return out.take();
}

}  // namespace hone::jinja
