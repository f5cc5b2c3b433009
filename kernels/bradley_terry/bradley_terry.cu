// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/bradley_terry/bradley_terry.h"
#include "kernels/core/cuda/for_each.cuh"
#include "kernels/core/cuda/reduce.cuh"

namespace hone::kernels {
namespace {

constexpr int kThreads = 1024;

template <class T>
struct Pairs {
  using A = acc_t<T>;
  const T* scores;
  const int32_t* rows;
  const A* margins;  // null: zeros
  const A* num_pairs;
  int64_t P;
  A centre;

  __device__ bool is_padding(int64_t p) const { return rows[2 * p] < 0; }
  __device__ A chosen(int64_t p) const { return A(scores[rows[2 * p]]); }
  __device__ A rejected(int64_t p) const { return A(scores[rows[2 * p + 1]]); }
  __device__ A difference(int64_t p) const {
    return chosen(p) - rejected(p) - (margins != nullptr ? margins[p] : A(0));
  }
};

template <class T>
Pairs<T> pairs_of(const Tensor& scores, const PreferencePairs& pairs) {
  using A = acc_t<T>;
  return {scores.data<T>(),
          pairs.rows.data<int32_t>(),
          pairs.margins.defined() ? pairs.margins.data<A>() : nullptr,
          pairs.num_pairs.data<A>(),
          pairs.rows.dim(0) / 2,
          static_cast<A>(pairs.centre)};
}

// One block: each thread adds up every 1024th pair, then the threads are added in order of warps.
template <class T>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(Pairs<T> pairs, acc_t<T>* loss, acc_t<T>* right) {
  using A = acc_t<T>;
  double sum = 0, count = 0;
  for (int64_t p = threadIdx.x; p < pairs.P; p += kThreads) {
    if (pairs.is_padding(p)) continue;
    const A c = pairs.chosen(p), r = pairs.rejected(p), d = pairs.difference(p);
    const A softplus = (d < A(0) ? -d : A(0)) + log1p(exp(d < A(0) ? d : -d));
    sum += static_cast<double>(softplus + pairs.centre * (c + r) * (c + r));
    count += c > r ? 1.0 : 0.0;
  }
  sum = block_sum(sum);
  count = block_sum(count);
  if (threadIdx.x != 0) return;
  const auto all = static_cast<double>(*pairs.num_pairs);
  *loss = static_cast<A>(sum / all);
  *right = static_cast<A>(count / all);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(Pairs<T> pairs, const acc_t<T>* dloss, T* dscores) {
  using A = acc_t<T>;
  const A share = *dloss / *pairs.num_pairs;
  for (int64_t p = threadIdx.x; p < pairs.P; p += kThreads) {
    if (pairs.is_padding(p)) continue;
    const A push = A(1) / (A(1) + exp(pairs.difference(p)));
    const A pull = A(2) * pairs.centre * (pairs.chosen(p) + pairs.rejected(p));
    dscores[pairs.rows[2 * p]] = T(share * (pull - push));
    dscores[pairs.rows[2 * p + 1]] = T(share * (pull + push));
  }
}

}  // namespace

void bradley_terry_forward(Cuda device, const Tensor& scores, const PreferencePairs& pairs,
                           const BradleyTerry& out) {
  visit_float(scores.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    launch(device, forward_kernel<T>, 1, kThreads, 0, pairs_of<T>(scores, pairs),
           out.loss.data<A>(), out.right.data<A>());
  });
}

void bradley_terry_backward(Cuda device, const Tensor& dloss, const Tensor& scores,
                            const PreferencePairs& pairs, const Tensor& dscores) {
  visit_float(scores.dtype(), [&]<class T>() {
    launch(device, backward_kernel<T>, 1, kThreads, 0, pairs_of<T>(scores, pairs),
           dloss.data<acc_t<T>>(), dscores.data<T>());
  });
}

}  // namespace hone::kernels
