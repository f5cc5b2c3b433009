// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/row_values.h"

#include <algorithm>
#include <string_view>

namespace hone {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }

}  // namespace

ValueReader::ValueReader(const std::string& path, int64_t max_row_bytes)
    : buffer_(path), max_row_bytes_(max_row_bytes) {}

void ValueReader::reject_long() const {
  buffer_.reject("the row that begins here exceeds " + std::to_string(max_row_bytes_) +
                 " bytes (dataset_max_row_bytes sets the limit)");
}

// The unread text's byte at an offset, false behind the end. Requires that what lies before it may
// be kept: the longest text looked at is a row.
bool ValueReader::at(size_t offset, char& c) {
  while (offset >= buffer_.unread().size()) {
    if (static_cast<int64_t>(offset) > max_row_bytes_) reject_long();
    if (!buffer_.grow()) return false;
  }
  c = buffer_.unread()[offset];
  return true;
}

// The next byte that is no white space, '\0' at the end (which no JSON text has).
char ValueReader::peek() {
  while (true) {
    const std::string_view text = buffer_.unread();
    const size_t found = text.find_first_not_of(kSpace);
    if (found != std::string_view::npos) {
      buffer_.consume(found);
      return buffer_.unread()[0];
    }
    buffer_.consume(text.size());
    if (!buffer_.grow()) return '\0';
  }
}

// Each of these moves `offset` behind something; false when the text ends before.

bool ValueReader::skip_space(size_t& offset) {
  char c;
  while (at(offset, c)) {
    if (!is_space(c)) return true;
    ++offset;
  }
  return false;
}

// Requires: a '"' there.
bool ValueReader::skip_string(size_t& offset) {
  char c;
  for (++offset; at(offset, c); ++offset) {
    if (c == '"') {
      ++offset;
      return true;
    }
    if (c == '\\') ++offset;
  }
  return false;
}

// An object or array up to its last bracket, a string, or anything up to the next ',' or bracket.
bool ValueReader::skip_value(size_t& offset) {
  int64_t depth = 0;
  char c;
  while (at(offset, c)) {
    if (c == '"') {
      if (!skip_string(offset)) return false;
      if (depth == 0) return true;
      continue;
    }
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    if (depth == 0 && !opens && (closes || c == ',' || is_space(c))) return true;
    ++offset;
    depth += opens;
    depth -= closes;
    if (closes && depth == 0) return true;
  }
  return false;
}

// Bytes up to and including the '[' of an object's member "data" when that is an array of objects;
// else 0.
size_t ValueReader::wrapper_bytes() {
  size_t offset = 1;
  char c;
  while (skip_space(offset) && at(offset, c) && c == '"') {
    const size_t key_begin = offset;
    if (!skip_string(offset)) return 0;
    const bool is_data = buffer_.unread().substr(key_begin, offset - key_begin) == "\"data\"";
    if (!skip_space(offset) || !at(offset, c) || c != ':' || !skip_space(++offset)) return 0;
    if (is_data && at(offset, c) && c == '[') {
      size_t element = offset + 1;
      const bool rows = skip_space(element) && at(element, c) && (c == '{' || c == ']');
      return rows ? offset + 1 : 0;
    }
    if (!skip_value(offset) || !skip_space(offset) || !at(offset, c) || c != ',') return 0;
    ++offset;
  }
  return 0;
}

void ValueReader::begin() {
  const char first = peek();
  if (first == '[') {
    buffer_.consume(1);
    state_ = State::kFirstElement;
    return;
  }
  if (first != '{' && first != '\0')
    buffer_.reject("expected '[' or '{', the beginning of rows as JSON objects");
  state_ = State::kValues;
  const size_t bytes = first == '{' ? wrapper_bytes() : 0;
  if (bytes == 0) return;
  wrapped_ = true;
  wrapper_place_ = {"", buffer_.line(), buffer_.column()};
  wrapper_ = buffer_.unread().substr(0, bytes);
  buffer_.consume(bytes);
  state_ = State::kFirstElement;
}

// Behind the array's ']': the end of the text, or the rest of the object that has the array.
void ValueReader::end_array() {
  buffer_.consume(1);
  state_ = State::kEnd;
  if (!wrapped_) {
    if (peek() != '\0') buffer_.reject("expected nothing behind the array of rows");
    return;
  }
  // What is around the array must be JSON as well. Line breaks in place of the rows keep the
  // numbers of the lines right.
  int64_t lines = wrapper_place_.line;
  for (const char c : wrapper_) lines += c == '\n';
  wrapper_.append(static_cast<size_t>(buffer_.line() - lines), '\n').append("]");
  for (char c = '\0'; at(0, c);) {
    const std::string_view rest = buffer_.unread();
    if (static_cast<int64_t>(wrapper_.size() + rest.size()) > max_row_bytes_)
      buffer_.reject("what follows the array of rows is too long");
    wrapper_ += rest;
    buffer_.consume(rest.size());
  }
  wrapper_place_.text = std::move(wrapper_);
  parse_row(wrapper_place_, buffer_.path());
}

// Requires: a '{' is next.
void ValueReader::take_object(RowText& row) {
  size_t bytes = 0;
  skip_value(bytes);  // a text that ends inside is the row's parser's to complain about
  if (static_cast<int64_t>(bytes) > max_row_bytes_) reject_long();
  const std::string_view text = buffer_.unread();
  row = {std::string(text.substr(0, bytes)), buffer_.line(), buffer_.column()};
  buffer_.consume(std::min(bytes, text.size()));
}

bool ValueReader::next(RowText& row) {
  if (state_ == State::kBegin) begin();
  if (state_ == State::kEnd) return false;
  const bool array = state_ != State::kValues;
  char c = peek();
  if (!array && c == '\0') return false;
  if (array && c == ']') {
    end_array();
    return false;
  }
  if (state_ == State::kNextElement) {
    if (c != ',') buffer_.reject("expected ',' or ']' behind a row");
    buffer_.consume(1);
    c = peek();
  }
  if (c != '{')
    buffer_.reject(c == '\0' ? "the file ends inside the array of rows; was it written whole?"
                             : "expected a row, a JSON object {...}");
  take_object(row);
  if (array) state_ = State::kNextElement;
  return true;
}

}  // namespace hone
