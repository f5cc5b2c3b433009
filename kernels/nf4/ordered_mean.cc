// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nf4/ordered_mean.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace hone::kernels {
namespace {

constexpr int64_t kMultiprocessors = 132;
constexpr int64_t kThreadsPerMultiprocessor = 2048;
constexpr int64_t kMaxThreads = 512;  // of a block
constexpr int64_t kWidth = kOrderedMeanWidth;
constexpr int64_t kMinVectorised = 128;
constexpr int64_t kMinPerThread = 16;
constexpr int64_t kMaxPerThread = 256;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t power_of_two_below(int64_t n) {
  return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(n)));
}

// What one thread of the launch adds up; `index` counts threads over all blocks.
float thread_sum(std::span<const float> x, const OrderedMeanLaunch& launch, int64_t index) {
  const int64_t n = static_cast<int64_t>(x.size());
  const int64_t stride = launch.threads * launch.blocks;
  const auto at = [&](int64_t i) { return x[static_cast<size_t>(i)]; };
  std::array<float, kWidth> sums{};
  if (launch.vectorised) {
    for (int64_t i = index; i * kWidth + kWidth - 1 < n; i += stride)
      for (int64_t j = 0; j < kWidth; ++j) sums[static_cast<size_t>(j)] += at(i * kWidth + j);
    const int64_t rest = n - n % kWidth + index;  // the last one to three numbers: block 0
    if (index < launch.threads && rest < n) sums[0] += at(rest);
  } else {
    for (int64_t i = index, j = 0; i < n; i += stride, ++j)
      sums[static_cast<size_t>(j % kWidth)] += at(i);
  }
  return ((sums[0] + sums[1]) + sums[2]) + sums[3];
}

// Requires: a power of two of numbers.
float tree_sum(std::vector<float>& sums) {
  for (size_t half = sums.size() / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  return sums[0];
}

}  // namespace

OrderedMeanLaunch ordered_mean_launch(int64_t n) {
  const bool vectorised = n >= kMinVectorised;
  const int64_t items = vectorised ? n / kWidth : n;
  const int64_t threads = power_of_two_below(std::min(items, kMaxThreads));
  const int64_t per_thread = ceil_div(n, threads);
  if (per_thread < kMaxPerThread) return {threads, 1, vectorised};
  const int64_t resident = kMultiprocessors * (kThreadsPerMultiprocessor / threads);
  const int64_t blocks = std::max(std::min(resident, ceil_div(per_thread, kMinPerThread)),
                                  ceil_div(per_thread, kMaxPerThread));
  return {threads, blocks, vectorised};
}

float ordered_mean(std::span<const float> x) {
  const OrderedMeanLaunch launch = ordered_mean_launch(static_cast<int64_t>(x.size()));
  const auto threads = static_cast<size_t>(launch.threads);
  std::vector<float> block_sums(static_cast<size_t>(launch.blocks)), sums(threads);
  for (size_t b = 0; b < block_sums.size(); ++b) {
    for (size_t t = 0; t < threads; ++t)
      sums[t] = thread_sum(x, launch, static_cast<int64_t>(b * threads + t));
    block_sums[b] = tree_sum(sums);
  }
  if (launch.blocks > 1) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (size_t b = 0; b < block_sums.size(); ++b) sums[b % threads] += block_sums[b];
    block_sums[0] = tree_sum(sums);
  }
  return block_sums[0] * (1.0f / static_cast<float>(x.size()));
}

}  // namespace hone::kernels
