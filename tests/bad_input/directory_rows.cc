// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A model directory: model.safetensors.index.json and its shards. Variants:
// tests/data/checkpoint_files_test.cc.
#include <sys/stat.h>

#include <filesystem>

#include "data/checkpoint_files.h"
#include "data/file.h"
#include "data/safetensors_writer.h"
#include "tests/bad_input/bad_input.h"

namespace hone::bad_input {
namespace {

namespace fs = std::filesystem;

const char* const kShard1 = "model-00001-of-00002.safetensors";
const char* const kShard2 = "model-00002-of-00002.safetensors";

void write_tensors(const std::string& path, const std::vector<std::string>& names) {
  const Tensor value = Tensor::of(std::vector<float>{1, 2}, {2});
  std::vector<NamedBytes> tensors;
  for (const std::string& name : names) tensors.push_back(named_bytes(name, value));
  write_safetensors(path, tensors);
}

// A model of two shards with the tensors "a" and "b", where the index says "b" is in `file`.
void write_model(const std::string& dir, const std::string& file) {
  write_tensors(dir + "/" + kShard1, {"a"});
  write_tensors(dir + "/" + kShard2, {"b"});
  write_file(dir + "/" + kIndexFileName,
             R"({"metadata": {"total_size": 16}, "weight_map": {"a": ")" + std::string(kShard1) +
                 R"(", "b": ")" + file + "\"}}");
}

// A row whose index names `file`.
Row named(const char* id, const char* what, const std::string& file, const char* message) {
  return {id, what, kModel, message, [file](const std::string& dir) {
            write_model(dir, file);
            ModelFiles::open(dir);
          }};
}

// A row whose files are those of a good model, changed by `damage`.
Row damaged(const char* id, const char* what, void (*damage)(const std::string& dir),
            const char* message) {
  return {id, what, kModel, message, [damage](const std::string& dir) {
            write_model(dir, kShard2);
            damage(dir);
            ModelFiles::open(dir);
          }};
}

}  // namespace

Rows directory_rows() {
  return {
      named("23", "a shard outside the folder", "../../etc/passwd",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found \"../../etc/passwd\""),
      named("24", "a shard by its absolute path", "/etc/passwd",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found \"/etc/passwd\""),
      named("25", "a path that returns", "a/../b.safetensors",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found \"a/../b.safetensors\""),
      named("25b", "a backslash", "a\\\\b.safetensors",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found \"a\\\\b.safetensors\""),
      named("25c", "a NUL byte", "b.safetensors\\u0000",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found \"b.safetensors\\x00\""),
      named("25d", "a name of 300 bytes", std::string(288, 'x') + ".safetensors",
            "DIR/model.safetensors.index.json: $.weight_map.b: expected the plain name of a "
            "*.safetensors file beside the index, found "
            "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\""),
      damaged(
          "26", "a shard that links out of the folder",
          [](const std::string& dir) {
            fs::create_directory(dir + "/model");
            for (const char* file : {kShard1, kIndexFileName})
              fs::rename(dir + "/" + file, dir + "/model/" + file);
            fs::create_symlink("../" + std::string(kShard2), dir + "/model/" + kShard2);
            ModelFiles::open(dir + "/model");
          },
          "DIR/model/model-00002-of-00002.safetensors: a link to "
          "DIR/model-00002-of-00002.safetensors, expected a file of the model's directory; copy "
          "the file there, or link the directory"),
      damaged(
          "27", "a shard that is a FIFO",
          [](const std::string& dir) {
            fs::remove(dir + "/" + kShard2);
            check(::mkfifo((dir + "/" + kShard2).c_str(), 0600) == 0, "mkfifo");
          },
          "DIR/model-00002-of-00002.safetensors: expected a regular file, found a FIFO"),
      damaged(
          "27b", "a shard that is a folder",
          [](const std::string& dir) {
            fs::remove(dir + "/" + kShard2);
            fs::create_directory(dir + "/" + kShard2);
          },
          "DIR/model-00002-of-00002.safetensors: expected a regular file, found a directory"),
      damaged(
          "27c", "a shard that is a device",
          [](const std::string& dir) {
            fs::remove(dir + "/" + kShard2);
            fs::create_symlink("/dev/zero", dir + "/" + kShard2);
          },
          "DIR/model-00002-of-00002.safetensors: a link to /dev/zero, expected a file of the "
          "model's directory; copy the file there, or link the directory"),
      named("28", "a tensor in a shard that lacks it", kShard1,
            "DIR/model.safetensors.index.json: expected tensor \"b\" in "
            "model-00001-of-00002.safetensors, which lacks it"),
      damaged(
          "29", "a tensor in two shards",
          [](const std::string& dir) {
            write_tensors(dir + "/" + kShard2, {"a", "b"});
          },
          "DIR/model.safetensors.index.json: tensor \"a\" is in two shards: "
          "model-00001-of-00002.safetensors, as the index says, and "
          "model-00002-of-00002.safetensors"),
      damaged(
          "29b", "a tensor that the index does not know",
          [](const std::string& dir) {
            write_tensors(dir + "/" + kShard2, {"b", "c"});
          },
          "DIR/model.safetensors.index.json: tensor \"c\" of model-00002-of-00002.safetensors is "
          "not in the index"),
      damaged(
          "30", "a missing shard", [](const std::string& dir) { fs::remove(dir + "/" + kShard2); },
          "DIR/model.safetensors.index.json: shards missing: model-00002-of-00002.safetensors; "
          "present: model-00001-of-00002.safetensors; is the download complete?"),
      damaged(
          "31", "model.safetensors beside an index that says otherwise",
          [](const std::string& dir) { write_tensors(dir + "/" + kSingleFileName, {"a"}); },
          "DIR/model.safetensors.index.json: disagrees with model.safetensors: tensor \"b\" is "
          "only in the index; remove whichever is out of date"),
  };
}

}  // namespace hone::bad_input
