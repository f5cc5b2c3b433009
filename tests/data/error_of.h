// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Errors as values, for tests that look at their code and text.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tensor/check.h"

namespace hone {

// The message of the Error(code) that `f` throws. Any other outcome fails the test.
template <class Function>
std::string error_of(ErrorCode code, Function f) {
  try {
    f();
  } catch (const Error& e) {
    CHECK_MESSAGE(e.code() == code, "code ", static_cast<int>(e.code()), ": ", e.what());
    return e.what();
  }
  FAIL_CHECK("nothing was thrown");
  return "";
}

// Checks that `text` has `part` in it.
inline void check_contains(const std::string& text, const std::string& part) {
  CHECK_MESSAGE(text.find(part) != std::string::npos, "no \"", part, "\" in: ", text);
}

}  // namespace hone
