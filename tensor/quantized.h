// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensors stored in 4 or 8 bits per element. Values: they have no arithmetic.
//
//   4 bits, in bitsandbytes' format: the elements, row-major, form blocks of 64 that may cross rows
//   and experts; the last may be short. Element i = code_value[code of i] * absmax of block i / 64.
#pragma once

#include "tensor/tensor.h"

namespace hone {

enum class QuantType : uint8_t { nf4, fp4 };

constexpr const char* name_of(QuantType type) { return type == QuantType::nf4 ? "nf4" : "fp4"; }

struct QuantizedTensor {
  static constexpr int64_t kBlock = 64;         // elements that share an absmax
  static constexpr int64_t kNestedBlock = 256;  // absmax values that share a nested_absmax

  // The last two are undefined without double quantisation.
  Tensor codes = {};          // u8 [ceil(n / 2), 1]: the even element in the high four bits
  Tensor absmax = {};         // f32 [blocks], or with double quantisation u8 codes [blocks]
  Tensor nested_absmax = {};  // f32 [ceil(blocks / 256)]
  Tensor nested_offset = {};  // f32 scalar: the mean of absmax
  QuantType type = QuantType::nf4;
  Shape shape = {};          // of the tensor that was quantised
  DType dtype = DType::f32;  // of the tensor that was quantised

  bool defined() const { return codes.defined(); }
  bool nested() const { return nested_absmax.defined(); }
  int64_t numel() const { return shape.numel(); }
  int64_t blocks() const { return (numel() + kBlock - 1) / kBlock; }
  Device device() const { return codes.device(); }
  // Bytes held: codes and statistics.
  int64_t nbytes() const {
    return codes.nbytes() + absmax.nbytes() +
           (nested() ? nested_absmax.nbytes() + nested_offset.nbytes() : 0);
  }
};

// Experts in e4m3, one byte per element: element = value of its code * scale of its expert.
struct Fp8Experts {
  Tensor codes = {};  // u8 [E, ...]
  Tensor scale = {};  // f32 [E]

  int64_t nbytes() const { return codes.nbytes() + scale.nbytes(); }
};

}  // namespace hone
