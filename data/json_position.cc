// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/json_position.h"

#include <algorithm>
#include <sstream>

#include "data/printable.h"

namespace hone {
namespace {

// Goes through a text that is known to be JSON, down to the value of one path.
class Finder {
 public:
  Finder(std::string_view text, std::string_view path) : text_(text), path_(path) {}

  size_t find() {
    visit("$");
    return found_;
  }

 private:
  // At a value of this path: goes to its end, unless what is looked for is in it.
  void visit(const std::string& path) {
    skip_space();
    found_ = at_;
    if (path == path_) return;
    const char open = text_[at_];
    if (open != '{' && open != '[') return;
    int64_t index = 0;
    for (++at_, skip_space(); text_[at_] != '}' && text_[at_] != ']'; ++index) {
      const std::string child =
          open == '{' ? json_member_path(path, key()) : json_element_path(path, index);
      if (leads_on(child)) return visit(child);
      skip_value();
      skip_space();
      if (text_[at_] == ',') ++at_;
      skip_space();
    }
  }

  // Whether the path is this child, or a descendant of it.
  bool leads_on(std::string_view child) const {
    return path_.starts_with(child) && (path_.size() == child.size() ||
                                        path_[child.size()] == '.' || path_[child.size()] == '[');
  }

  // A key and the colon behind it.
  std::string key() {
    const size_t begin = at_;
    skip_value();
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    skip_space();
    ++at_;  // the colon
    return parse_json(quoted, {}).as_string();
  }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }

  void skip_value() {
    skip_space();
    int64_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      ++at_;
      // A number or a word ends where something else begins.
      if (depth == 0 && c != '}' && c != ']')
        at_ = std::min(text_.find_first_of(" \t\r\n,:]}", at_), text_.size());
    } while (depth > 0);
  }

  std::string_view text_, path_;
  size_t at_ = 0, found_ = 0;
};

}  // namespace

std::string json_member_path(const std::string& parent, std::string_view key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  return plain ? parent + "." + std::string(key) : parent + "[" + quote(key) + "]";
}

std::string json_element_path(const std::string& parent, int64_t index) {
  return parent + "[" + std::to_string(index) + "]";
}

size_t json_offset(std::string_view text, std::string_view path) {
  return Finder(text, path).find();
}

std::string json_position(std::string_view text, size_t offset, const JsonSource& source) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const size_t newline = before.rfind('\n');
  const std::string_view line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto is_character = [](unsigned char c) { return (c & 0xc0) != 0x80; };
  const int64_t first = newline == std::string_view::npos ? source.first_column : 1;
  std::ostringstream out;
  out << printable(source.name, 4096) << ":"
      << source.first_line + std::count(before.begin(), before.end(), '\n') << ":"
      << first + std::count_if(line.begin(), line.end(), is_character);
  return out.str();
}

}  // namespace hone
