// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How conversations become text, and special tokens.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys template_keys() {
  return {
      refused("chat_template", "messages are written with the built-in turn markers"),
      refused("chat_template_jinja", "messages are written with the built-in turn markers"),
      refused("default_system_message", "put the system message into the rows"),
      refused("special_tokens", "tokenizer.json says what the special tokens are"),
      refused("tokens", "the vocabulary cannot grow"),
      refused("added_tokens_overrides", "the vocabulary cannot change"),
      refused("mean_resizing_embeddings", "the vocabulary cannot grow"),
      refused("shrink_embeddings", "the vocabulary cannot change"),
      refused("fix_untrained_tokens", "token embeddings are used as they are"),
      refused("resize_token_embeddings_to_32x", "the vocabulary cannot grow"),
      refused("eot_tokens", "messages are written with the built-in turn markers"),
  };
}

}  // namespace hone::config_keys
