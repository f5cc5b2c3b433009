// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/stored_type.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

TEST_CASE("stored types: names and sizes") {
  int count = 0;
  for (int i = 0; i <= static_cast<int>(StoredType::u64); ++i, ++count) {
    const auto type = static_cast<StoredType>(i);
    CHECK(stored_type_named(name_of(type)) == type);
    if (const auto dtype = dtype_for(type)) {
      CHECK(bits_of(type) == 8 * size_of(*dtype));
      CHECK(stored_type_for(*dtype) == type);
    }
  }
  CHECK(count == 22);
  CHECK_FALSE(stored_type_named("F33").has_value());
  CHECK_FALSE(stored_type_named("f32").has_value());
  CHECK(stored_type_for(DType::bf16) == StoredType::bf16);
  CHECK(bits_of(StoredType::f8_e4m3) == 8);
  CHECK(bits_of(StoredType::boolean) == 8);
  CHECK(bits_of(StoredType::u16) == 16);
  CHECK_FALSE(dtype_for(StoredType::f8_e4m3).has_value());
}

}  // namespace
}  // namespace hone
