// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// cuBLASLt, opened when the first product needs it: a program that stays on the CPU neither needs
// the library nor waits for its half gigabyte to load.
#pragma once

#include <cublasLt.h>

namespace hone::kernels {

// The functions of the library that are used here, under the library's own names.
struct CublasLibrary {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtGetStatusName) status_name;
  decltype(&cublasLtMatmul) matmul;
  decltype(&cublasLtMatmulAlgoGetHeuristic) get_heuristic;
  decltype(&cublasLtMatmulDescCreate) desc_create;
  decltype(&cublasLtMatmulDescDestroy) desc_destroy;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
};

// Errors: kDevice when the library is not installed, naming what was looked for.
const CublasLibrary& cublas_library();

}  // namespace hone::kernels
