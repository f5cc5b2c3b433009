// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The CPU kernels as the oracle of the CUDA kernels.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tensor/gpu.h"
#include "tests/support/compare.h"
#include "tests/support/shared_memory.h"

namespace hone::test {

inline constexpr Device kGpu{DeviceType::cuda, 0};

// Whether GPU tests can run; if not, says that they are skipped. DEVICE=cuda in the environment
// makes a missing GPU a failure.
inline bool have_gpu() {
  if (gpu_count() > 0) return true;
  const char* device = std::getenv("DEVICE");
  const bool wanted = device != nullptr && std::string(device) == "cuda";
  if (wanted)
    FAIL("DEVICE=cuda, but there is no GPU: ", why_no_gpu());
  else
    MESSAGE("skipped: no GPU: ", why_no_gpu());
  return false;
}

// How far a CUDA kernel may be from the CPU kernel, ||a - b|| / ||b||: other orders of summation and
// other roundings of exp in f32 and f64, one unit of bf16's 2^-8 where a rounding falls to the
// other side.
inline double device_tolerance(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 1e-13;
    case DType::f32:
      return 1e-6;
    default:
      return 4e-3;
  }
}

inline std::vector<Tensor> moved(const std::vector<Tensor>& tensors, Device device) {
  std::vector<Tensor> result;
  for (const Tensor& t : tensors) result.push_back(t.defined() ? t.to(device) : t);
  return result;
}

// Calls f(operands) on the CPU and on the GPU and compares the tensors that it returns: floats within
// `factor` times device_tolerance of their own dtype or of the coarsest operand's; integers exactly.
// A second run on the GPU, with NaNs in shared memory, must give the same bits. f:
// (const std::vector<Tensor>&) -> std::vector<Tensor>; undefined tensors may be among its operands
// and results.
template <class F>
void check_gpu_matches(const std::string& what, const std::vector<Tensor>& operands, F f,
                       double factor = 1) {
  const std::vector<Tensor> want = f(operands);
  const std::vector<Tensor> on_gpu = moved(operands, kGpu);
  const std::vector<Tensor> got = moved(f(on_gpu), kCpu);
  fill_shared_memory_with_nan();
  const std::vector<Tensor> again = moved(f(on_gpu), kCpu);
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    if (!want[i].defined()) continue;
    CAPTURE(what);
    CAPTURE(i);
    CHECK(same_bits(got[i], again[i]));
    REQUIRE(got[i].dtype() == want[i].dtype());
    REQUIRE(got[i].shape() == want[i].shape());
    if (!is_float(want[i].dtype())) {
      CHECK(same_bits(got[i], want[i]));
      continue;
    }
    if (want[i].numel() == 0) continue;
    double tolerance = device_tolerance(want[i].dtype());
    for (const Tensor& t : operands)
      if (t.defined() && is_float(t.dtype()))
        tolerance = std::max(tolerance, device_tolerance(t.dtype()));
    CHECK(rel_err(got[i], want[i]) <= factor * tolerance);
  }
}

}  // namespace hone::test
