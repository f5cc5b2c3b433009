// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/checkpoint_files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <vector>

#include "data/file.h"
#include "data/safetensors_writer.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

const char* const kShard1 = "model-00001-of-00002.safetensors";
const char* const kShard2 = "model-00002-of-00002.safetensors";

// A model of two shards with the tensors "a" and "b", to be damaged.
class Model {
 public:
  Model() {
    write_tensors(kShard1, {"a"});
    write_tensors(kShard2, {"b"});
    write_index(R"({"a": ")" + std::string(kShard1) + R"(", "b": ")" + kShard2 + R"("})");
  }
  void write_tensors(const std::string& file, const std::vector<std::string>& names) {
    const Tensor value = Tensor::of(std::vector<float>{1, 2}, {2});
    std::vector<NamedBytes> tensors;
    for (const std::string& name : names) tensors.push_back(named_bytes(name, value));
    write_safetensors(dir / file, tensors);
  }
  void write_index(const std::string& map) {
    write_file(dir / kIndexFileName,
               R"({"metadata": {"total_size": 16}, "weight_map": )" + map + "}");
  }
  // The index with "b" in another file.
  void map_b_to(const std::string& json_string) {
    write_index(R"({"a": ")" + std::string(kShard1) + R"(", "b": )" + json_string + "}");
  }
  std::string error() const {
    return error_of(ErrorCode::kModel, [&] { ModelFiles::open(dir.path()); });
  }

  TemporaryDirectory dir;
};

TEST_CASE("checkpoint files: one file") {
  const Model m;
  const TemporaryDirectory dir;
  fs::copy_file(m.dir / kShard1, dir / kSingleFileName);
  const ModelFiles model = ModelFiles::open(dir.path());
  CHECK(model.files().size() == 1);
  CHECK(load_tensor(model, "a").to_vector<float>() == std::vector<float>{1, 2});
}

TEST_CASE("checkpoint files: shards") {
  const Model m;
  const ModelFiles model = ModelFiles::open(m.dir.path());
  CHECK(model.directory() == m.dir.path());
  CHECK(model.files().size() == 2);
  CHECK(model.tensors().size() == 2);
  CHECK(model.contains("b"));
  CHECK_FALSE(model.contains("c"));
  CHECK(model.info("b").shape == Shape{2});
  check_contains(model.file_of("b").path(), kShard2);
  float second[1];
  model.read("b", std::as_writable_bytes(std::span(second)), 4);
  CHECK(second[0] == 2);
  check_contains(error_of(ErrorCode::kModel, [&] { load_tensor(model, "c"); }),
                 "expected a tensor \"c\", found none of that name among 2");
}

TEST_CASE("checkpoint files: shard names that leave the directory or are none (23-25)") {
  Model m;
  const std::string expected = "$.weight_map.b: expected the plain name of a *.safetensors file";
  const std::string longest(300, 'x');
  for (const std::string& name :
       {std::string("../../etc/passwd"), std::string("../model.safetensors"),
        std::string("/etc/passwd"), (m.dir / kShard2), std::string("a/../b.safetensors"),
        "./" + std::string(kShard2), std::string("a\\\\b.safetensors"),
        std::string("b.safetensors\\u0000"), std::string("\\u0000.safetensors"),
        longest + ".safetensors", std::string(".."), std::string("."), std::string(""),
        std::string(".safetensors"), std::string("pytorch_model.bin")}) {
    m.map_b_to('"' + name + '"');
    const std::string message = m.error();
    check_contains(message, std::string(kIndexFileName) + ": " + expected);
    CHECK(message.find('\0') == std::string::npos);
  }
  m.map_b_to("3");
  check_contains(m.error(), "expected a string, found 3");
}

TEST_CASE("checkpoint files: links must stay inside (26)") {
  Model m;
  const TemporaryDirectory outside;
  fs::rename(m.dir / kShard2, outside / "b.safetensors");
  fs::create_symlink(outside / "b.safetensors", m.dir / kShard2);
  check_contains(m.error(), std::string(kShard2) + ": a link to " + (outside / "b.safetensors"));
  fs::remove(m.dir / kShard2);
  fs::create_symlink(m.dir / "nothing", m.dir / kShard2);
  check_contains(m.error(), "a link that leads nowhere");
  fs::remove(m.dir / kShard2);
  fs::copy_file(outside / "b.safetensors", m.dir / "real.safetensors");
  fs::create_symlink("real.safetensors", m.dir / kShard2);
  CHECK(ModelFiles::open(m.dir.path()).contains("b"));
}

