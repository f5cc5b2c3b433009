// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Rules about the data.
#include <cmath>

#include "train/config_rules/lines.h"

namespace hone::config_rules {

TrainRules data_rules() {
  using C = TrainConfig;
  using G = GivenKeys;
  return {
      error(
          "batch flattening and packing", {"batch_flattening", "sample_packing"},
          [](const C& c, const G& given) {
            return given.on("batch_flattening") && given.text("batch_flattening") != "auto" &&
                   c.sample_packing;
          },
          "packed rows are flat already; remove it"),
      needs("streaming without max_steps", "streaming", "max_steps",
            "a stream has no end: set max_steps"),
      error(
          "pushing a dataset without a token", {"push_dataset_to_hub", "hf_use_auth_token"},
          [](const C&, const G& given) {
            return given.on("push_dataset_to_hub") && !given.on("hf_use_auth_token");
          },
          "needs hf_use_auth_token: true; but hone opens no connection, remove it"),
      notice(
          "packing without padding", {"pad_to_sequence_len", "sample_packing"},
          [](const C& c, const G& given) {
            return given.has("pad_to_sequence_len") && !given.on("pad_to_sequence_len") &&
                   c.sample_packing;
          },
          "packed rows always have sequence_len tokens"),
      at_most_one("two sources of evaluation rows", {"val_set_size", "test_datasets"},
                  "held-out rows come from one of the two; keep val_set_size or test_datasets"),
      // 1 and 1.0 are one number, but 1.0 is written where parts are.
      error(
          "all rows held out", {"val_set_size"},
          [](const C& c, const G& given) {
            return c.val_set_size == 1 &&
                   given.text("val_set_size").find('.') != std::string_view::npos;
          },
          "is a part of the rows, and would leave none to train on; give a smaller one, 0.05 say, "
          "or 1 for a single row"),
      error(
          "a part of a row held out", {"val_set_size"},
          [](const C& c, const G&) {
            return c.val_set_size > 1 && c.val_set_size != std::floor(c.val_set_size);
          },
          "rows are held out whole; give their number, or a part of all rows below 1"),
      error(
          "rows to drop that are as long as rows can be", {"min_sample_len", "sequence_len"},
          [](const C& c, const G&) { return c.min_sample_len > c.sequence_len; },
          "no row would be long enough and short enough"),
      notice(
          "packing in order is what happens", {"sample_packing_sequentially"},
          [](const C& c, const G&) { return c.sample_packing_sequentially && !c.sample_packing; },
          "has no effect without sample_packing"),
  };
}

}  // namespace hone::config_rules
