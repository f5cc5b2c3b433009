// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rows that are the values of a JSON text.
#pragma once

#include <string>

#include "data/row_reader.h"
#include "data/text_buffer.h"

namespace hone {

// Finds where each row ends by its brackets; whether the row is JSON is its parser's business. The
// three forms, told apart by what they begin with:
//
//   [{...}, {...}]                         an array of rows
//   {"version": 1, "data": [{...}, ...]}   such an array as the member "data" of one object
//   {...} {...}                            objects one after another
class ValueReader : public RowReader {
 public:
  ValueReader(const std::string& path, int64_t max_row_bytes);
  bool next(RowText& row) override;

 private:
  enum class State { kBegin, kValues, kFirstElement, kNextElement, kEnd };

  [[noreturn]] void reject_long() const;
  char peek();
  bool at(size_t offset, char& c);
  bool skip_string(size_t& offset);
  bool skip_value(size_t& offset);
  bool skip_space(size_t& offset);
  void begin();
  size_t wrapper_bytes();
  void end_array();
  void take_object(RowText& row);

  TextBuffer buffer_;
  int64_t max_row_bytes_;
  State state_ = State::kBegin;
  bool wrapped_ = false;  // the array is a member of an object
  std::string wrapper_;   // that object's text up to its array, then what follows the array
  RowText wrapper_place_;
};

}  // namespace hone