TEST_CASE("checkpoint files: a Hugging Face cache links to its blobs, and nowhere else (26)") {
  const Model m;
  const TemporaryDirectory cache;
  const fs::path repository = fs::path(cache.path()) / "models--org--name";
  const fs::path snapshot = repository / "snapshots" / "0123abcd";
  fs::create_directories(snapshot);
  fs::create_directories(repository / "blobs");
  const std::string hash(64, 'a');
  const auto link_to = [&](const std::string& target) {
    fs::remove(snapshot / kSingleFileName);
    fs::copy_file(m.dir / kShard1, snapshot / target, fs::copy_options::overwrite_existing);
    fs::create_symlink(target, snapshot / kSingleFileName);
  };
  link_to("../../blobs/" + hash);
  CHECK(ModelFiles::open(snapshot.string()).contains("a"));
  const auto error = [&] {
    return error_of(ErrorCode::kModel, [&] { ModelFiles::open(snapshot.string()); });
  };
  link_to("../../blobs/not-a-hash");
  check_contains(error(), "a link to");
  link_to("../../" + hash);
  check_contains(error(), "a link to");
}

TEST_CASE("checkpoint files: only regular files are opened (27)") {
  Model m;
  fs::remove(m.dir / kShard2);
  REQUIRE(::mkfifo((m.dir / kShard2).c_str(), 0600) == 0);
  check_contains(m.error(), std::string(kShard2) + ": expected a regular file, found a FIFO");
  fs::remove(m.dir / kShard2);
  fs::create_directory(m.dir / kShard2);
  check_contains(m.error(), "expected a regular file, found a directory");
  fs::remove(m.dir / kShard2);
  fs::create_symlink("/dev/zero", m.dir / kShard2);
  check_contains(m.error(), "a link to /dev/zero");
  fs::remove(m.dir / kIndexFileName);
  REQUIRE(::mkfifo((m.dir / kIndexFileName).c_str(), 0600) == 0);
  check_contains(m.error(), "json: expected a regular file, found a FIFO");
}

TEST_CASE("checkpoint files: index and shards agree on every tensor (28, 29)") {
  Model m;
  m.map_b_to('"' + std::string(kShard1) + '"');
  check_contains(m.error(),
                 "expected tensor \"b\" in " + std::string(kShard1) + ", which lacks it");
  m.map_b_to('"' + std::string(kShard2) + '"');
  m.write_tensors(kShard2, {"a", "b"});
  check_contains(m.error(), "tensor \"a\" is in two shards: " + std::string(kShard1) +
                                ", as the index says, and " + kShard2);
  m.write_tensors(kShard2, {"b", "c"});
  check_contains(m.error(), "tensor \"c\" of " + std::string(kShard2) + " is not in the index");
}

TEST_CASE("checkpoint files: missing shards are named, those present too (30)") {
  Model m;
  fs::remove(m.dir / kShard2);
  check_contains(m.error(), "shards missing: " + std::string(kShard2) + "; present: " + kShard1);
  fs::remove(m.dir / kShard1);
  check_contains(m.error(), "; present: none");
}

TEST_CASE("checkpoint files: model.safetensors beside an index (31)") {
  Model m;
  m.write_tensors(kSingleFileName, {"a", "b"});
  CHECK(ModelFiles::open(m.dir.path()).files().size() == 1);
  m.write_tensors(kSingleFileName, {"a"});
  check_contains(m.error(), "disagrees with model.safetensors: tensor \"b\" is only in the index");
  m.write_tensors(kSingleFileName, {"a", "b", "c"});
  check_contains(m.error(), "disagrees with model.safetensors: tensor \"c\" is only in the file");
}

TEST_CASE("checkpoint files: a damaged index or shard") {
  Model m;
  for (const char* map : {"{}", "[]", "null", "3"}) {
    m.write_index(map);
    check_contains(m.error(), "$.weight_map: expected");
  }
  write_file(m.dir / kIndexFileName, "{}");
  check_contains(m.error(), "the key \"weight_map\"");
  m.write_index(R"({"a": "x.safetensors", "a": "y.safetensors"})");
  check_contains(m.error(), "index.json:1:73: duplicate key \"a\"");
  m.map_b_to('"' + std::string(kShard2) + '"');
  write_file(m.dir / kShard2, "short");
  check_contains(m.error(), std::string(kShard2) + ": 5 bytes, expected at least 8");
}

TEST_CASE("checkpoint files: no model there") {
  const TemporaryDirectory dir;
  const auto error = [](const std::string& path) {
    return error_of(ErrorCode::kModel, [&] { ModelFiles::open(path); });
  };
  check_contains(error(dir / "absent"), "absent: expected the directory of a model, found");
  check_contains(error(dir.path()),
                 "expected model.safetensors or model.safetensors.index.json, found neither");
  write_file(dir / "pytorch_model.bin", "x");
  check_contains(error(dir.path()), "only pickled weights (pytorch_model.bin)");
  check_contains(error(dir / "pytorch_model.bin"),
                 "expected the directory of a model, found a file");
}

}  // namespace
}  // namespace hone
