// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// MANIFEST.json: what a checkpoint holds, of which run, and how to tell that it is undamaged.
//
//   {"checksum":"<XXH3-128 of all that follows this line>",
//   "format_version": 1, "step": 20, "total_steps": 24, "tokens": 40960, "resumable": true,
//   "config_hash": "...", "config": {"learning_rate": "0.005", ...},
//   "seeds": {"data": 7, "dropout": 7, "weights": 7},
//   "sampler": {"next_step": 20, "epoch": 0, "step_in_epoch": 20, "steps_per_epoch": 935},
//   "examples": "...", "order": "...", "base_model": "...", "cpu_isa": "v3",
//   "files": {"weights.safetensors": {"size": 1234, "xxh3_128": "..."}, ...}}
//
// It is written last: a folder without it, or whose files differ from it, is no checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace hone {

inline constexpr const char* kManifestName = "MANIFEST.json";

// What has to be equal when a run continues.
struct RunIdentity {
  std::map<std::string, std::string> config;  // config_record()
  std::string examples;                       // checksum of the tokenised training examples
  std::string order;                          // of how they are spread over the first steps
  std::string base_model;                     // of what identifies the base model's weights
  std::string cpu_isa;                        // the kernels' level; another one rounds differently
  int64_t seed = 0;
  int64_t total_steps = 0;
  int64_t steps_per_epoch = 1;

  std::string config_hash() const;
};

struct Manifest {
  struct File {
    int64_t size = 0;  // bytes
    std::string checksum;
  };

  int64_t step = 0;    // finished steps
  int64_t tokens = 0;  // of them
  bool resumable = true;
  RunIdentity run;
  std::map<std::string, File> files;  // by path inside the checkpoint
};

std::string manifest_text(const Manifest& manifest);

// Reads dir/MANIFEST.json. Errors: kModel when it is missing, damaged or of another version; kDisk.
Manifest read_manifest(const std::filesystem::path& dir);

// Errors: kModel naming the first file of dir that is missing or differs in size or, if they are to
// be looked at, checksum; kDisk.
void verify_files(const std::filesystem::path& dir, const Manifest& manifest,
                  bool checksums = true);

// The files below dir with sizes and checksums, all read back. Errors: kDisk.
std::map<std::string, Manifest::File> list_files(const std::filesystem::path& dir);

}  // namespace hone
