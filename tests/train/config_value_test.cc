// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/config_value.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

namespace hone {
namespace {

TEST_CASE("config_value: booleans in every spelling") {
  for (const char* yes : {"true", "True", "TRUE", "yes", "Yes", "on", "ON", "y", "t", "1"}) {
    CAPTURE(yes);
    CHECK(read_boolean(yes) == true);
  }
  for (const char* no : {"false", "False", "no", "NO", "off", "Off", "n", "f", "0"}) {
    CAPTURE(no);
    CHECK(read_boolean(no) == false);
  }
  for (const char* neither : {"", "2", "tru", "yess", "1.0", " true"}) {
    CAPTURE(neither);
    CHECK_FALSE(read_boolean(neither).has_value());
  }
}

TEST_CASE("config_value: integers") {
  CHECK(read_integer("0") == 0);
  CHECK(read_integer("-17") == -17);
  CHECK(read_integer("+17") == 17);
  CHECK(read_integer("1_000") == 1000);
  CHECK(read_integer("1_000_000") == 1000000);
  CHECK(read_integer("40.0") == 40);
  CHECK(read_integer("40.") == 40);
  CHECK(read_integer("9223372036854775807") == std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "fast", "1e3", "1.5", "0x10", "010", "1:30", "_1", "1 000", "1,000",
                           "9223372036854775808", "-", "+", ".", "--1", "1-", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(read_integer(text).has_value());
  }
}

TEST_CASE("config_value: numbers") {
  CHECK(read_number("2e-4") == 2e-4);
  CHECK(read_number("2.0e-4") == 2e-4);
  CHECK(read_number("2E-4") == 2e-4);
  CHECK(read_number("1e+2") == 100);
  CHECK(read_number("0.0002") == 2e-4);
  CHECK(read_number(".5") == 0.5);
  CHECK(read_number("-.5") == -0.5);
  CHECK(read_number("5.") == 5);
  CHECK(read_number("1_000.5") == 1000.5);
  CHECK(read_number("0.1") == 0.1);
  for (const char* text : {"", "fast", ".inf", "inf", "nan", ".nan", "1e400", "0x1p3", "2e", "2e-",
                           "e5", "1.2.3", "1e-4_0", "010.5", "1f"}) {
    CAPTURE(text);
    CHECK_FALSE(read_number(text).has_value());
  }
}

TEST_CASE("config_value: what switches a thing off") {
  ConfigValue value;
  CHECK(value.is_off());
  value.kind = ConfigValue::Kind::kScalar;
  for (const char* off : {"false", "no", "0", "0.0", ""}) {
    CAPTURE(off);
    value.text = off;
    CHECK(value.is_off());
  }
  for (const char* on : {"true", "0.1", "1", "name"}) {
    CAPTURE(on);
    value.text = on;
    CHECK_FALSE(value.is_off());
  }
}

TEST_CASE("config_value: positions and descriptions") {
  CHECK(SourcePosition{"a.yaml", 3, 9}.str() == "a.yaml:3:9");
  CHECK(SourcePosition{"command line argument 2"}.str() == "command line argument 2");
  ConfigValue value;
  CHECK(value.describe() == "nothing");
  value.kind = ConfigValue::Kind::kScalar;
  value.text = std::string(1000, 'x');
  CHECK(value.describe() == "'" + std::string(60, 'x') + "...'");
}

}  // namespace
}  // namespace hone
