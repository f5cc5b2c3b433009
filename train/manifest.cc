// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "data/content_hash.h"
#include "data/file.h"
#include "data/json.h"
#include "data/printable.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormatVersion = 1;
constexpr std::string_view kBegin = "{\"checksum\":\"", kEnd = "\",\n";
constexpr size_t kChecksumDigits = 32;
constexpr size_t kFirstLine = kBegin.size() + kChecksumDigits + kEnd.size();
constexpr IntRange kCount = {.min = 0};

Json sampler_json(const Manifest& m) {
  return {{"next_step", m.step},
          {"epoch", m.step / m.run.steps_per_epoch},
          {"step_in_epoch", m.step % m.run.steps_per_epoch},
          {"steps_per_epoch", m.run.steps_per_epoch}};
}

std::string checksum_of(std::string_view text) {
  return content_hash(std::as_bytes(std::span(text))).hex();
}

// Of a regular file, read in pieces. Errors: `code` when it is missing or not regular; kDisk.
std::string checksum_of_file(const std::string& path, ErrorCode code) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  const InputFile file = InputFile::open(path, code);
  std::vector<std::byte> piece(static_cast<size_t>(std::min(kPiece, file.size())));
  ContentHasher hasher;
  for (int64_t done = 0; done < file.size();) {
    const auto n = static_cast<size_t>(std::min(kPiece, file.size() - done));
    file.read(done, std::span(piece).first(n));
    hasher.add(std::span(piece).first(n));
    done += static_cast<int64_t>(n);
  }
  return hasher.hash().hex();
}

// The text after the first line, or nothing when the checksum says that it is damaged.
std::string_view checked_body(std::string_view text) {
  if (text.size() <= kFirstLine) return {};
  const std::string_view body = text.substr(kFirstLine);
  const std::string first = std::string(kBegin) + checksum_of(body) + std::string(kEnd);
  return text.starts_with(first) ? body : std::string_view();
}

}  // namespace

std::string RunIdentity::config_hash() const {
  ContentHasher hasher;
  for (const auto& [key, value] : config) {
    hasher.add_field(key);
    hasher.add_field(value);
  }
  return hasher.hash().hex();
}

std::string manifest_text(const Manifest& m) {
  nlohmann::ordered_json json;
  json["format_version"] = kFormatVersion;
  json["step"] = m.step;
  json["total_steps"] = m.run.total_steps;
  json["tokens"] = m.tokens;
  json["resumable"] = m.resumable;
  json["config_hash"] = m.run.config_hash();
  for (const auto& [key, value] : m.run.config) json["config"][key] = value;
  json["seeds"] = {{"data", m.run.seed}, {"dropout", m.run.seed}, {"weights", m.run.seed}};
  json["sampler"] = sampler_json(m);
  json["examples"] = m.run.examples;
  json["order"] = m.run.order;
  json["base_model"] = m.run.base_model;
  json["cpu_isa"] = m.run.cpu_isa;
  json["files"] = nlohmann::ordered_json::object();
  for (const auto& [path, file] : m.files)
    json["files"][path] = {{"size", file.size}, {"xxh3_128", file.checksum}};
  const std::string body = json.dump(1).substr(1) + "\n";  // without the brace of the first line
  return std::string(kBegin) + checksum_of(body) + std::string(kEnd) + body;
}

Manifest read_manifest(const fs::path& dir) {
  const std::string path = (dir / kManifestName).string(), shown = printable(path, 4096);
  constexpr int64_t kLargest = int64_t{1} << 26;
  const std::string text = read_file(path, ErrorCode::kModel, kLargest);
  if (checked_body(text).empty())
    fail(ErrorCode::kModel, shown, ": damaged: the checksum in its first line does not fit");
  const JsonValue json = parse_json(text, {shown});
  if (const int64_t version = json.get_int("format_version"); version != kFormatVersion)
    fail(ErrorCode::kModel, shown, ": checkpoint format ", version, ", expected ", kFormatVersion,
         "; it was written by another version of hone");
  Manifest m;
  m.step = json.get_int("step", kCount);
  m.tokens = json.get_int("tokens", kCount);
  m.resumable = json.get_bool("resumable");
  m.run.total_steps = json.get_int("total_steps", kCount);
  for (const auto& [key, value] : json.at("config").members())
    m.run.config[key] = value.as_string();
  m.run.seed = json.at("seeds").get_int("data");
  m.run.steps_per_epoch = json.at("sampler").get_int("steps_per_epoch", {.min = 1});
  m.run.examples = json.get_string("examples");
  m.run.order = json.get_string("order");
  m.run.base_model = json.get_string("base_model");
  m.run.cpu_isa = json.get_string("cpu_isa");
  for (const auto& [name, file] : json.at("files").members()) {
    const fs::path inside = fs::path(name).lexically_normal();
    if (inside.is_absolute() || inside.string().starts_with("..")) file.reject("a file inside");
    m.files[name] = {file.get_int("size", kCount), file.get_string("xxh3_128")};
  }
  return m;
}

void verify_files(const fs::path& dir, const Manifest& manifest, bool checksums) {
  for (const auto& [name, file] : manifest.files) {
    const std::string path = (dir / name).string();
    const int64_t size = InputFile::open(path, ErrorCode::kModel).size();
    if (size != file.size)
      fail(ErrorCode::kModel, printable(path, 4096), ": damaged: ", size, " bytes, expected ",
           file.size);
    if (checksums && checksum_of_file(path, ErrorCode::kModel) != file.checksum)
      fail(ErrorCode::kModel, printable(path, 4096),
           ": damaged: its checksum is not the one in the manifest");
  }
}

std::map<std::string, Manifest::File> list_files(const fs::path& dir) {
  std::map<std::string, Manifest::File> files;
  try {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir)) {
      if (entry.is_directory()) continue;
      const std::string path = entry.path().string();
      const std::string inside = entry.path().lexically_relative(dir).string();
      files[inside] = {InputFile::open(path, ErrorCode::kDisk).size(),
                       checksum_of_file(path, ErrorCode::kDisk)};
    }
  } catch (const fs::filesystem_error& e) {
    fail(ErrorCode::kDisk, printable(dir.string(), 4096), ": cannot list: ", e.code().message());
  }
  return files;
}

}  // namespace hone
