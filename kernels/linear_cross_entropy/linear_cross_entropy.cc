// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

#include <algorithm>

#include "kernels/core/scratch.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& h, const Tensor& w, const Tensor& targets,
                    const Tensor& num_items) {
  check(h.rank() == 2 && w.rank() == 2 && h.dim(1) == w.dim(1) && h.is_contiguous(),
        "linear_cross_entropy: h ", h.shape(), " must be contiguous and fit the head ", w.shape());
  check(h.dtype() == w.dtype(), "linear_cross_entropy: h is ", name_of(h.dtype()), ", the head ",
        name_of(w.dtype()));
  check(targets.shape() == Shape{h.dim(0)} && targets.dtype() == DType::i64 &&
            targets.is_contiguous(),
        "linear_cross_entropy: targets ", targets.shape(), " ", name_of(targets.dtype()),
        " must be contiguous int64 like the rows of h ", h.shape());
  check(num_items.numel() == 1 && num_items.dtype() == accumulator_dtype(h.dtype()),
        "linear_cross_entropy: num_items must be one ", name_of(accumulator_dtype(h.dtype())),
        ", got ", num_items.shape(), " ", name_of(num_items.dtype()));
}

}  // namespace

LinearCrossEntropyOutput linear_cross_entropy(const Tensor& h, const Tensor& w,
                                              const Tensor& targets, const Tensor& num_items,
                                              bool want_dh, const GradTarget& dw) {
  check_operands(h, w, targets, num_items);
  const int64_t N = h.dim(0), C = h.dim(1), V = w.dim(0);
  const int64_t most = std::min(N, logit_rows(h.device()));
  const DType sums = accumulator_dtype(h.dtype());
  LinearCrossEntropyOutput out = {Tensor::empty({}, sums, h.device()), Tensor()};
  if (want_dh) out.dh = Tensor::zeros_like(h);
  if (dw.wanted() && !dw.accumulate) fill(dw.tensor, 0);

  const Tensor rows = scratch_tensor({N}, DType::i32, h.device());
  const Tensor count = scratch_tensor({1}, DType::i32, h.device());
  const Tensor losses = scratch_tensor({N}, sums, h.device());
  const Tensor logits = scratch_tensor({most, V}, h.dtype(), h.device());
  const Tensor gathered = scratch_tensor({most, C}, h.dtype(), h.device());
  const GemmSize products[] = {{most, V, C, h.dtype(), h.dtype()},
                               {most, C, V, h.dtype(), h.dtype()},
                               {V, C, most, h.dtype(), sums}};
  const Tensor workspace = gemm_workspace(products, h.device());
  visit_device(h.device(), [&](auto device) {
    const auto multiply = [&](const Tensor& a, Transpose ta, const Tensor& b, Transpose tb,
                              double beta, const Tensor& c) {
      gemm(device, a, ta, b, tb, 1, beta, c, workspace);
    };
    labelled_rows(device, targets, V, rows, count);
    // The host does not wait for a GPU to learn how many rows there are: it passes over all.
    const int64_t labelled = is_gpu(h.device()) ? N : count.item<int32_t>();
    for (int64_t from = 0; from < labelled; from += most) {
      const int64_t n = std::min(most, labelled - from);
      const Tensor at = rows.rows(from, from + n), x = gathered.rows(0, n), z = logits.rows(0, n);
      gather_rows(device, h, at, x);
      multiply(x, Transpose::no, w, Transpose::yes, 0, z);
      softmax_cross_entropy(device, z, targets, at, num_items, losses.rows(from, from + n),
                            want_dh || dw.wanted());
      if (dw.wanted()) multiply(z, Transpose::yes, x, Transpose::no, 1, dw.tensor);
      if (!want_dh) continue;
      multiply(z, Transpose::no, w, Transpose::no, 0, x);
      scatter_rows(device, x, at, out.dh);
    }
    sum_losses(device, losses, count, num_items, out.loss);
  });
  return out;
}

Cost linear_cross_entropy_cost(int64_t m, int64_t c, int64_t v, DType t, bool dh, bool dw) {
  const double products = 1.0 + (dh ? 1 : 0) + (dw ? 1 : 0);
  const double hidden = static_cast<double>(m) * static_cast<double>(c);
  const double head = static_cast<double>(v) * static_cast<double>(c);
  const double logits = static_cast<double>(m) * static_cast<double>(v);
  const auto sums = static_cast<double>(size_of(accumulator_dtype(t)));
  return {(hidden * (dh ? 2 : 1) + head) * static_cast<double>(size_of(t)) + (dw ? head * sums : 0),
          2 * products * logits * static_cast<double>(c) + 4 * logits};
}

}  // namespace hone::kernels
