// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The chat template that a configuration asks for.
#pragma once

#include "data/chat_template_files.h"
#include "data/tokenizer.h"
#include "train/config.h"
#include "train/config_problems.h"
#include "train/training_data.h"

namespace hone {

// The template of an item of datasets: its own, or the run's.
ChatTemplateChoice template_choice(const TrainConfig& config, const DatasetConfig& dataset);

// Adds what is wrong with special_tokens, eot_tokens and the chat templates of all datasets, beside
// the tokenizer's folder. Errors: kModel for files of that folder.
void check_chat(const TrainConfig& config, const Tokenizer& tokenizer, ConfigProblems& problems);

// By chat_template and chat_template_jinja of the item or of the run, default_system_message,
// special_tokens and eot_tokens, with the files of the tokenizer's folder.
// Requires: check_chat found nothing.
// Errors: kUsage naming the keys; kModel for files of that folder.
ChatWriter make_chat_writer(const TrainConfig& config, const DatasetConfig& dataset,
                            const Tokenizer& tokenizer);

}  // namespace hone
