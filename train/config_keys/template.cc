// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How conversations become text, and special tokens.
#include "train/config_keys/lines.h"

namespace hone::config_keys {

TrainKeys template_keys() {
  using C = TrainConfig;
  return {
      with_example(honoured("chat_template", &C::chat_template,
                            "what writes conversations: tokenizer_default, "
                            "tokenizer_default_fallback_NAME, jinja, or a built-in template's "
                            "NAME; by default the model's own, or qwen3_5_nothink if it has none"),
                   "chatml"),
      with_example(honoured("chat_template_jinja", &C::chat_template_jinja,
                            "with chat_template: jinja, a template's text or the path of its file"),
                   "\"{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}"
                   "{% endfor %}\""),
      with_example(honoured("chat_template_kwargs", &C::chat_template_kwargs,
                            "variables of the chat template: booleans, numbers or texts; a row's "
                            "own chat_template_kwargs override them"),
                   "{enable_thinking: false}"),
      with_example(honoured("default_system_message", &C::default_system_message,
                            "system message of conversations that have none"),
                   "Be brief."),
      with_example(
          honoured("special_tokens", &C::special_tokens,
                   "special tokens, over those of the tokenizer's files; all are tokens that "
                   "it has"),
          "{eos_token: \"<|im_end|>\"}"),
      refused("tokens", "the vocabulary cannot grow"),
      refused("added_tokens_overrides", "the vocabulary cannot change"),
      refused("mean_resizing_embeddings", "the vocabulary cannot grow"),
      refused("shrink_embeddings", "the vocabulary cannot change"),
      refused("fix_untrained_tokens", "token embeddings are used as they are"),
      refused("resize_token_embeddings_to_32x", "the vocabulary cannot grow"),
      with_example(
          honoured("eot_tokens", &C::eot_tokens, "tokens that end a turn, beside the eos token"),
          "[\"<|im_end|>\"]"),
  };
}

}  // namespace hone::config_keys
