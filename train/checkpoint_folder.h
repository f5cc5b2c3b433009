// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The checkpoints of an output folder: which there are, which are good, which may go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/manifest.h"

namespace hone {

// Names inside a checkpoint (train/checkpoint.h).
inline constexpr const char* kWeightsName = "weights.safetensors";
inline constexpr const char* kOptimizerName = "optimizer.safetensors";
inline constexpr const char* kRunStateName = "trainer_state.json";
inline constexpr const char* kAdapterFolder = "adapter";
inline constexpr const char* kModelFolder = "model";

std::string checkpoint_name(int64_t step);  // "checkpoint-20"

// ".checkpoint-20.tmp-<random>" beside it: its name while it is being written or removed. No
// pattern that finds checkpoints finds it.
std::filesystem::path temporary_name(const std::filesystem::path& checkpoint);

struct CheckpointFolder {
  int64_t step = 0;
  std::filesystem::path path;
};

// Folders named checkpoint-<step>, the newest first; good or not. Errors: kDisk.
std::vector<CheckpointFolder> list_checkpoints(const std::filesystem::path& output_dir);

struct GoodCheckpoint {
  std::filesystem::path path;
  Manifest manifest;
};

// Reads and checks every byte of a checkpoint. Errors: kModel, kDisk.
GoodCheckpoint verify_checkpoint(const std::filesystem::path& path);

// The newest checkpoint that is undamaged and holds what resuming needs. Those that are passed over
// are left as they are, each with a line in `notices`.
std::optional<GoodCheckpoint> newest_good_checkpoint(const std::filesystem::path& output_dir,
                                                     std::vector<std::string>& notices);

// Removes the oldest checkpoints until `limit` are left, but never the newest one or that of step
// `best` (0: none), and none that is damaged or holds files that hone did not write. The newest one
// is verified first; if that fails nothing is removed. Errors: kDisk.
void remove_old_checkpoints(const std::filesystem::path& output_dir, int64_t limit, int64_t best);

// Removes what interrupted saves and removals have left: temporary folders of checkpoints and
// temporary files of this program, nothing else. Requires: output_dir is locked. Errors: kDisk.
void remove_leftovers(const std::filesystem::path& output_dir);

// Whether a run has left checkpoints or a result there. Errors: kDisk.
bool holds_run(const std::filesystem::path& output_dir);

// Moves checkpoints after `step`, which belong to a course of events that is being left, to
// output_dir/earlier-<n>; if `step` is -1 all of them, with everything else that a run has left.
// Returns that folder; nothing when there was nothing to move. Errors: kDisk.
std::optional<std::filesystem::path> set_aside(const std::filesystem::path& output_dir,
                                               int64_t step);

// Removes a folder with everything in it, without following links. False if that failed.
bool remove_tree(const std::filesystem::path& path);

}  // namespace hone
