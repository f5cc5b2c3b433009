// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The element types that safetensors files know, a superset of what tensors compute in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace hone {

enum class StoredType : uint8_t {
  boolean,
  f4,
  f6_e2m3,
  f6_e3m2,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64,
};

// The type's name in a file ("BF16"), and the type of a name.
std::string_view name_of(StoredType type);
std::optional<StoredType> stored_type_named(std::string_view name);

// Bits of one element. Types below 8 bits are packed.
int64_t bits_of(StoredType type);

// The tensor dtype of equal meaning, if there is one.
std::optional<DType> dtype_for(StoredType type);
StoredType stored_type_for(DType dtype);

}  // namespace hone
