// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/model_writer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "data/json.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

std::vector<Tensor> four_tensors() {
  std::vector<Tensor> tensors;
  for (const float x : {1.f, 2.f, 3.f, 4.f}) tensors.push_back(Tensor::of(std::vector{x, x}, {2}));
  return tensors;
}

std::vector<NamedBytes> named(const std::vector<Tensor>& tensors) {
  std::vector<NamedBytes> all;
  for (const Tensor& t : tensors) all.push_back(named_bytes("t" + std::to_string(all.size()), t));
  return all;
}

TEST_CASE("model writer: a small model is one file") {
  const TemporaryDirectory dir;
  const auto tensors = four_tensors();
  write_model(dir / "new/model", named(tensors));
  const ModelFiles model = ModelFiles::open(dir / "new/model");
  CHECK(model.files().size() == 1);
  CHECK(load_tensor(model, "t3").to_vector<float>() == std::vector<float>{4, 4});
  CHECK_FALSE(fs::exists(dir / "new/model/model.safetensors.index.json"));
}

TEST_CASE("model writer: shards of the size given, and their index") {
  const TemporaryDirectory dir;
  auto tensors = four_tensors();
  tensors.push_back(Tensor::of(std::vector<float>(100, 5.f), {100}));  // exceeds a shard
  write_model(dir.path(), named(tensors), 16);
  const ModelFiles model = ModelFiles::open(dir.path());
  CHECK(model.files().size() == 3);
  for (size_t i = 0; i < tensors.size(); ++i)
    CHECK(load_tensor(model, "t" + std::to_string(i)).to_vector<float>() ==
          tensors[i].to_vector<float>());
  const JsonValue index = load_json(dir / kIndexFileName);
  CHECK(index.at("metadata").get_int("total_size") == 4 * 8 + 400);
  CHECK(index.at("weight_map").get_string("t1") == "model-00001-of-00003.safetensors");
  CHECK(index.at("weight_map").get_string("t4") == "model-00003-of-00003.safetensors");
  for (const SafetensorsFile& file : model.files()) CHECK(file.metadata().at("format") == "pt");
}

TEST_CASE("model writer: nothing appears before all tensors are written") {
  const TemporaryDirectory dir;
  const auto tensors = four_tensors();
  const auto entries = named(tensors);
  std::vector<TensorSpec> specs;
  for (const NamedBytes& t : entries) specs.push_back(t.spec);
  {
    ModelWriter writer(dir.path(), specs, 16);
    for (const size_t i : {3, 0, 1}) writer.write(entries[i].spec.name, entries[i].bytes);
    check_contains(error_of(ErrorCode::kInternal, [&] { writer.commit(); }), "not all tensors");
    CHECK_FALSE(fs::exists(dir / "model-00001-of-00002.safetensors"));
  }
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("model writer: a directory never holds two layouts") {
  const TemporaryDirectory dir;
  const auto tensors = four_tensors();
  write_model(dir / "a", named(tensors), 16);
  write_model(dir / "a", named(tensors), 16);  // again is fine
  check_contains(error_of(ErrorCode::kUsage, [&] { write_model(dir / "a", named(tensors)); }),
                 "holds another model (model.safetensors.index.json)");
  write_model(dir / "b", named(tensors));
  check_contains(error_of(ErrorCode::kUsage, [&] { write_model(dir / "b", named(tensors), 16); }),
                 "holds another model (model.safetensors)");
  CHECK(ModelFiles::open(dir / "a").tensors().size() == 4);
}

TEST_CASE("model writer: misuse") {
  const TemporaryDirectory dir;
  const TensorSpec t{"t", StoredType::u8, {1}};
  check_contains(error_of(ErrorCode::kInternal,
                          [&] {
                            ModelWriter(dir.path(), {t, t}, 1);
                          }),
                 "two tensors named \"t\"");
  ModelWriter writer(dir.path(), {t});
  error_of(ErrorCode::kInternal, [&] { writer.write("u", {}); });
  write_file(dir / "file", "");
  error_of(ErrorCode::kDisk, [&] { ModelWriter(dir / "file", {t}); });
}

}  // namespace
}  // namespace hone
