// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tensor/check.h"
#include "tensor/dtype.h"

namespace hone::kernels {

// Calls f.template operator()<T>() with T in {float, bf16, f16}, the dtypes that weights are stored
// in.
template <class F>
void visit_stored_float(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::f16:
      return f.template operator()<f16>();
    default:
      fail(ErrorCode::kInternal, "quantised weights are float32, bfloat16 or float16, not ",
           name_of(dtype));
  }
}

}  // namespace hone::kernels
