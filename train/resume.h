// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which checkpoint a run continues from, and whether it may.
//
// A run that continues ends with the bytes of one that was never interrupted. So everything that
// the weights depend on must be as it was; what differs is listed, and nothing is guessed:
//
//   free         where output goes, what is logged, when checkpoints are written and evaluations
//                made, gradient_checkpointing (same bits), how long the run is
//   by content   the datasets, their templates and their tokenizer: the tokenised examples must be
//                the same, whatever the paths; the base model: its files must be
//   equal        every other key
//
// A run may be made longer or shorter (max_steps, num_epochs), not shorter than the checkpoint. The
// learning rate of a step is always that of the schedule over the present total: from the
// checkpoint on a run made longer follows the longer schedule, and a note says so.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/checkpoint_folder.h"
#include "train/config.h"

namespace hone {

struct ResumeRequest {
  enum class Kind { kNo, kNewest, kPath };
  Kind kind = Kind::kNo;
  std::filesystem::path path;
};

ResumeRequest resume_request(const TrainConfig& config);

// kNewest: the newest good checkpoint of output_dir, which may be none; then the run starts at the
// beginning, with a notice. kPath: that checkpoint, or the newest good one of that run's folder.
// Errors: kModel when the path is no checkpoint or a damaged one; kDisk.
std::optional<GoodCheckpoint> find_checkpoint(const ResumeRequest& request,
                                              const std::filesystem::path& output_dir,
                                              std::vector<std::string>& notices);

// Errors: kUsage with a line for every key that differs and must not.
void check_same_run(const GoodCheckpoint& checkpoint, const RunIdentity& now,
                    std::vector<std::string>& notices);

// Whether output_dir holds the result of the run that the checkpoint ends: its adapter/ or model/,
// byte for byte. Errors: kDisk.
bool is_finished(const GoodCheckpoint& checkpoint, const RunIdentity& now,
                 const std::filesystem::path& output_dir);

}  // namespace hone
