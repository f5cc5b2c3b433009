// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "kernels/core/parallel.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels::bench {
namespace {

constexpr int64_t kCopyBytes = int64_t{256} << 20;
// More than the last-level cache that one process usually has to itself.
constexpr int64_t kEvictBytes = int64_t{64} << 20;
constexpr int64_t kProduct = 1024;

double seconds_of(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double best_of_a_second(const std::function<void()>& call) {
  double best = seconds_of(call), total = best;
  while (total < 1) {
    const double seconds = seconds_of(call);
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

// Fills every thread's caches with something else.
void evict_caches() {
  static std::vector<char> memory(kEvictBytes);
  const int64_t threads = num_threads();
  parallel_for(threads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part)
      for (int64_t i = part * kEvictBytes / threads; i < (part + 1) * kEvictBytes / threads; ++i)
        ++memory[static_cast<size_t>(i)];
  });
}

}  // namespace

double Roofs::bound(const Cost& cost) const {
  return std::max(cost.bytes / bytes_per_second, cost.flops / flops_per_second);
}

bool Roofs::memory_bound(const Cost& cost) const {
  return cost.bytes / bytes_per_second >= cost.flops / flops_per_second;
}

Roofs measure_roofs() {
  const Tensor from = Tensor::zeros({kCopyBytes}, DType::u8);
  const Tensor to = Tensor::zeros({kCopyBytes}, DType::u8);
  const double copy = best_of_a_second([&] {
    parallel_for(kCopyBytes, 1 << 20, [&](int64_t begin, int64_t end) {
      std::memcpy(to.data<uint8_t>() + begin, from.data<uint8_t>() + begin,
                  static_cast<size_t>(end - begin));
    });
  });

  const Tensor a = values({kProduct, kProduct}, DType::f32);
  const Tensor c = Tensor::empty_like(a);
  const double product =
      best_of_a_second([&] { gemm(a, Transpose::no, a, Transpose::yes, 1, 0, c); });
  return {2.0 * kCopyBytes / copy,
          gemm_cost(kProduct, kProduct, kProduct, DType::f32, DType::f32).flops / product};
}

double median_seconds(const BenchCase& c) {
  const std::function<void()> call = c.prepare();
  const auto step = [&] {
    const StepScope scope(kCpu, 1);
    call();
  };
  step();  // records the allocations
  step();  // makes the arena
  std::vector<double> seconds;
  double total = 0;
  while (seconds.size() < 20 && (total < 0.5 || seconds.size() < 3)) {
    evict_caches();
    seconds.push_back(seconds_of(step));
    total += seconds.back();
  }
  release_step_arena(kCpu);
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace hone::kernels::bench
