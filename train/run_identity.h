// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a run is made of, in checksums: tells whether a checkpoint belongs to it.
#pragma once

#include <string>

#include "data/dataset.h"
#include "data/sampler.h"
#include "train/config.h"
#include "train/manifest.h"

namespace hone {

// Of the examples' numbers in the first steps.
std::string checksum_of_order(Sampler& sampler);

// Of a model directory's config.json and of names, sizes and samples of its weight files, so that
// large models cost nothing; of the name of a preset. Errors: kModel, kDisk.
std::string checksum_of_base_model(const TrainConfig& config);

RunIdentity run_identity(const TrainConfig& config, const Dataset& dataset, Sampler& sampler,
                         int64_t total_steps);

}  // namespace hone
