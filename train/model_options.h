// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the configuration says about the model, in the terms of models/ and of the trainer.
#pragma once

#include <string>
#include <vector>

#include "models/load_model.h"
#include "train/config.h"
#include "train/evaluator.h"
#include "train/trainer.h"

namespace hone {

// base_model's folder, empty for random:<preset>.
std::string base_model_dir(const TrainConfig& config);
// The folder of tokenizer.json.
std::string tokenizer_dir(const TrainConfig& config);

// Where the run trains. A dry run for a GPU that is not here is planned on kMetaGpu.
// Errors: kDevice when a GPU is asked for and there is none.
Device training_device(const TrainConfig& config);

// Norms and other vectors have no weight decay, as with the Hugging Face Trainer. bf16: auto is
// float32 on a processor, which has no fast bfloat16, and bfloat16 on a GPU.
// Errors: those of training_device.
LoadOptions load_options(const TrainConfig& config);

// total_steps: of the whole run, for the learning rate.
TrainerSettings trainer_settings(const TrainConfig& config, const ModelConfig& model,
                                 int64_t total_steps);

// How held-out rows are evaluated.
EvaluatorSettings evaluator_settings(const TrainConfig& config);

// One line for each setting that turns out to mean something the user may not expect.
std::vector<std::string> model_notices(const TrainConfig& config, const ModelConfig& model);

}  // namespace hone
