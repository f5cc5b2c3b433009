// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Event-driven JSON parsing with positions, for the parsers in data/ only: what includes this
// compiles all of nlohmann/json.
//
// A handler derives from JsonEvents and adds the functions of nlohmann's SAX interface (null,
// boolean, ..., end_array). It may throw from any of them, best through reject().
#pragma once

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "data/json.h"
#include "data/json_position.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {

// Walks a text and reports how far it came, which nlohmann's interface does not tell a handler.
class TrackedIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator() = default;
  TrackedIterator(const char* at, const char** progress) : at_(at), progress_(progress) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *progress_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    TrackedIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedIterator& o) const { return at_ == o.at_; }

 private:
  const char* at_ = nullptr;
  const char** progress_ = nullptr;
};

class JsonEvents {
 public:
  JsonEvents(std::string_view text, const JsonSource& source)
      : text_(text), source_(source), progress_(text.data()) {}

  // Throws "<file>:<line>:<column>: <parts>" for the last character read.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    const size_t read = static_cast<size_t>(progress_ - text_.data());
    reject_at(read == 0 ? 0 : read - 1, parts...);
  }

  // Columns count characters from 1, as editors do.
  template <class... Parts>
  [[noreturn]] void reject_at(size_t offset, const Parts&... parts) const {
    fail(source_.code, json_position(text_, offset, source_), ": ", parts...);
  }

  // Called by nlohmann for everything that is no JSON.
  bool parse_error(size_t byte, const std::string& token, const nlohmann::detail::exception& error);

  std::string_view text() const { return text_; }
  const char** progress() { return &progress_; }

 private:
  std::string_view text_;
  const JsonSource& source_;
  const char* progress_;
};

// Runs a handler over the text it was made with. Errors: whatever the handler throws, and the
// source's code for text that is not exactly one JSON value.
template <class Handler>
void parse_json_events(Handler& handler) {
  const std::string_view text = handler.text();
  // nlohmann's lexer takes a NUL byte for the end of the text.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    handler.reject_at(nul, "invalid JSON: NUL byte");
  const TrackedIterator begin(text.data(), handler.progress());
  const TrackedIterator end(text.data() + text.size(), handler.progress());
  Json::sax_parse(begin, end, &handler);
}

}  // namespace hone
