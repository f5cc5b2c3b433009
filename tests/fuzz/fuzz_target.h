// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a fuzz target is made of. libFuzzer, or replay_corpus.cc in ordinary tests, calls
// LLVMFuzzerTestOneInput with one input after another.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>

#include "tensor/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace hone::fuzz {

// Ends the program as a failed sanitizer check does, so that libFuzzer keeps the input.
template <class... Parts>
void require(bool ok, const Parts&... parts) {
  if (ok) return;
  std::ostringstream message;
  (message << ... << parts);
  std::fprintf(stderr, "fuzz: %s\n", message.str().c_str());
  std::abort();
}

// A message is for a terminal: one line, and no control characters. (Those that report several
// problems at once have several lines.)
inline void require_printable(const std::string& message) {
  require(!message.empty(), "an empty message");
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    require((byte >= 0x20 && byte != 0x7f) || c == '\n', "byte ", static_cast<int>(byte),
            " in the message: ", message);
  }
}

// Of processor time, in a sanitized build: libFuzzer's own limit is on the time that passes, which
// says little on a machine that is busy with other work.
inline constexpr int kMaxSeconds = 5;

class RequireQuick {
 public:
  RequireQuick() = default;
  RequireQuick(const RequireQuick&) = delete;
  RequireQuick& operator=(const RequireQuick&) = delete;
  ~RequireQuick() {
    const std::clock_t taken = std::clock() - began_;
    require(taken <= kMaxSeconds * CLOCKS_PER_SEC, "took ", taken / CLOCKS_PER_SEC, " s");
  }

 private:
  std::clock_t began_ = std::clock();
};

// Runs `f`, which takes the input or throws Error with one of the codes, and soon. Returns whether
// it took it.
template <class Function>
bool accepts(std::initializer_list<ErrorCode> codes, Function f) {
  const RequireQuick quick;
  try {
    f();
    return true;
  } catch (const Error& e) {
    require(std::find(codes.begin(), codes.end(), e.code()) != codes.end(), "error code ",
            static_cast<int>(e.code()), ": ", e.what());
    require_printable(e.what());
    return false;
  }
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Targets that need two texts take them with a NUL byte between.
struct TwoTexts {
  std::string_view first, second;
};
inline TwoTexts split_at_nul(std::string_view input) {
  const size_t nul = input.find('\0');
  if (nul == std::string_view::npos) return {input, {}};
  return {input.substr(0, nul), input.substr(nul + 1)};
}

}  // namespace hone::fuzz
