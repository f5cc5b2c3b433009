// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// For sources that call CUDA itself.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>

#include "tensor/check.h"

namespace hone {

// A CUDA call's result together with the line that made the call.
struct CudaResult {
  cudaError_t error;
  std::source_location at;
  CudaResult(cudaError_t e, std::source_location l = std::source_location::current())
      : error(e), at(l) {}
};

// Throws Error(kDevice) naming the error and the line unless the call succeeded.
inline void check_cuda(CudaResult result) {
  if (result.error == cudaSuccess) [[likely]]
    return;
  fail(ErrorCode::kDevice, "CUDA: ", cudaGetErrorName(result.error), ": ",
       cudaGetErrorString(result.error), " (", result.at.file_name(), ":", result.at.line(), ")");
}

}  // namespace hone
