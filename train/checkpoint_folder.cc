// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "data/file.h"
#include "data/file_calls.h"
#include "data/printable.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "checkpoint-";
// What a finished run leaves beside its checkpoints, and what any run does. Somebody's own folder
// may have the name of a result; beside metrics.jsonl it is one.
constexpr std::array kResults = {kAdapterFolder, kModelFolder, "result.json", "result.svg"};
constexpr const char* kMetrics = "metrics.jsonl";
constexpr std::array kRecords = {"config.resolved.yaml", "plan.json", kMetrics};

bool is_there(const fs::path& path) {  // a link, too
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::vector<fs::directory_entry> entries_of(const fs::path& dir) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error))
    entries.push_back(*it);
  if (error)
    fail(ErrorCode::kDisk, printable(dir.string(), 4096), ": cannot list: ", error.message());
  return entries;
}

bool is_folder(const fs::directory_entry& entry) {  // no link
  return fs::is_directory(entry.symlink_status());
}
bool is_file(const fs::directory_entry& entry) {
  return fs::is_regular_file(entry.symlink_status());
}

// "checkpoint-20" -> 20; exactly as checkpoint_name writes it.
std::optional<int64_t> step_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  int64_t step = 0;
  const char* begin = name.data() + kPrefix.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), step);
  if (error != std::errc() || step < 0 || checkpoint_name(step) != name) return std::nullopt;
  return step;
}

