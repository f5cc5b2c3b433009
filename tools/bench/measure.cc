// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"
#include "kernels/optimizer/global_norm.h"
#include "tensor/gpu.h"
#include "tensor/gpu_event.h"

namespace hone::kernels::bench {
namespace {

using Call = std::function<void()>;

// By the device's clock.
double seconds_of(const Call& call, Device device) {
  if (device.type == DeviceType::cuda) {
    const GpuEvent start(device);
    call();
    return GpuEvent(device).seconds_since(start);
  }
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The best of some time. A GPU that multiplies for longer lowers its clock to stay within its power, and
// keeps it low for a while.
double best_of_many(const Call& call, Device device) {
  const double enough = is_gpu(device) ? 0.1 : 1;
  call();
  double best = seconds_of(call, device), total = best;
  while (total < enough) {
    const double seconds = seconds_of(call, device);
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

// Fills the caches with something else. On a GPU it reads: lines that it wrote would be written back
// to memory during the run that is timed, and count as that run's.
class Eviction {
 public:
  // More than the last-level cache that one process usually has to itself; GPU: than the L2.
  explicit Eviction(Device device)
      : memory_(Tensor::zeros({(is_gpu(device) ? 64 : 16) << 20}, DType::f32, device)),
        norm_(Tensor::scalar(0.0f, device)),
        scalars_(StepScalars::make(device)) {}

  void run() const {
    if (is_gpu(memory_.device())) return clip_factor(memory_, {}, 1, norm_, scalars_);
    // Every thread's caches.
    float* const data = memory_.data<float>();
    const int64_t threads = num_threads(), n = memory_.numel();
    parallel_for(threads, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part)
        for (int64_t i = part * n / threads; i < (part + 1) * n / threads; ++i) ++data[i];
    });
  }

 private:
  Tensor memory_, norm_;
  StepScalars scalars_;
};

double copy_seconds(Device device, int64_t bytes) {
  const Tensor from = Tensor::zeros({bytes}, DType::u8, device);
  const Tensor to = Tensor::zeros({bytes}, DType::u8, device);
  return best_of_many(
      [&] {
        if (device.type == DeviceType::cuda) return copy_bytes(from, to);
        parallel_for(bytes, 1 << 20, [&](int64_t begin, int64_t end) {
          std::memcpy(to.data<uint8_t>() + begin, from.data<uint8_t>() + begin,
                      static_cast<size_t>(end - begin));
        });
      },
      device);
}

}  // namespace

double Roofs::bound(const Cost& cost) const {
  return std::max(cost.bytes / bytes_per_second, cost.flops / flops_per_second);
}

bool Roofs::memory_bound(const Cost& cost) const {
  return cost.bytes / bytes_per_second >= cost.flops / flops_per_second;
}

std::string device_text(Device device) {
  if (device.type == DeviceType::cuda) return gpu_properties(device).name;
  return std::to_string(num_threads()) + " threads, x86-64-v" +
         std::to_string(static_cast<int>(cpu_isa()));
}

Roofs measure_roofs(Device device, DType dtype) {
  const bool gpu = device.type == DeviceType::cuda;
  const int64_t bytes = int64_t{gpu ? 1024 : 256} << 20, size = gpu ? 8192 : 1024;
  const DType in = gpu ? dtype : DType::f32;
  const double copy = copy_seconds(device, bytes);
  BenchSizes operands;
  operands.device = device;
  const Tensor a = operands.values({size, size}, in), c = Tensor::empty_like(a);
  const double product =
      best_of_many([&] { gemm(a, Transpose::no, a, Transpose::yes, 1, 0, c); }, device);
  return {2.0 * static_cast<double>(bytes) / copy,
          gemm_cost(size, size, size, in, in).flops / product};
}

double median_seconds(const BenchCase& c, Device device) {
  const Call call = c.prepare();
  const auto step = [&] {
    const StepScope scope(device, 1);
    call();
  };
  step();  // records the allocations
  step();  // makes the arena
  std::vector<double> seconds;
  double total = 0;
  const Eviction eviction(device);
  while (seconds.size() < 20 && (total < 0.5 || seconds.size() < 3)) {
    eviction.run();
    seconds.push_back(seconds_of(step, device));
    total += seconds.back();
  }
  release_step_arena(device);
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace hone::kernels::bench
