// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The vision tower of a model as data.
#pragma once

#include <cstdint>

#include "data/json.h"

namespace hone {

struct VisionConfig {
  int64_t depth = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t heads = 0;
  int64_t channels = 3;
  int64_t patch_size = 16;          // pixels a side
  int64_t temporal_patch_size = 2;  // frames
  int64_t merge_size = 2;           // patches a side that become one token
  int64_t out_hidden_size = 0;      // of the text model
  int64_t positions_per_side = 0;   // of the square grid of learned positions
  double rope_theta = 10000;
  double initializer_range = 0.02;
  int64_t image_token_id = 0;  // the tokens whose places image features take
  int64_t video_token_id = 0;

  int64_t head_dim() const { return hidden_size / heads; }
  int64_t patch_elements() const {
    return channels * temporal_patch_size * patch_size * patch_size;
  }
};

// From the config.json of a vision-language model: vision_config, and the tokens beside it.
// text_hidden: the width of the text model. Errors: kModel naming the key.
VisionConfig read_qwen3_5_vision(const JsonValue& json, int64_t text_hidden);

}  // namespace hone
