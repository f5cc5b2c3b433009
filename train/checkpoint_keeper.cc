// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint_keeper.h"

#include <utility>

#include "train/checkpoint_folder.h"
#include "train/disk_space.h"

namespace hone {

namespace fs = std::filesystem;

CheckpointKeeper::CheckpointKeeper(fs::path output_dir, CheckpointContent content, RunIdentity run,
                                   std::optional<int64_t> limit)
    : output_dir_(std::move(output_dir)),
      content_(std::move(content)),
      run_(std::move(run)),
      limit_(limit) {}

void CheckpointKeeper::require_space() const {
  hone::require_space(output_dir_, checkpoint_bytes(content_), "a checkpoint");
}

fs::path CheckpointKeeper::save(const RunState& state, MetricsWriter& metrics, bool full) {
  CheckpointContent content = content_;
  content.resumable |= full;
  const fs::path path = output_dir_ / checkpoint_name(state.steps);
  std::error_code ignored;
  if (fs::exists(path / kManifestName, ignored)) {
    if (!content.resumable || read_manifest(path).resumable) return path;
    set_aside(output_dir_, state.steps - 1);
  }
  hone::require_space(output_dir_, checkpoint_bytes(content), "a checkpoint");
  metrics.sync();
  write_checkpoint(output_dir_, content, state, run_);
  if (limit_) remove_old_checkpoints(output_dir_, *limit_, state.evaluation.best_step);
  return path;
}

}  // namespace hone
