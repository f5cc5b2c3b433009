// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The host never learns how many rows have labels: `rows` holds -1 beyond their number, and such rows of
// the logits are zeros that nobody reads.
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/cuda/reduce.cuh"
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

namespace hone::kernels {
namespace {

constexpr int kScanThreads = 1024;

// One block: places of the labelled rows by running counts, kScanThreads rows at a time.
__global__ void __launch_bounds__(kScanThreads)
    labelled_rows_kernel(const int64_t* targets, int64_t N, int64_t V, int32_t* rows,
                         int32_t* count) {
  __shared__ int32_t warp_counts[kScanThreads / kWarp];
  const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  int32_t before = 0;
  for (int64_t base = 0; base < N; base += kScanThreads) {
    const int64_t n = base + threadIdx.x;
    const int64_t target = n < N ? targets[n] : kIgnoredLabel;
    const bool labelled = target != kIgnoredLabel;
    if (labelled && (target < 0 || target >= V)) __trap();  // the host has checked labels
    const unsigned ballot = __ballot_sync(~0u, labelled);
    if (lane == 0) warp_counts[warp] = __popc(ballot);
    __syncthreads();  // the warps' counts are there
    int32_t place = before + __popc(ballot & ((1u << lane) - 1));
    for (int w = 0; w < kScanThreads / kWarp; ++w) {
      if (w < warp) place += warp_counts[w];
      before += warp_counts[w];
    }
    if (labelled) rows[place] = static_cast<int32_t>(n);
    __syncthreads();  // everybody has read the counts
  }
  for (int64_t i = before + threadIdx.x; i < N; i += kScanThreads) rows[i] = -1;
  if (threadIdx.x == 0) *count = before;
}

template <class T>
struct Gather {
  const T* from;
  const int32_t* rows;
  T* to;
  int64_t C;

  template <int W>
  __device__ void operator()(int64_t i, int64_t c) const {
    Vec<T, W> x = {};
    if (rows[i] >= 0) x = load<W>(from + int64_t{rows[i]} * C + c);
    store(to + i * C + c, x);
  }
};

template <class T>
struct Scatter {
  const T* from;
  const int32_t* rows;
  T* to;
  int64_t C;

  template <int W>
  __device__ void operator()(int64_t i, int64_t c) const {
    if (rows[i] >= 0) store(to + int64_t{rows[i]} * C + c, load<W>(from + i * C + c));
  }
};

constexpr int kRowThreads = 1024;

// The largest of what a thread saw and the sum of exp(x - largest).
template <class A>
struct RunningSum {
  A largest = -static_cast<A>(INFINITY);
  A sum = 0;

