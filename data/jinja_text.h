// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Strings of a template, which remember where they came from.
//
// Bytes that are a message's own words carry its index through concatenation, slicing, stripping
// and so on, up to the rendered text. That is how a mask knows what a message said without
// searching for it. Positions in this file are bytes; Python's are code points, and the functions
// that count those say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hone::jinja {

inline constexpr int32_t kNoOrigin = -1;    // the template's own text
inline constexpr int32_t kGeneration = -2;  // the inside of a {% generation %} block
inline constexpr int32_t kDetail = -3;      // a message's own words that its row wants learned

// Bytes [begin, end) come from message `origin`, are a generation block, or a detail.
struct Mark {
  size_t begin = 0, end = 0;
  int32_t origin = kNoOrigin;
};

struct Text {
  std::string bytes;        // UTF-8
  std::vector<Mark> marks;  // those of messages in ascending order, disjoint
  bool is_markup = false;   // the result of `safe` or `escape`
};

using TextPtr = std::shared_ptr<const Text>;

// Adds up texts and keeps their marks.
class TextBuilder {
 public:
  void append(std::string_view bytes, int32_t origin = kNoOrigin);
  void append(const Text& text) { append(text, 0, text.bytes.size()); }
  void append(const Text& text, size_t begin, size_t end);
  void mark(size_t begin, size_t end, int32_t origin);

  size_t size() const { return text_.bytes.size(); }
  const Text& text() const { return text_; }
  Text take() { return std::move(text_); }

 private:
  Text text_;
};

Text slice(const Text& text, size_t begin, size_t end);

// The origin of the first marked byte, kNoOrigin without one.
int32_t origin_of(const Text& text);

// What Python's str.isspace says of one code point; strip() and split() go by it.
bool is_python_space(char32_t c);

// Code points of valid UTF-8.
int64_t count_code_points(std::string_view text);
size_t byte_offset(std::string_view text, int64_t code_point);  // of its start; size at the end

// Byte borders of `text` without white space, or the code points in `chars`, at its ends.
struct Borders {
  size_t begin, end;
};
Borders strip_borders(std::string_view text, bool left, bool right,
                      const std::string_view* chars = nullptr);

// Python's str.upper, str.lower, ... with full case mappings.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalize(std::string_view text);  // the first code point title case, the rest lower
std::string title(std::string_view text);       // str.title: words are runs of letters
std::string swap_case(std::string_view text);
bool is_cased(char32_t c);
bool is_lower(std::string_view text);
bool is_upper(std::string_view text);

// "&", "<", ">", both quotes as entities (markupsafe.escape).
std::string escape_html(std::string_view text);

}  // namespace hone::jinja
