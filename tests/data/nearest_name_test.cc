// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/nearest_name.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

TEST_CASE("nearest_name: edits and swaps of neighbours") {
  const std::vector<std::string> names = {"user", "assistant", "system", "tool"};
  CHECK(nearest_name("assistant", names) == "assistant");
  CHECK(nearest_name("asistant", names) == "assistant");    // one is missing
  CHECK(nearest_name("assisstant", names) == "assistant");  // one too many
  CHECK(nearest_name("assistent", names) == "assistant");   // another
  CHECK(nearest_name("sytsem", names) == "system");         // a swap is one edit, not two
  CHECK(nearest_name("tol", names) == "tool");
}

TEST_CASE("nearest_name: a third of the length, at least one edit") {
  CHECK(nearest_name("abcdef", {"abcdXY"}) == "abcdXY");
  CHECK(nearest_name("abcdef", {"abcXYZ"}) == "");
  CHECK(nearest_name("ab", {"aX"}) == "aX");
  CHECK(nearest_name("ab", {"XY"}) == "");
  CHECK(nearest_name("", {"a"}) == "a");
  CHECK(nearest_name("", {"ab"}) == "");
}

TEST_CASE("nearest_name: the nearest, the first of several; none of nothing, nor of long names") {
  CHECK(nearest_name("abcd", {"abXd", "abcdX", "abcd"}) == "abcd");
  CHECK(nearest_name("abcd", {"abXd", "abcX"}) == "abXd");
  CHECK(nearest_name("abcd", {}) == "");
  const std::string longest(64, 'a');
  CHECK(nearest_name(longest, {longest + "b"}) == longest + "b");
  CHECK(nearest_name(longest + "b", {longest}) == "");
}

}  // namespace
}  // namespace hone
