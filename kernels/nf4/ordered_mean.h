// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace hone::kernels {

// The mean of f32 numbers, summed in the order in which PyTorch 2.11's CUDA reduction sums a
// contiguous tensor on a GPU with 132 multiprocessors (H100 or H200). The offset of double
// quantisation is such a mean, and every nested code depends on it. On a GPU with another number of
// multiprocessors the order differs above 131071 elements, and with it the last bits.
//
//   Up to 512 threads; each adds every T-th number, from 128 numbers on every T-th group of four,
//   into four partial sums; from 256 numbers a thread on, several blocks share the work. The
//   threads' sums are added as a binary tree, as are the blocks'.
//
// Requires: at least one number.
float ordered_mean(std::span<const float> x);

// How n numbers are shared out, here and in the CUDA kernel (ordered_mean.cuh).
struct OrderedMeanLaunch {
  int64_t threads;  // of a block: a power of two, at most 512
  int64_t blocks;
  bool vectorised;  // a thread reads groups of four neighbours
};
OrderedMeanLaunch ordered_mean_launch(int64_t n);
inline constexpr int64_t kOrderedMeanWidth = 4;  // partial sums of a thread

}  // namespace hone::kernels
