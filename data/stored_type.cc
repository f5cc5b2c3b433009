// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/stored_type.h"

#include <array>

namespace hone {
namespace {

struct Row {
  StoredType type;
  std::string_view name;
  int64_t bits;
  std::optional<DType> dtype = std::nullopt;
};

constexpr std::array kTypes = {
    Row{StoredType::boolean, "BOOL", 8},
    Row{StoredType::f4, "F4", 4},
    Row{StoredType::f6_e2m3, "F6_E2M3", 6},
    Row{StoredType::f6_e3m2, "F6_E3M2", 6},
    Row{StoredType::u8, "U8", 8, DType::u8},
    Row{StoredType::i8, "I8", 8},
    Row{StoredType::f8_e5m2, "F8_E5M2", 8},
    Row{StoredType::f8_e4m3, "F8_E4M3", 8},
    Row{StoredType::f8_e8m0, "F8_E8M0", 8},
    Row{StoredType::f8_e4m3fnuz, "F8_E4M3FNUZ", 8},
    Row{StoredType::f8_e5m2fnuz, "F8_E5M2FNUZ", 8},
    Row{StoredType::i16, "I16", 16},
    Row{StoredType::u16, "U16", 16},
    Row{StoredType::f16, "F16", 16, DType::f16},
    Row{StoredType::bf16, "BF16", 16, DType::bf16},
    Row{StoredType::i32, "I32", 32, DType::i32},
    Row{StoredType::u32, "U32", 32},
    Row{StoredType::f32, "F32", 32, DType::f32},
    Row{StoredType::c64, "C64", 64},
    Row{StoredType::f64, "F64", 64, DType::f64},
    Row{StoredType::i64, "I64", 64, DType::i64},
    Row{StoredType::u64, "U64", 64},
};

// The table is indexed by the enum's value.
constexpr bool in_order() {
  for (size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].type != static_cast<StoredType>(i)) return false;
  return kTypes.size() == static_cast<size_t>(StoredType::u64) + 1;
}
static_assert(in_order());

const Row& row(StoredType type) { return kTypes[static_cast<size_t>(type)]; }

}  // namespace

std::string_view name_of(StoredType type) { return row(type).name; }

std::optional<StoredType> stored_type_named(std::string_view name) {
  for (const Row& r : kTypes)
    if (r.name == name) return r.type;
  return std::nullopt;
}

int64_t bits_of(StoredType type) { return row(type).bits; }

std::optional<DType> dtype_for(StoredType type) { return row(type).dtype; }

StoredType stored_type_for(DType dtype) {
  for (const Row& r : kTypes)
    if (r.dtype == dtype) return r.type;
  fail(ErrorCode::kInternal, "safetensors: no type for ", name_of(dtype));
}

}  // namespace hone
