// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// One checkpoint: the folder output_dir/checkpoint-<step>.
//
//   MANIFEST.json           train/manifest.h
//   weights.safetensors     the trained parameters as the optimizer keeps them (f32), by name
//   optimizer.safetensors   AdamW::state()
//   trainer_state.json      train/run_state.h
//   adapter/ or model/      the same weights as a PEFT adapter or a Hugging Face model directory
//
// It appears whole or not at all, whatever ends the process or the machine: the files are written
// to .checkpoint-<step>.tmp-<random>, each synced; then the manifest, with the checksums of the
// files as they are read back; then the folders are synced, and it is renamed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/load_model.h"
#include "train/export_model.h"
#include "train/manifest.h"
#include "train/optimizer.h"
#include "train/run_state.h"

namespace hone {

// What a checkpoint is made of. All referents outlive this.
struct CheckpointContent {
  const LoadedModel& model;
  const AdamW& optimizer;
  ExportSource source = {};
  bool resumable = true;  // false: adapter/ or model/ and trainer_state.json alone
};

// The disk space that it takes, within a few percent. Bytes.
int64_t checkpoint_bytes(const CheckpointContent& content);

// Writes output_dir/checkpoint-<state.steps> and returns it.
// Errors: kDisk, leaving nothing but what was there; kOutOfMemory likewise.
std::filesystem::path write_checkpoint(const std::filesystem::path& output_dir,
                                       const CheckpointContent& content, const RunState& state,
                                       const RunIdentity& run);

// Puts the weights and moments of a resumable checkpoint in their places.
// Errors: kModel for tensors that are missing, of another shape or type, or more than expected;
// kDisk.
RunState read_checkpoint(const std::filesystem::path& dir, LoadedModel& model, AdamW& optimizer);

// The trainer_state.json of a checkpoint. Errors: kModel, kDisk.
RunState read_run_state(const std::filesystem::path& dir);

}  // namespace hone
