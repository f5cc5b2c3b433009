// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/checkpoint_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "data/file.h"
#include "data/json.h"
#include "data/printable.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFileNameBytes = 255;
constexpr std::string_view kExtension = ".safetensors";

std::string list_of(const std::set<std::string>& names) {
  constexpr size_t kShown = 20;
  std::string list;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown++ == kShown) return list + " and " + std::to_string(names.size() - kShown) + " more";
    list += (list.empty() ? "" : ", ") + printable(name);
  }
  return list.empty() ? "none" : list;
}

// Is `target` a blob of the Hugging Face cache repository that `directory` is a snapshot of?
//   <repository>/snapshots/<commit>/<file> -> <repository>/blobs/<hash>       both paths canonical
bool is_cache_blob(const fs::path& directory, const fs::path& target) {
  const std::string hash = target.filename().string();
  const bool is_hash = (hash.size() == 40 || hash.size() == 64) &&
                       hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash && directory.parent_path().filename() == "snapshots" &&
         target.parent_path() == directory.parent_path().parent_path() / "blobs";
}

// The path to open for a file of the directory; nullopt when there is no such entry.
std::optional<std::string> path_in(const fs::path& directory, const std::string& name) {
  const fs::path path = directory / name;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (!fs::is_symlink(status)) return path.string();
  const std::string shown = printable(path.string(), 4096);
  const fs::path target = fs::canonical(path, error);
  if (error) fail(ErrorCode::kModel, shown, ": a link that leads nowhere: ", error.message());
  const fs::path home = fs::canonical(directory);
  if (target.parent_path() != home && !is_cache_blob(home, target))
    fail(ErrorCode::kModel, shown, ": a link to ", printable(target.string(), 4096),
         ", expected a file of the model's directory; copy the file there, or link the directory");
  return target.string();
}

void check_shard_name(const JsonValue& value) {
  const std::string name = value.as_string();
  const bool plain = name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
                     name.size() <= kMaxFileNameBytes && name.size() > kExtension.size() &&
                     name.ends_with(kExtension);
  if (!plain) value.reject("the plain name of a *.safetensors file beside the index");
}

// Opens every shard of the map, or says which are missing.
std::map<std::string, SafetensorsFile> open_shards(const fs::path& directory,
                                                   const WeightMap& weights) {
  std::map<std::string, std::string> paths;
  std::set<std::string> present, missing;
  for (const auto& [_, shard] : weights) {
    if (present.contains(shard) || missing.contains(shard)) continue;
    const auto path = path_in(directory, shard);
    (path ? present : missing).insert(shard);
    if (path) paths.emplace(shard, *path);
  }
  if (!missing.empty())
    fail(ErrorCode::kModel, printable((directory / kIndexFileName).string(), 4096),
         ": shards missing: ", list_of(missing), "; present: ", list_of(present),
         "; is the download complete?");
  std::map<std::string, SafetensorsFile> shards;
  for (const auto& [shard, path] : paths) shards.emplace(shard, SafetensorsFile::open(path));
  return shards;
}

// Every tensor of the map is in its shard, and the shards have no others.
void check_agreement(const std::string& index, const WeightMap& weights,
                     const std::map<std::string, SafetensorsFile>& shards) {
  for (const auto& [tensor, shard] : weights)
    if (!shards.at(shard).contains(tensor))
      fail(ErrorCode::kModel, index, ": expected tensor ", quote(tensor), " in ", printable(shard),
           ", which lacks it");
  for (const auto& [shard, file] : shards) {
    for (const auto& [tensor, _] : file.tensors()) {
      const auto mapped = weights.find(tensor);
      if (mapped == weights.end())
        fail(ErrorCode::kModel, index, ": tensor ", quote(tensor), " of ", printable(shard),
             " is not in the index");
      if (mapped->second != shard)
        fail(ErrorCode::kModel, index, ": tensor ", quote(tensor),
             " is in two shards: ", printable(mapped->second), ", as the index says, and ",
             printable(shard));
    }
  }
}

// Errors unless both list the same tensors.
void check_same_tensors(const std::string& index, const WeightMap& weights,
                        const SafetensorsFile& single) {
  const auto disagree = [&](const std::string& tensor, const char* place) {
    fail(ErrorCode::kModel, index, ": disagrees with ", kSingleFileName, ": tensor ", quote(tensor),
         " is only in the ", place, "; remove whichever is out of date");
  };
  for (const auto& [tensor, _] : weights)
    if (!single.contains(tensor)) disagree(tensor, "index");
  for (const auto& [tensor, _] : single.tensors())
    if (!weights.contains(tensor)) disagree(tensor, "file");
}

[[noreturn]] void fail_without_weights(const fs::path& directory) {
  std::set<std::string> pickles;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth")
      pickles.insert(entry.path().filename().string());
  }
  const std::string shown = printable(directory.string(), 4096);
  if (!pickles.empty())
    fail(ErrorCode::kModel, shown, ": only pickled weights (", list_of(pickles),
         "), which can run ",
         "code and are not read; save the model as safetensors (save_pretrained of transformers)");
  fail(ErrorCode::kModel, shown, ": expected ", kSingleFileName, " or ", kIndexFileName,
       ", found neither", error ? ": " + error.message() : "");
}

}  // namespace

WeightMap parse_weight_map(std::string_view text, const std::string& name) {
  const JsonValue index = parse_json(text, {name, ErrorCode::kModel});
  const JsonValue map = index.at("weight_map");
  if (map.size() == 0) map.reject("at least one tensor");
  WeightMap weights;
  for (const auto& [tensor, shard] : map.members()) {
    check_shard_name(shard);
    weights.emplace(tensor, shard.as_string());
  }
  return weights;
}

ModelFiles ModelFiles::open(const std::string& directory) {
  const fs::path root = directory.empty() ? "." : directory;
  std::error_code error;
  if (!fs::is_directory(root, error))
    fail(ErrorCode::kModel, printable(root.string(), 4096), ": expected the directory of a model, ",
         "found ",
         error                     ? error.message()
         : fs::exists(root, error) ? "a file"
                                   : "nothing");
  const auto single = path_in(root, kSingleFileName);
  const auto index = path_in(root, kIndexFileName);
  if (!single && !index) fail_without_weights(root);

  ModelFiles model;
  model.directory_ = root.string();
  const std::string index_name = (root / kIndexFileName).string();
  WeightMap weights;
  if (index) weights = parse_weight_map(read_file(*index, ErrorCode::kModel), index_name);
  if (single) {
    model.files_.push_back(SafetensorsFile::open(*single));
    if (index) check_same_tensors(printable(index_name, 4096), weights, model.files_.front());
  } else {
    auto shards = open_shards(root, weights);
    check_agreement(printable(index_name, 4096), weights, shards);
    for (auto& [_, file] : shards) model.files_.push_back(std::move(file));
  }
  for (size_t i = 0; i < model.files_.size(); ++i)
    for (const auto& [tensor, _] : model.files_[i].tensors()) model.tensors_.emplace(tensor, i);
  return model;
}

bool ModelFiles::contains(std::string_view name) const {
  return tensors_.find(name) != tensors_.end();
}

const SafetensorsFile& ModelFiles::file_of(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    fail(ErrorCode::kModel, printable(directory_, 4096), ": expected a tensor ", quote(name),
         ", found none of that name among ", tensors_.size());
  return files_[found->second];
}

}  // namespace hone
