// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_split.h"

#include <algorithm>

#include "data/unicode.h"

namespace hone::jinja {
namespace {

// Splits at white space; `most` splits, -1 for all.
std::vector<Value> split_space(const Text& text, int64_t most, Budget& budget) {
  std::vector<Value> parts;
  const std::string_view bytes = text.bytes;
  size_t at = strip_borders(bytes, true, false).begin;
  while (at < bytes.size()) {
    size_t end = at;
    if (most >= 0 && static_cast<int64_t>(parts.size()) == most) {
      end = at + strip_borders(bytes.substr(at), false, true).end;
    } else {
      while (end < bytes.size()) {
        const CodePoint c = decode_utf8(bytes.data() + end);
        if (is_python_space(c.value)) break;
        end += static_cast<size_t>(c.bytes);
      }
    }
    budget.spend_new_values(1);
    parts.push_back(slice(text, at, end));
    at = end + strip_borders(bytes.substr(end), true, false).begin;
    if (most >= 0 && static_cast<int64_t>(parts.size()) > most) break;
  }
  return parts;
}

std::vector<Value> rsplit_space(const Text& text, int64_t most, Budget& budget) {
  std::vector<Value> parts;
  std::string_view bytes = text.bytes;
  size_t end = strip_borders(bytes, false, true).end;
  while (end > 0) {
    size_t begin = end;
    if (static_cast<int64_t>(parts.size()) == most) {
      begin = strip_borders(bytes.substr(0, end), true, false).begin;
    } else {
      while (begin > 0) {
        const CodePoint c = last_code_point(bytes.substr(0, begin));
        if (is_python_space(c.value)) break;
        begin -= static_cast<size_t>(c.bytes);
      }
    }
    budget.spend_new_values(1);
    parts.push_back(slice(text, begin, end));
    if (static_cast<int64_t>(parts.size()) > most) break;
    end = strip_borders(bytes.substr(0, begin), false, true).end;
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Value> split_at(const Text& text, std::string_view separator, int64_t most,
                            Budget& budget) {
  std::vector<Value> parts;
  size_t begin = 0;
  while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
    const size_t end = text.bytes.find(separator, begin);
    if (end == std::string::npos) break;
    budget.spend_new_values(1);
    parts.push_back(slice(text, begin, end));
    begin = end + separator.size();
  }
  budget.spend_new_values(1);
  parts.push_back(slice(text, begin, text.bytes.size()));
  return parts;
}

std::vector<Value> rsplit_at(const Text& text, std::string_view separator, int64_t most,
                             Budget& budget) {
  std::vector<Value> parts;
  size_t end = text.bytes.size();
  while (static_cast<int64_t>(parts.size()) < most) {
    if (end < separator.size()) break;
    const size_t begin = text.bytes.rfind(separator, end - separator.size());
    if (begin == std::string::npos) break;
    budget.spend_new_values(1);
    parts.push_back(slice(text, begin + separator.size(), end));
    end = begin;
  }
  budget.spend_new_values(1);
  parts.push_back(slice(text, 0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

Value split_text(const Value& self, const Arguments& arguments, Budget& budget, bool from_right) {
  const Bound bound(arguments, from_right ? "rsplit" : "split", {"sep", "maxsplit"});
  const int64_t most = bound.integer_or(1, -1);
  const Text& text = self.text();
  budget.spend_string(static_cast<int64_t>(text.bytes.size()));
  std::vector<Value> parts;
  if (bound.is_none(0)) {
    parts = from_right && most >= 0 ? rsplit_space(text, most, budget)
                                    : split_space(text, most, budget);
  } else {
    const std::string separator = bound.string_or(0, "");
    if (separator.empty()) throw Problem("split: empty separator");
    parts = from_right && most >= 0 ? rsplit_at(text, separator, most, budget)
                                    : split_at(text, separator, most, budget);
  }
  return List(std::move(parts));
}

Value partition(const Value& self, const Arguments& arguments, bool from_right) {
  const Bound bound(arguments, from_right ? "rpartition" : "partition", {"sep"});
  bound.get(0);
  const std::string separator = bound.string_or(0, "");
  if (separator.empty()) throw Problem("partition: empty separator");
  const Text& text = self.text();
  const size_t size = text.bytes.size();
  const size_t at = from_right ? text.bytes.rfind(separator) : text.bytes.find(separator);
  if (at == std::string::npos) {
    std::vector<Value> parts = {self, Text(), Text()};
    if (from_right) std::swap(parts[0], parts[2]);
    return List(std::move(parts), ListKind::kTuple);
  }
  const size_t after = at + separator.size();
  return List({slice(text, 0, at), slice(text, at, after), slice(text, after, size)},
              ListKind::kTuple);
}

Value split_lines(const Value& self, const Arguments& arguments, Budget& budget) {
  const Bound bound(arguments, "splitlines", {"keepends"});
  const bool keep = bound.bool_or(0, false);
  const Text& text = self.text();
  budget.spend_string(static_cast<int64_t>(text.bytes.size()));
  std::vector<Value> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.bytes.size();) {
    const CodePoint c = decode_utf8(text.bytes.data() + at);
    auto bytes = static_cast<size_t>(c.bytes);
    const bool ends = (c.value >= 0x0a && c.value <= 0x0d) ||
                      (c.value >= 0x1c && c.value <= 0x1e) || c.value == 0x85 ||
                      c.value == 0x2028 || c.value == 0x2029;
    if (ends) {
      if (c.value == '\r' && at + 1 < text.bytes.size() && text.bytes[at + 1] == '\n') ++bytes;
      budget.spend_new_values(1);
      lines.push_back(slice(text, begin, keep ? at + bytes : at));
      begin = at + bytes;
    }
    at += bytes;
  }
  if (begin < text.bytes.size()) lines.push_back(slice(text, begin, text.bytes.size()));
  return List(std::move(lines));
}

}  // namespace hone::jinja
