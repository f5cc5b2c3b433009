// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/run_identity.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>
#include <vector>

#include "data/content_hash.h"
#include "data/file.h"
#include "kernels/core/dispatch.h"
#include "train/config_record.h"
#include "train/model_options.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

// The size, and pieces from all over the file.
void add_samples(const fs::path& path, ContentHasher& hasher) {
  constexpr int64_t kPieces = 64, kPiece = 4096;
  const InputFile file = InputFile::open(path.string(), ErrorCode::kModel);
  hasher.add(path.filename().string() + " " + std::to_string(file.size()) + "\n");
  std::vector<std::byte> piece(static_cast<size_t>(std::min(kPiece, file.size())));
  const int64_t last = file.size() - static_cast<int64_t>(piece.size());
  for (int64_t i = 0; i < kPieces; ++i) {
    file.read(last / (kPieces - 1) * i, piece);
    hasher.add(piece);
  }
}

std::string isa_name() {
  switch (kernels::cpu_isa()) {
    case kernels::Isa::v1:
      return "v1";
    case kernels::Isa::v3:
      return "v3";
    case kernels::Isa::v4:
      break;
  }
  return "v4";
}

}  // namespace

std::string checksum_of_order(Sampler& sampler) {
  constexpr int64_t kSteps = 1000;
  ContentHasher hasher;
  for (int64_t step = 0; step < std::min(kSteps, sampler.steps_per_epoch()); ++step)
    for (const MicroBatch& m : sampler.at(step).micro_batches) {
      hasher.add(std::to_string(m.tokens) + "\n");
      hasher.add(std::as_bytes(std::span(m.examples)));
    }
  return hasher.hash().hex();
}

std::string checksum_of_base_model(const TrainConfig& config) {
  ContentHasher hasher;
  const std::string dir = base_model_dir(config);
  if (dir.empty()) {
    hasher.add(config.base_model.written);
    return hasher.hash().hex();
  }
  std::set<fs::path> weights;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(dir))
      if (entry.path().extension() == ".safetensors") weights.insert(entry.path());
  } catch (const fs::filesystem_error& e) {
    fail(ErrorCode::kModel, e.what());
  }
  hasher.add(read_file(dir + "/config.json", ErrorCode::kModel));
  for (const fs::path& path : weights) add_samples(path, hasher);
  return hasher.hash().hex();
}

RunIdentity run_identity(const TrainConfig& config, const Dataset& dataset, Sampler& sampler,
                         int64_t total_steps) {
  return {.config = config_record(config),
          .examples = dataset.fingerprint().hex(),
          .order = checksum_of_order(sampler),
          .base_model = checksum_of_base_model(config),
          .cpu_isa = isa_name(),
          .seed = config.seed,
          .total_steps = total_steps,
          .steps_per_epoch = sampler.steps_per_epoch()};
}

}  // namespace hone
