// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a configuration trains and evaluates on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/content_hash.h"
#include "data/dataset.h"
#include "data/json.h"
#include "data/rendered_chat.h"
#include "data/sampler.h"
#include "data/tokenizer.h"
#include "train/config.h"

namespace hone {

// What writes conversations as text.
struct ChatWriter {
  RenderChat render;
  std::string settings;   // all that decides what it writes, for checksums
  std::string eos_token;  // text of the tokenizer's eos token, empty without one
};

// The writer of an item of datasets.
using ChatWriterOf = std::function<ChatWriter(const DatasetConfig&)>;

struct TrainingData {
  Dataset train;
  Dataset validation;  // of test_datasets, or held out by val_set_size; empty without
  std::vector<std::string> notices;
};

// Reads datasets and test_datasets, and holds val_set_size out. No example is in both parts.
// Errors: as load_dataset, hold_out and `writer_of`.
TrainingData load_training_data(const TrainConfig& config, const Tokenizer& tokenizer,
                                const ChatWriterOf& writer_of);

// How the rows of training, or of evaluation, become steps.
SamplerSettings sampler_settings(const TrainConfig& config);

// {"files": [{"path", "format", "rows", "kept", "too_long", ...}], "train": {"examples", "tokens",
// "labels"}, "validation": the same or null}.
Json describe_data(const TrainingData& data);

// A checksum of the files of a tokenizer's folder that decide what tokens a text has.
// Errors: kModel, kDisk.
ContentHash tokenizer_hash(const std::string& directory);

}  // namespace hone
