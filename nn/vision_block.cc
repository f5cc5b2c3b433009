// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/vision_block.h"

#include <cmath>

#include "autograd/ops/arithmetic.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/qk_norm_rope.h"
#include "autograd/ops/split_columns.h"
#include "kernels/attention/attention.h"

namespace hone::nn {

VisionBlock::VisionBlock(Builder& b, const std::string& path, const VisionBlockConfig& c)
    : config_(c),
      norm1_(b, path + ".norm1", c.hidden, NormKind::layer, c.eps),
      qkv_(b, path + ".attn.qkv", c.hidden, 3 * c.hidden, {.bias = true, .init = c.init}),
      proj_(b, path + ".attn.proj", c.hidden, c.hidden, {.bias = true, .init = c.init}),
      norm2_(b, path + ".norm2", c.hidden, NormKind::layer, c.eps),
      fc1_(b, path + ".mlp.linear_fc1", c.hidden, c.width, {.bias = true, .init = c.init}),
      fc2_(b, path + ".mlp.linear_fc2", c.width, c.hidden, {.bias = true, .init = c.init}) {}

Var VisionBlock::attend(const Var& x, const ForwardContext& context) const {
  const std::vector<Var> parts = split_columns(qkv_(x, context), 3);
  const std::vector<Var> qk =
      qk_norm_rope(parts[0], /*gated=*/false, parts[1], Var(), Var(), config_.eps,
                   kernels::NormWeight::plain, context.rotary, config_.heads, config_.heads);
  const double scale =
      1 / std::sqrt(static_cast<double>(config_.hidden) / static_cast<double>(config_.heads));
  const Var o =
      attention(qk[0], qk[1], parts[2], context.cu_seqlens, scale, kernels::kWholeDocument);
  return proj_(reshape(o, x.shape()), context);
}

Var VisionBlock::operator()(const Var& x, const ForwardContext& context) const {
  const auto [h, normed] = norm2_.add(attend(norm1_(x), context), x);
  return add(h, fc2_(gelu(fc1_(normed, context), kernels::GeluForm::tanh), context));
}

}  // namespace hone::nn
