// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes a run's checkpoints and removes old ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "train/checkpoint.h"
#include "train/metrics.h"

namespace hone {

class CheckpointKeeper {
 public:
  // limit: save_total_limit. Referents outlive this.
  CheckpointKeeper(std::filesystem::path output_dir, CheckpointContent content, RunIdentity run,
                   std::optional<int64_t> limit);

  // Checks that a checkpoint and the result would fit on the disk. Errors: kDisk.
  void require_space() const;

  // Makes `metrics` durable, writes checkpoint-<state.steps>, and removes old ones; returns its
  // folder. One of that step that exists is left as it is, except that one without the optimizer's
  // state is set aside for a full one. `full`: whatever save_only_model says.
  // Errors: kDisk, kOutOfMemory; older checkpoints are untouched then.
  std::filesystem::path save(const RunState& state, MetricsWriter& metrics, bool full = false);

 private:
  std::filesystem::path output_dir_;
  CheckpointContent content_;
  RunIdentity run_;
  std::optional<int64_t> limit_;
};

}  // namespace hone
