// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From run-time device and dtype to compile-time tags.
//
// Every op has one overload per device tag: f(Cpu<I>, ...) in foo_cpu.cc, compiled once per
// instruction set, and f(Cuda, ...) in foo.cu. The public function checks, allocates its outputs
// and calls the overload through visit_device. On the meta device nothing is called: outputs have
// shapes and no bytes.
#pragma once

#include <cstdint>
#include <utility>

#include "tensor/check.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/gpu.h"

namespace hone::kernels {

// x86-64 levels of the CPU kernels (System V ABI names); other machines have v1 only.
enum class Isa : int { v1 = 1, v3 = 3, v4 = 4 };

template <Isa I>
struct Cpu {};

// A GPU: work is queued on its stream.
struct Cuda {
  CUstream_st* stream = nullptr;
};

// The best level this machine has, or the one forced by set_cpu_isa / HONE_CPU_ISA=v1|v3|v4.
Isa cpu_isa();
// Errors: kUsage if this machine cannot run it.
void set_cpu_isa(Isa isa);

// The GPU's stream, for a launch on it. Errors: kDevice when there is no such GPU.
Cuda cuda_device(Device device);

// Calls f(Cpu<I>{}) on the CPU, nothing on meta. For ops without a CUDA kernel.
// Errors: kDevice on a GPU.
template <class F>
void visit_cpu(Device device, F&& f) {
  switch (device.type) {
    case DeviceType::meta:
      return;
    case DeviceType::cpu:
      switch (cpu_isa()) {
#if defined(__x86_64__)
        case Isa::v4:
          return f(Cpu<Isa::v4>{});
        case Isa::v3:
          return f(Cpu<Isa::v3>{});
#endif
        default:
          return f(Cpu<Isa::v1>{});
      }
    case DeviceType::cuda:
      fail(ErrorCode::kDevice, "this operation has no CUDA kernel; use the cpu device");
  }
}

// Calls f(Cpu<I>{}) or f(Cuda{...}), nothing on meta.
template <class F>
void visit_device(Device device, F&& f) {
#if HONE_WITH_CUDA
  if (device.type == DeviceType::cuda) return f(cuda_device(device));
#endif
  visit_cpu(device, f);
}

// Calls f.template operator()<T>() with T in {float, double, bf16}, the dtypes that kernels compute
// on.
template <class F>
void visit_float(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::bf16:
      return f.template operator()<bf16>();
    default:
      fail(ErrorCode::kInternal, "kernels compute on float32, float64 and bfloat16, not ",
           name_of(dtype));
  }
}

// The type sums are made in: double for double, float for everything narrower.
template <class T>
struct Accumulator {
  using type = float;
};
template <>
struct Accumulator<double> {
  using type = double;
};
template <class T>
using acc_t = typename Accumulator<T>::type;

// Calls f.template operator()<A>() with the type that sums over data of `dtype` are made in.
template <class F>
void visit_accumulator(DType dtype, F&& f) {
  if (dtype == DType::f64)
    f.template operator()<double>();
  else
    f.template operator()<float>();
}

// The dtype of statistics and of parameter gradients that go with data of `dtype`.
constexpr DType accumulator_dtype(DType dtype) {
  return dtype == DType::f64 ? DType::f64 : DType::f32;
}

}  // namespace hone::kernels
