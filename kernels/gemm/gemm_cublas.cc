// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// gemm on a GPU, through cuBLASLt. One plan (algorithm and descriptors) for each shape, chosen once by
// the library's heuristic among the algorithms that give the same bits every time: sums of split
// products are made in a workspace of our own, never by atomic additions into C.
#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/cublas_library.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {
namespace {

void check_cublas(cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) [[likely]]
    return;
  fail(ErrorCode::kDevice, "cuBLAS: ", cublas_library().status_name(status));
}

cudaDataType_t cuda_type(DType t) {
  switch (t) {
    case DType::f64:
      return CUDA_R_64F;
    case DType::f32:
      return CUDA_R_32F;
    default:
      return CUDA_R_16BF;
  }
}

// The largest power of two up to 16 that divides the address.
uint32_t alignment_of(const void* p) {
  const auto address = reinterpret_cast<uintptr_t>(p);
  uint32_t bytes = 16;
  while (address % bytes != 0) bytes /= 2;
  return bytes;
}

// What a plan depends on. cuBLAS thinks in column-major matrices: a row-major X is its X^T, so C^T =
// op(B)^T op(A)^T is computed, with "left" = B and "right" = A.
struct Shape3 {
  int64_t m, n, k;  // of C^T [m, n]: m columns of C, n rows
  int64_t left_stride, right_stride, out_stride;
  bool left_transposed, right_transposed;
  DType in, out;
  uint32_t left_alignment, right_alignment, out_alignment;
  int64_t workspace_bytes;
  auto operator<=>(const Shape3&) const = default;
};

struct Plan {
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t left = nullptr, right = nullptr, out = nullptr;
  cublasLtMatmulAlgo_t algorithm = {};
};

// Plans live as long as the program: a run has a few dozen.
Plan make_plan(cublasLtHandle_t handle, const Shape3& s) {
  const CublasLibrary& lt = cublas_library();
  Plan plan;
  const bool wide = s.in == DType::f64;
  check_cublas(lt.desc_create(&plan.operation, wide ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F,
                              wide ? CUDA_R_64F : CUDA_R_32F));
  const auto set_operation = [&](cublasLtMatmulDescAttributes_t which, bool transposed) {
    const cublasOperation_t op = transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    check_cublas(lt.desc_set(plan.operation, which, &op, sizeof(op)));
  };
  set_operation(CUBLASLT_MATMUL_DESC_TRANSA, s.left_transposed);
  set_operation(CUBLASLT_MATMUL_DESC_TRANSB, s.right_transposed);
  const auto layout = [&](cublasLtMatrixLayout_t& to, DType t, int64_t rows, int64_t columns,
                          int64_t stride) {
    check_cublas(lt.layout_create(&to, cuda_type(t), static_cast<uint64_t>(rows),
                                  static_cast<uint64_t>(columns), stride));
  };
  layout(plan.left, s.in, s.left_transposed ? s.k : s.m, s.left_transposed ? s.m : s.k,
         s.left_stride);
  layout(plan.right, s.in, s.right_transposed ? s.n : s.k, s.right_transposed ? s.k : s.n,
         s.right_stride);
  layout(plan.out, s.out, s.m, s.n, s.out_stride);

  cublasLtMatmulPreference_t preference = nullptr;
  check_cublas(lt.preference_create(&preference));
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t which, auto value) {
    check_cublas(lt.preference_set(preference, which, &value, sizeof(value)));
  };
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<uint64_t>(s.workspace_bytes));
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
         static_cast<uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE |
                               CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, s.left_alignment);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, s.right_alignment);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, s.out_alignment);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, s.out_alignment);
  cublasLtMatmulHeuristicResult_t best = {};
  int found = 0;
  const cublasStatus_t status = lt.get_heuristic(handle, plan.operation, plan.left, plan.right,
                                                 plan.out, plan.out, preference, 1, &best, &found);
  lt.preference_destroy(preference);
  if (status != CUBLAS_STATUS_SUCCESS || found == 0)
    fail(ErrorCode::kDevice, "cuBLAS has no algorithm for [", s.n, ", ", s.k, "] x [", s.k, ", ",
         s.m, "] in ", name_of(s.in), ": ", lt.status_name(status));
  plan.algorithm = best.algo;
  return plan;
}

// The library's state for one GPU.
class Cublas {
 public:
  Cublas() { check_cublas(cublas_library().create(&handle_)); }

  const Plan& plan(const Shape3& shape) {
    const auto found = plans_.find(shape);
    return found != plans_.end() ? found->second
                                 : plans_.emplace(shape, make_plan(handle_, shape)).first->second;
  }
  cublasLtHandle_t handle() const { return handle_; }

 private:
  cublasLtHandle_t handle_ = nullptr;
  std::map<Shape3, Plan> plans_;
};

std::mutex cublas_mutex;

// Opened with the first product on the GPU, never closed. Requires: cublas_mutex is held.
Cublas& cublas_of(Device device) {
  static auto* const opened = new std::map<int, std::unique_ptr<Cublas>>;
  std::unique_ptr<Cublas>& cublas = (*opened)[device.index];
  if (!cublas) cublas = std::make_unique<Cublas>();
  return *cublas;
}

// A sum of no terms: C = beta * C.
void scale_in_place(const Tensor& c, double beta) {
  check(c.is_contiguous(), "gemm: an empty product into strided rows ", c.shape());
  if (beta == 0)
    fill(c, 0);
  else if (beta != 1)
    copy_bytes(scale(c, beta), c);
}

}  // namespace

void gemm(Cuda device, const Tensor& a, Transpose ta, const Tensor& b, Transpose tb, double alpha,
          double beta, const Tensor& c, const Tensor& workspace) {
  const int64_t k = a.dim(ta == Transpose::no ? 1 : 0);
  if (c.numel() == 0) return;
  if (k == 0) return scale_in_place(c, beta);
  const auto stride = [](const Tensor& t) { return std::max(t.stride(0), t.dim(1)); };
  const Shape3 shape = {.m = c.dim(1),
                        .n = c.dim(0),
                        .k = k,
                        .left_stride = stride(b),
                        .right_stride = stride(a),
                        .out_stride = stride(c),
                        .left_transposed = tb == Transpose::yes,
                        .right_transposed = ta == Transpose::yes,
                        .in = a.dtype(),
                        .out = c.dtype(),
                        .left_alignment = alignment_of(b.raw()),
                        .right_alignment = alignment_of(a.raw()),
                        .out_alignment = alignment_of(c.raw()),
                        .workspace_bytes = workspace.nbytes()};
  const std::lock_guard lock(cublas_mutex);
  Cublas& cublas = cublas_of(c.device());
  const Plan& plan = cublas.plan(shape);
  const auto narrow_alpha = static_cast<float>(alpha), narrow_beta = static_cast<float>(beta);
  const bool wide = a.dtype() == DType::f64;
  const void* const scale_alpha = wide ? static_cast<const void*>(&alpha) : &narrow_alpha;
  const void* const scale_beta = wide ? static_cast<const void*>(&beta) : &narrow_beta;
  check_cublas(cublas_library().matmul(
      cublas.handle(), plan.operation, scale_alpha, b.raw(), plan.left, a.raw(), plan.right,
      scale_beta, c.raw(), plan.out, c.raw(), plan.out, &plan.algorithm, workspace.raw(),
      static_cast<size_t>(workspace.nbytes()), device.stream));
}

}  // namespace hone::kernels
