// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The one error type, and the functions that throw it.
//
// A message says what failed, where, what was expected, what was found and, for anything a user can
// change, what to do about it.
#pragma once

#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>

namespace hone {

// What kind of thing went wrong. The numbers are the exit codes of every program (README.md).
enum class ErrorCode {
  kInternal = 1,     // a bug in hone, or a broken precondition of the C++ API
  kUsage = 2,        // command line or configuration
  kDataset = 3,      // a training row or dataset file
  kModel = 4,        // a model, tokenizer, adapter or checkpoint file
  kOutOfMemory = 5,  // predicted, capped or real
  kNonFinite = 6,    // loss or gradient is NaN or infinite
  kDistributed = 7,  // a peer failed
  kDisk = 8,         // no space, I/O error
  kDevice = 9,       // GPU lost or driver error
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// Throws Error(code) with the parts streamed together.
template <class... Parts>
[[noreturn]] void fail(ErrorCode code, const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(code, message.str());
}

// A condition together with the line that stated it.
struct Condition {
  bool ok;
  std::source_location at;
  Condition(bool b, std::source_location l = std::source_location::current()) : ok(b), at(l) {}
};

// Throws Error(kInternal) with the parts and the caller's file:line unless the condition holds.
// For preconditions of the C++ API; what comes from a user's file is rejected with fail().
template <class... Parts>
void check(Condition c, const Parts&... parts) {
  if (c.ok) [[likely]]
    return;
  fail(ErrorCode::kInternal, parts..., " (", c.at.file_name(), ":", c.at.line(), ")");
}

}  // namespace hone
