// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/split_l2_norm.h"

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/l2_norm/l2_norm.h"

namespace hone {
namespace {

constexpr double kEpsilon = 1e-6;

// The three parts of a joint row as [N, heads, dim] views: of qkv, or of its gradient.
std::array<Tensor, 3> split_heads(const Tensor& qkv, const DeltaHeads& heads) {
  const int64_t keys = heads.key_width();
  return {qkv.narrow(1, 0, keys).split(1, heads.key_heads),
          qkv.narrow(1, keys, keys).split(1, heads.key_heads),
          qkv.narrow(1, 2 * keys, heads.value_width()).split(1, heads.value_heads)};
}

}  // namespace

std::array<Var, 3> split_l2_norm(const Var& qkv, DeltaHeads heads) {
  check(qkv.value().rank() == 2 && qkv.dim(1) == heads.qkv_width(), "split_l2_norm: ", qkv.shape(),
        " does not split into 2 x ", heads.key_heads, " heads of ", heads.key_dim, " and ",
        heads.value_heads, " of ", heads.value_dim);
  const auto [q, k, v] = split_heads(qkv.value(), heads);
  const auto qn = kernels::l2_norm_forward(q, kEpsilon);
  const auto kn = kernels::l2_norm_forward(k, kEpsilon);
  const Saved saved("split_l2_norm.qkv", qkv);
  std::vector<Var> vars =
      record({qkv}, {qn.y, kn.y, v},
             [saved, q_rnorm = qn.rnorm, k_rnorm = kn.rnorm, heads,
              gx = qkv.grad()](std::span<const Tensor> dy) {
               const Tensor x = saved.get();
               const bool all = dy[0].defined() && dy[1].defined() && dy[2].defined();
               const Tensor dx = all ? Tensor::empty_like(x) : Tensor::zeros_like(x);
               const auto from = split_heads(x, heads), to = split_heads(dx, heads);
               if (dy[0].defined()) kernels::l2_norm_backward(dy[0], from[0], q_rnorm, to[0]);
               if (dy[1].defined()) kernels::l2_norm_backward(dy[1], from[1], k_rnorm, to[1]);
               if (dy[2].defined()) kernels::cast_into(dy[2], to[2], false);
               gx->add(dx);
             });
  if (qkv.requires_grad()) {
    for (const size_t part : {0, 1})
      vars[part].set_recipe([saved, heads, part] {
        return kernels::l2_norm_forward(split_heads(saved.get(), heads)[part], kEpsilon).y;
      });
    vars[2].set_recipe([saved, heads] { return split_heads(saved.get(), heads)[2]; });
  }
  return {vars[0], vars[1], vars[2]};
}

}  // namespace hone
