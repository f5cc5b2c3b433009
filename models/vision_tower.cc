// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/vision_tower.h"

#include <algorithm>
#include <span>

#include "autograd/checkpoint.h"
#include "autograd/ops/arithmetic.h"
#include "autograd/ops/gelu.h"
#include "autograd/ops/weighted_rows.h"
#include "kernels/elementwise/elementwise.h"
#include "models/config.h"

namespace hone {
namespace {

constexpr const char* kPath = "model.visual";
constexpr double kEps = 1e-6;

}  // namespace

VisionTower::VisionTower(nn::Builder& b, const VisionConfig& c)
    : config_(c), dtype_(b.options().dtype) {
  const std::string path = kPath;
  const nn::Init init = nn::Init::normal(c.initializer_range);
  patch_weight_ = b.parameter(
      path + ".patch_embed.proj.weight",
      {c.hidden_size, c.channels, c.temporal_patch_size, c.patch_size, c.patch_size}, init);
  patch_bias_ = b.parameter(path + ".patch_embed.proj.bias", {c.hidden_size}, nn::Init::zeros());
  positions_ = b.parameter(path + ".pos_embed.weight",
                           {c.positions_per_side * c.positions_per_side, c.hidden_size}, init);
  for (int64_t i = 0; i < c.depth; ++i)
    blocks_.emplace_back(b, path + ".blocks." + std::to_string(i),
                         nn::VisionBlockConfig{.hidden = c.hidden_size,
                                               .width = c.intermediate_size,
                                               .heads = c.heads,
                                               .eps = kEps,
                                               .init = c.initializer_range});
  const int64_t merged = c.merge_size * c.merge_size * c.hidden_size;
  const nn::Linear::Options options{.bias = true, .init = c.initializer_range};
  norm_.emplace(b, path + ".merger.norm", c.hidden_size, nn::NormKind::layer, kEps);
  fc1_.emplace(b, path + ".merger.linear_fc1", merged, merged, options);
  fc2_.emplace(b, path + ".merger.linear_fc2", merged, c.out_hidden_size, options);
  trains_ = std::any_of(b.parameters().begin(), b.parameters().end(), [](const nn::Parameter& p) {
    return p.trainable && p.name.starts_with(kPath);
  });
}

Var VisionTower::embed(const VisionInput& input) const {
  const Tensor pixels =
      input.pixels.dtype() == dtype_ ? input.pixels : kernels::cast(input.pixels, dtype_);
  const Weight patches(reshape(patch_weight_, {config_.hidden_size, config_.patch_elements()}));
  return add(linear(Var(pixels), patches, nullptr, patch_bias_),
             weighted_rows(input.corners, input.corner_weights, positions_));
}

Var VisionTower::operator()(const VisionInput& input, nn::ForwardContext context,
                            bool recompute) const {
  context.cu_seqlens = input.cu_seqlens;
  // Rows turn the first half of a head's pairs, columns the second: their angles alternate in the
  // table of 2 P positions, which is that of P patches. They are rounded only once they are applied.
  const RotaryConfig rotary{.theta = config_.rope_theta, .dims = config_.head_dim() / 2};
  const kernels::RotaryTable table =
      kernels::rotary_table(input.positions, inverse_frequencies(rotary), {},
                            dtype_ == DType::f64 ? DType::f64 : DType::f32);
  const Shape shape{input.patches(), config_.head_dim() / 2};
  context.rotary = {table.cos.view(shape), table.sin.view(shape)};

  Var x = embed(input);
  for (const nn::VisionBlock& block : blocks_) {
    if (!recompute) {
      x = block(x, context);
      continue;
    }
    const BlockFn run = [&block, context](std::span<const Var> in) {
      return std::vector<Var>{block(in[0], context)};
    };
    x = checkpoint("vision_block", run, std::span<const Var>(&x, 1), trains_)[0];
  }
  const int64_t group = config_.merge_size * config_.merge_size;
  const Var merged = reshape((*norm_)(x), {input.patches() / group, group * config_.hidden_size});
  return (*fc2_)(gelu((*fc1_)(merged, context), kernels::GeluForm::erf), context);
}

}  // namespace hone
