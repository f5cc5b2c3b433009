// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/resume.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "data/printable.h"
#include "train/config_keys.h"
#include "train/config_record.h"
#include "train/config_value.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kFree = {"max_steps", "num_epochs", "dry_run",
                                                   "gradient_checkpointing", "memory_limit"};
// Of the data keys, those that choose how examples become steps.
constexpr std::array<std::string_view, 2> kSampling = {"sequence_len", "sample_packing"};
constexpr std::array<std::string_view, 2> kModelPaths = {"base_model", "tokenizer_config"};

template <class Names>
bool among(const Names& names, std::string_view key) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

// Whether a key may differ as far as its text goes.
bool text_may_differ(std::string_view key) {
  const ConfigKey<TrainConfig>* known = find_key(train_keys(), key);
  if (known == nullptr || known->use != KeyUse::kHonoured) return false;
  switch (known->group) {
    case KeyGroup::kCheckpoint:
    case KeyGroup::kEvaluation:
    case KeyGroup::kOutput:
      return true;
    case KeyGroup::kData:
    case KeyGroup::kTemplate:
      return !among(kSampling, key);
    default:
      return among(kFree, key) || among(kModelPaths, key);
  }
}

std::string value_in(const std::map<std::string, std::string>& record, const std::string& key) {
  const auto found = record.find(key);
  if (found == record.end()) return "not known";
  return found->second.empty() ? "(not set)" : printable(found->second, 200);
}

// Keys that one of the two does not know have their default there.
std::vector<std::string> differing_keys(const std::map<std::string, std::string>& then,
                                        const std::map<std::string, std::string>& now) {
  const std::map<std::string, std::string> defaults = config_record({});
  std::set<std::string> keys;
  for (const auto* record : {&then, &now})
    for (const auto& [key, value] : *record) keys.insert(key);
  const auto value = [&](const std::map<std::string, std::string>& record, const std::string& key) {
    if (const auto found = record.find(key); found != record.end()) return found->second;
    const auto usual = defaults.find(key);
    return usual == defaults.end() ? std::string() : usual->second;
  };
  std::vector<std::string> differing;
  for (const std::string& key : keys)
    if (value(then, key) != value(now, key)) differing.push_back(key);
  return differing;
}

}  // namespace

ResumeRequest resume_request(const TrainConfig& config) {
  using Kind = ResumeRequest::Kind;
  const InputPath& given = config.resume_from_checkpoint;
  if (!given.path.empty()) return {Kind::kPath, given.path};
  const bool asked = given.given() ? read_boolean(given.written).value_or(true)
                                   : config.auto_resume_from_checkpoints;
  return {asked ? Kind::kNewest : Kind::kNo, {}};
}

std::optional<GoodCheckpoint> find_checkpoint(const ResumeRequest& request,
                                              const fs::path& output_dir,
                                              std::vector<std::string>& notices) {
  using Kind = ResumeRequest::Kind;
  std::error_code ignored;
  if (request.kind == Kind::kNo) return std::nullopt;
  if (request.kind == Kind::kNewest) {
    std::optional<GoodCheckpoint> found;
    if (fs::is_directory(output_dir, ignored)) found = newest_good_checkpoint(output_dir, notices);
    if (!found)
      notices.push_back("resume_from_checkpoint: no checkpoint to resume from in " +
                        output_dir.string() + "; the run starts at the beginning");
    return found;
  }
  const std::string shown = printable(request.path.string(), 4096);
  if (!fs::is_directory(request.path, ignored))
    fail(ErrorCode::kModel, shown, ": expected a checkpoint's folder");
  if (!fs::exists(request.path / kManifestName, ignored)) {
    if (auto found = newest_good_checkpoint(request.path, notices)) return found;
    fail(ErrorCode::kModel, shown, ": no good checkpoint: it has no ", kManifestName,
         " and holds no folder checkpoint-<step> that has one");
  }
  GoodCheckpoint good = verify_checkpoint(request.path);
  if (!good.manifest.resumable)
    fail(ErrorCode::kModel, shown,
         ": holds the model alone (save_only_model), expected the optimizer's state too");
  return good;
}

void check_same_run(const GoodCheckpoint& checkpoint, const RunIdentity& now,
                    std::vector<std::string>& notices) {
  const RunIdentity& then = checkpoint.manifest.run;
  std::string lines;
  for (const std::string& key : differing_keys(then.config, now.config)) {
    const bool data_differ = then.examples != now.examples && key == "datasets";
    if (text_may_differ(key) && !data_differ) continue;
    lines += "\n  " + key + ": " + value_in(then.config, key) + " in the checkpoint, now " +
             value_in(now.config, key);
  }
  if (then.examples != now.examples)
    lines += "\n  datasets: the tokenised examples are not those of the checkpoint";
  if (then.base_model != now.base_model)
    lines += "\n  base_model: " + value_in(now.config, "base_model") + " is not the model of " +
             value_in(then.config, "base_model") + " in the checkpoint";
  if (lines.empty() && then.order != now.order)
    lines += "\n  the steps are not made of the same examples as those of the checkpoint";
  const std::string where = printable(checkpoint.path.string(), 4096);
  if (!lines.empty())
    fail(ErrorCode::kUsage, where,
         ": belongs to a run that differs from this one, so that it cannot be continued:", lines,
         "\n  set these as they were, or start a new run: drop resume_from_checkpoint");
  if (now.total_steps < checkpoint.manifest.step)
    fail(ErrorCode::kUsage, where, ": is after step ", checkpoint.manifest.step,
         ", but the run has ", now.total_steps,
         " steps; raise max_steps or num_epochs, or resume from an earlier checkpoint");
  if (now.total_steps != then.total_steps)
    notices.push_back("the run had " + std::to_string(then.total_steps) + " steps and now has " +
                      std::to_string(now.total_steps) +
                      ": from here on the learning rate follows the schedule of the new length");
  if (now.cpu_isa != then.cpu_isa)
    notices.push_back("the checkpoint was computed with CPU kernels of level " + then.cpu_isa +
                      ", these are " + now.cpu_isa + ": results differ by rounding (HONE_CPU_ISA)");
}

bool is_finished(const GoodCheckpoint& checkpoint, const RunIdentity& now,
                 const fs::path& output_dir) {
  if (checkpoint.manifest.step != now.total_steps) return false;
  Manifest results;
  for (const auto& [name, file] : checkpoint.manifest.files)
    if (name.starts_with(std::string(kAdapterFolder) + "/") ||
        name.starts_with(std::string(kModelFolder) + "/"))
      results.files[name] = file;
  try {
    verify_files(output_dir, results);
    return !results.files.empty();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kModel) throw;
    return false;
  }
}

}  // namespace hone
