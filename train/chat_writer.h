// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chat template that a configuration asks for.
#pragma once

#include "data/tokenizer.h"
#include "train/config.h"
#include "train/training_data.h"

namespace hone {

// By chat_template, chat_template_jinja, default_system_message, special_tokens and eot_tokens, with
// the files of the tokenizer's folder.
// Errors: kUsage naming the keys; kModel for files of that folder, and for a tokenizer that does not
// know the marks of a built-in template.
ChatWriter make_chat_writer(const TrainConfig& config, const Tokenizer& tokenizer);

}  // namespace hone