// The name without the ending of random_suffix(), or nothing when it has none.
std::optional<std::string_view> without_suffix(std::string_view name) {
  constexpr std::string_view kMark = ".tmp-";
  constexpr size_t kDigits = 16;
  if (name.size() <= kMark.size() + kDigits) return std::nullopt;
  const std::string_view digits = name.substr(name.size() - kDigits);
  const std::string_view rest = name.substr(0, name.size() - kDigits);
  if (!rest.ends_with(kMark) ||
      digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  return rest.substr(0, rest.size() - kMark.size());
}

// Whether a checkpoint, complete or not, holds nothing that hone does not write there.
bool only_ours(const fs::path& dir) {
  for (const fs::directory_entry& entry : entries_of(dir)) {
    const std::string full = entry.path().filename().string();
    const std::string_view name = without_suffix(full).value_or(full);
    const bool known_folder = full == kAdapterFolder || full == kModelFolder;
    const bool known_file = name == kManifestName || name == kWeightsName ||
                            name == kOptimizerName || name == kRunStateName;
    if (!(is_folder(entry) && known_folder) && !(is_file(entry) && known_file)) return false;
    if (!known_folder) continue;
    for (const fs::directory_entry& inner : entries_of(entry.path()))
      if (!is_file(inner)) return false;
  }
  return true;
}

// Takes the name away first: what is half removed must not look like a checkpoint.
void remove_checkpoint(const fs::path& path) {
  const fs::path hidden = temporary_name(path);
  rename_durably(path.string(), hidden.string());
  if (!remove_tree(hidden))
    fail(ErrorCode::kDisk, printable(hidden.string(), 4096),
         ": cannot remove: ", std::strerror(errno));
}

// Complete, without reading every byte.
bool looks_good(const fs::path& path) {
  try {
    verify_files(path, read_manifest(path), /*checksums=*/false);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool is_link(const fs::path& path) {
  std::error_code ignored;
  return fs::is_symlink(fs::symlink_status(path, ignored));
}

}  // namespace

std::string checkpoint_name(int64_t step) { return std::string(kPrefix) + std::to_string(step); }

fs::path temporary_name(const fs::path& checkpoint) {
  return checkpoint.parent_path() /
         ("." + checkpoint.filename().string() + random_suffix(checkpoint.string()));
}

std::vector<CheckpointFolder> list_checkpoints(const fs::path& output_dir) {
  std::vector<CheckpointFolder> found;
  for (const fs::directory_entry& entry : entries_of(output_dir)) {
    const auto step = step_of(entry.path().filename().string());
    std::error_code ignored;
    if (step && entry.is_directory(ignored)) found.push_back({*step, entry.path()});
  }
  std::sort(found.begin(), found.end(),
            [](const CheckpointFolder& a, const CheckpointFolder& b) { return a.step > b.step; });
  return found;
}

GoodCheckpoint verify_checkpoint(const fs::path& path) {
  GoodCheckpoint good{path, read_manifest(path)};
  verify_files(path, good.manifest);
  return good;
}

std::optional<GoodCheckpoint> newest_good_checkpoint(const fs::path& output_dir,
                                                     std::vector<std::string>& notices) {
  for (const CheckpointFolder& folder : list_checkpoints(output_dir)) {
    const std::string name = folder.path.filename().string();
    try {
      GoodCheckpoint good = verify_checkpoint(folder.path);
      if (good.manifest.resumable && good.manifest.step == folder.step) return good;
      notices.push_back(name + " passed over: " +
                        (good.manifest.resumable
                             ? "its manifest is that of step " + std::to_string(good.manifest.step)
                             : "it holds the model alone (save_only_model)"));
    } catch (const Error& e) {
      notices.push_back(name + " is damaged and was passed over: " + e.what());
    }
  }
  return std::nullopt;
}

void remove_old_checkpoints(const fs::path& output_dir, int64_t limit, int64_t best) {
  std::vector<CheckpointFolder> all = list_checkpoints(output_dir);
  if (static_cast<int64_t>(all.size()) <= limit) return;
  try {
    verify_checkpoint(all.front().path);
  } catch (const Error& e) {
    fail(ErrorCode::kDisk, e.what(), "; older checkpoints are kept");
  }
  // Damaged ones do not count as kept, and stay for whoever wants to look at them.
  int64_t kept = 1;
  const auto resumable = std::find_if(all.begin(), all.end(), [](const CheckpointFolder& f) {
    return looks_good(f.path) && read_manifest(f.path).resumable;
  });
  // Beside the newest: the best one, and the last that a run could go on from.
  const auto stays = [&](const CheckpointFolder& f) {
    return (best > 0 && f.step == best) || (resumable != all.end() && f.step == resumable->step);
  };
  for (size_t i = 1; i < all.size(); ++i) kept += stays(all[i]);
  for (size_t i = 1; i < all.size(); ++i) {
    if (stays(all[i]) || !looks_good(all[i].path)) continue;
    if (kept < limit)
      ++kept;
    else if (!is_link(all[i].path) && only_ours(all[i].path))
      remove_checkpoint(all[i].path);
  }
}

void remove_leftovers(const fs::path& output_dir) {
  for (const fs::directory_entry& entry : entries_of(output_dir)) {
    const std::string full = entry.path().filename().string();
    const auto name = without_suffix(full);
    if (name && is_folder(entry) && name->starts_with('.') && step_of(name->substr(1)) &&
        only_ours(entry.path()))
      remove_tree(entry.path());
    if (name && is_file(entry)) file_calls::unlink(entry.path().string());
    if (!is_folder(entry) || (full != kAdapterFolder && full != kModelFolder)) continue;
    for (const fs::directory_entry& inner : entries_of(entry.path()))
      if (is_file(inner) && without_suffix(inner.path().filename().string()))
        file_calls::unlink(inner.path().string());
  }
}

bool holds_run(const fs::path& output_dir) {
  if (!list_checkpoints(output_dir).empty()) return true;
  return is_there(output_dir / kMetrics) &&
         std::any_of(kResults.begin(), kResults.end(),
                     [&](const char* name) { return is_there(output_dir / name); });
}

std::optional<fs::path> set_aside(const fs::path& output_dir, int64_t step) {
  std::vector<fs::path> moved;
  for (const CheckpointFolder& folder : list_checkpoints(output_dir))
    if (folder.step > step) moved.push_back(folder.path);
  // metrics.jsonl last: it says what the others are.
  if (step < 0 && holds_run(output_dir) && is_there(output_dir / kMetrics)) {
    for (const char* name : kResults)
      if (is_there(output_dir / name)) moved.push_back(output_dir / name);
    for (const char* name : kRecords)
      if (is_there(output_dir / name)) moved.push_back(output_dir / name);
  }
  if (moved.empty()) return std::nullopt;
  fs::path target;
  for (int n = 1;; ++n) {
    target = output_dir / ("earlier-" + std::to_string(n));
    if (file_calls::make_directory(target.string(), 0777) == 0) break;
    if (errno != EEXIST)
      fail(ErrorCode::kDisk, printable(target.string(), 4096),
           ": cannot create: ", std::strerror(errno));
  }
  for (const fs::path& path : moved)
    rename_durably(path.string(), (target / path.filename()).string());
  return target;
}

bool remove_tree(const fs::path& path) {
  std::error_code error;
  bool ok = true;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (is_folder(*it))
      ok = remove_tree(it->path()) && ok;
    else
      ok = file_calls::unlink(it->path().string()) == 0 && ok;
  }
  return !error && file_calls::remove_directory(path.string()) == 0 && ok;
}

}  // namespace hone
