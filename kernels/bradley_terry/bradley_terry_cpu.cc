// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/bradley_terry/bradley_terry.h"
#include "kernels/core/isa.h"

namespace hone::kernels {
namespace {

// Calls f(p, row of the chosen answer, row of the rejected one) for every pair.
template <class F>
void for_each_pair(const Tensor& scores, const PreferencePairs& pairs, F f) {
  const int32_t* rows = pairs.rows.data<int32_t>();
  for (int64_t p = 0; p < pairs.rows.dim(0) / 2; ++p) {
    const int32_t chosen = rows[2 * p], rejected = rows[2 * p + 1];
    if (chosen < 0 && rejected < 0) continue;
    check(chosen >= 0 && rejected >= 0 && chosen < scores.dim(0) && rejected < scores.dim(0),
          "bradley_terry: pair ", p, " is of the rows ", chosen, " and ", rejected, " of ",
          scores.dim(0));
    f(p, chosen, rejected);
  }
}

}  // namespace

template <Isa I>
void bradley_terry_forward(Cpu<I>, const Tensor& scores, const PreferencePairs& pairs,
                           const BradleyTerry& out) {
  visit_float(scores.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A centre = static_cast<A>(pairs.centre);
    double loss = 0, right = 0;
    for_each_pair(scores, pairs, [&](int64_t p, int32_t chosen, int32_t rejected) {
      const A c = A(scores.data<T>()[chosen]), r = A(scores.data<T>()[rejected]);
      const A d = c - r - (pairs.margins.defined() ? pairs.margins.data<A>()[p] : A(0));
      const A softplus = std::max(-d, A(0)) + std::log1p(std::exp(-std::abs(d)));
      loss += static_cast<double>(softplus + centre * (c + r) * (c + r));
      right += c > r ? 1 : 0;
    });
    const auto count = static_cast<double>(pairs.num_pairs.item<A>());
    *out.loss.data<A>() = static_cast<A>(loss / count);
    *out.right.data<A>() = static_cast<A>(right / count);
  });
}

template <Isa I>
void bradley_terry_backward(Cpu<I>, const Tensor& dloss, const Tensor& scores,
                            const PreferencePairs& pairs, const Tensor& dscores) {
  visit_float(scores.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const A centre = static_cast<A>(pairs.centre);
    const A share = dloss.item<A>() / pairs.num_pairs.item<A>();
    for_each_pair(scores, pairs, [&](int64_t p, int32_t chosen, int32_t rejected) {
      const A c = A(scores.data<T>()[chosen]), r = A(scores.data<T>()[rejected]);
      const A d = c - r - (pairs.margins.defined() ? pairs.margins.data<A>()[p] : A(0));
      const A push = A(1) / (A(1) + std::exp(d)), pull = 2 * centre * (c + r);
      dscores.data<T>()[chosen] = T(share * (pull - push));
      dscores.data<T>()[rejected] = T(share * (pull + push));
    });
  });
}

template void bradley_terry_forward(Cpu<kIsa>, const Tensor&, const PreferencePairs&,
                                    const BradleyTerry&);
template void bradley_terry_backward(Cpu<kIsa>, const Tensor&, const Tensor&,
                                     const PreferencePairs&, const Tensor&);

}  // namespace hone::kernels