  __device__ void add(A x) {
    if (x > largest) {
      sum *= exp(largest - x);
      largest = x;
    }
    sum += exp(x - largest);
  }
};

// log sum exp of all threads' values, in every thread.
template <class A>
__device__ A block_log_sum_exp(const RunningSum<A>& mine) {
  __shared__ A tops[kWarp];
  const A warp_top = warp_max(mine.largest);
  if (threadIdx.x % kWarp == 0) tops[threadIdx.x / kWarp] = warp_top;
  __syncthreads();  // the warps' largest are there
  A top = tops[0];
  for (int w = 1; w < kRowThreads / kWarp; ++w) top = tops[w] > top ? tops[w] : top;
  const A share = mine.sum == A(0) ? A(0) : mine.sum * exp(mine.largest - top);
  return top + log(block_sum(share));
}

// A block per row: the row is read for the sum, and again, mostly from the cache, for the gradient.
template <int W, class T>
__global__ void __launch_bounds__(kRowThreads)
    softmax_kernel(T* z, const int64_t* targets, const int32_t* rows, const acc_t<T>* num_items,
                   int64_t V, acc_t<T>* losses, bool gradient) {
  using A = acc_t<T>;
  const int64_t i = blockIdx.x;
  if (rows[i] < 0) {
    if (threadIdx.x == 0) losses[i] = 0;
    return;
  }
  T* const row = z + i * V;
  const int64_t target = targets[rows[i]];
  RunningSum<A> mine;
  for (int64_t v = int64_t{threadIdx.x} * W; v < V; v += kRowThreads * W) {
    const Vec<T, W> x = load<W>(row + v);
#pragma unroll
    for (int k = 0; k < W; ++k) mine.add(widen(x[k]));
  }
  const A lse = block_log_sum_exp(mine);
  if (threadIdx.x == 0) losses[i] = lse - A(widen(row[target]));
  if (!gradient) return;
  __syncthreads();  // the target's logit has been read
  const A items = *num_items;
  for (int64_t v = int64_t{threadIdx.x} * W; v < V; v += kRowThreads * W) {
    Vec<T, W> x = load<W>(row + v);
#pragma unroll
    for (int k = 0; k < W; ++k) {
      const A p = exp(A(widen(x[k])) - lse);
      x[k] = narrow_to<T>((v + k == target ? p - A(1) : p) / items);
    }
    store(row + v, x);
  }
}

// One block: each thread adds up every 1024th loss, then the threads are added in order of warps.
template <class A>
__global__ void __launch_bounds__(kScanThreads)
    sum_losses_kernel(const A* losses, const int32_t* count, const A* num_items, A* loss) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < *count; i += kScanThreads)
    sum += static_cast<double>(losses[i]);
  sum = block_sum(sum);
  if (threadIdx.x == 0)
    *loss = *count == 0 ? A(0) : static_cast<A>(sum / static_cast<double>(*num_items));
}

}  // namespace

void labelled_rows(Cuda device, const Tensor& targets, int64_t v, const Tensor& rows,
                   const Tensor& count) {
  launch(device, labelled_rows_kernel, 1, kScanThreads, 0, targets.data<int64_t>(), targets.dim(0),
         v, rows.data<int32_t>(), count.data<int32_t>());
}

void gather_rows(Cuda device, const Tensor& from, const Tensor& rows, const Tensor& to) {
  visit_float(from.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({to, from}, kLanes<T>),
        Gather<T>{from.data<T>(), rows.data<int32_t>(), to.data<T>(), from.dim(1)});
  });
}

void scatter_rows(Cuda device, const Tensor& from, const Tensor& rows, const Tensor& to) {
  visit_float(from.dtype(), [&]<class T>() {
    for_each_vector<kLanes<T>>(
        device, rows_and_columns({from, to}, kLanes<T>),
        Scatter<T>{from.data<T>(), rows.data<int32_t>(), to.data<T>(), from.dim(1)});
  });
}

void softmax_cross_entropy(Cuda device, const Tensor& z, const Tensor& targets, const Tensor& rows,
                           const Tensor& num_items, const Tensor& losses, bool gradient) {
  visit_float(z.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const auto run = [&]<int W>() {
      launch(device, softmax_kernel<W, T>, grid_size(z.dim(0)), kRowThreads, 0, z.data<T>(),
             targets.data<int64_t>(), rows.data<int32_t>(), num_items.data<A>(), z.dim(1),
             losses.data<A>(), gradient);
    };
    if (are_vectors(kLanes<T>, z.dim(1), {z}))
      run.template operator()<kLanes<T>>();
    else
      run.template operator()<1>();
  });
}

void sum_losses(Cuda device, const Tensor& losses, const Tensor& count, const Tensor& num_items,
                const Tensor& loss) {
  const auto run = [&]<class A>() {
    launch(device, sum_losses_kernel<A>, 1, kScanThreads, 0, losses.data<A>(),
           count.data<int32_t>(), num_items.data<A>(), loss.data<A>());
  };
  if (losses.dtype() == DType::f64)
    run.template operator()<double>();
  else
    run.template operator()<float>();
}

}  // namespace hone::kernels
