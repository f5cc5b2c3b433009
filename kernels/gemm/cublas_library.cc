// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cublas_library.h"

#include <dlfcn.h>

#include <string>

#include "tensor/check.h"

namespace hone::kernels {
namespace {

void* open_library() {
  const std::string name = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);
  std::string errors;
  for (const std::string& path : {name, "/usr/local/cuda/lib64/" + name}) {
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    errors += std::string("\n  ") + dlerror();
  }
  fail(ErrorCode::kDevice, "matrix products on the GPU need cuBLAS ", CUBLAS_VER_MAJOR,
       "; install it with the CUDA toolkit, or name its folder in LD_LIBRARY_PATH:", errors);
}

template <class F>
void find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  if (function == nullptr) fail(ErrorCode::kDevice, "cuBLAS has no function ", name);
}

CublasLibrary load() {
  void* const library = open_library();
  CublasLibrary f = {};
  find(library, "cublasLtCreate", f.create);
  find(library, "cublasLtGetStatusName", f.status_name);
  find(library, "cublasLtMatmul", f.matmul);
  find(library, "cublasLtMatmulAlgoGetHeuristic", f.get_heuristic);
  find(library, "cublasLtMatmulDescCreate", f.desc_create);
  find(library, "cublasLtMatmulDescDestroy", f.desc_destroy);
  find(library, "cublasLtMatmulDescSetAttribute", f.desc_set);
  find(library, "cublasLtMatrixLayoutCreate", f.layout_create);
  find(library, "cublasLtMatrixLayoutDestroy", f.layout_destroy);
  find(library, "cublasLtMatmulPreferenceCreate", f.preference_create);
  find(library, "cublasLtMatmulPreferenceDestroy", f.preference_destroy);
  find(library, "cublasLtMatmulPreferenceSetAttribute", f.preference_set);
  return f;
}

}  // namespace

const CublasLibrary& cublas_library() {
  static const CublasLibrary library = load();
  return library;
}

}  // namespace hone::kernels
