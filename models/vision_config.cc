// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/vision_config.h"

#include <cmath>

#include "models/config_fields.h"

namespace hone {
namespace {

constexpr std::string_view kActivation = "gelu_pytorch_tanh";
constexpr int64_t kImageToken = 248056, kVideoToken = 248057;
constexpr IntRange kTokenRange{0, 1 << 24};

}  // namespace

VisionConfig read_qwen3_5_vision(const JsonValue& json, int64_t text_hidden) {
  const JsonValue vision = json.at("vision_config");
  VisionConfig c;
  c.depth = vision.get_int_or("depth", 27, {1, 4096});
  c.hidden_size = vision.get_int_or("hidden_size", 1152, kSizeRange);
  c.intermediate_size = vision.get_int_or("intermediate_size", 4304, kSizeRange);
  c.heads = vision.get_int_or("num_heads", 16, kSizeRange);
  c.channels = vision.get_int_or("in_channels", 3, {1, 16});
  c.patch_size = vision.get_int_or("patch_size", 16, {1, 256});
  c.temporal_patch_size = vision.get_int_or("temporal_patch_size", 2, {1, 16});
  c.merge_size = vision.get_int_or("spatial_merge_size", 2, {1, 16});
  c.out_hidden_size = vision.get_int_or("out_hidden_size", text_hidden, kSizeRange);
  c.initializer_range = vision.get_double_or("initializer_range", 0.02);
  if (const auto rope = vision.find("rope_parameters"))
    c.rope_theta = rope->get_double_or("rope_theta", c.rope_theta);
  c.image_token_id = json.get_int_or("image_token_id", kImageToken, kTokenRange);
  c.video_token_id = json.get_int_or("video_token_id", kVideoToken, kTokenRange);

  // Rows and columns each turn a quarter of a head.
  if (c.hidden_size % c.heads != 0 || c.head_dim() % 4 != 0)
    vision.at("num_heads")
        .reject("heads of a multiple of 4 elements that make up hidden_size = " +
                std::to_string(c.hidden_size));
  if (c.out_hidden_size != text_hidden)
    vision.at("out_hidden_size")
        .reject("the text model's hidden_size = " + std::to_string(text_hidden));
  if (vision.get_string_or("hidden_act", std::string(kActivation)) != kActivation)
    vision.at("hidden_act").reject(kActivation);
  if (const auto deepstack = vision.find("deepstack_visual_indexes");
      deepstack && deepstack->size() > 0)
    deepstack->reject("none: Qwen3.5 has no deepstack features");
  const int64_t positions =
      vision.get_int_or("num_position_embeddings", 2304, {1, int64_t{1} << 24});
  c.positions_per_side = std::llround(std::sqrt(static_cast<double>(positions)));
  if (c.positions_per_side * c.positions_per_side != positions)
    vision.at("num_position_embeddings").reject("a square number");
  return c;
}

}  // namespace hone
