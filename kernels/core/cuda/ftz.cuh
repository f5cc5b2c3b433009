// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic that bitsandbytes' CUDA kernels are compiled to (fast math): subnormals are zero, and
// reciprocals are the hardware's approximation. kernels/gpu_math does the same on the CPU, bit by bit.
#pragma once

namespace hone::kernels {

__device__ inline float multiply_ftz(float x, float y) {
  float z;
  asm("mul.rn.ftz.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

__device__ inline float multiply_add_ftz(float x, float y, float z) {
  float r;
  asm("fma.rn.ftz.f32 %0, %1, %2, %3;" : "=f"(r) : "f"(x), "f"(y), "f"(z));
  return r;
}

__device__ inline float reciprocal_ftz(float x) {
  float r;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}

__device__ inline float sqrt_ftz(float x) {
  float r;
  asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}

__device__ inline float log2_ftz(float x) {
  float r;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}

__device__ inline float exp2_ftz(float x) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}

// x with subnormals flushed to a zero of the same sign.
__device__ inline float flush_ftz(float x) { return multiply_ftz(x, 1.f); }

}  // namespace hone::kernels
