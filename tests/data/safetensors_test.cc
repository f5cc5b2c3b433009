// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "data/safetensors_writer.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

// Two tensors with a DType and one without.
std::string write_example(const TemporaryDirectory& dir) {
  const Tensor w = Tensor::of(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor b = Tensor::of(std::vector<bf16>{bf16(0.5f), bf16(-2.0f)}, {2});
  static constexpr std::byte kFp8[3] = {std::byte{1}, std::byte{2}, std::byte{3}};
  const std::string path = dir / "model.safetensors";
  write_safetensors(
      path, {named_bytes("w", w), named_bytes("b", b), {{"q", StoredType::f8_e4m3, {3}}, kFp8}});
  return path;
}

TEST_CASE("safetensors: tensors are loaded, read in part and mapped") {
  const TemporaryDirectory dir;
  const SafetensorsFile file = SafetensorsFile::open(write_example(dir));
  CHECK(file.tensors().size() == 3);
  CHECK(file.metadata().at("format") == "pt");
  CHECK(file.contains("w"));
  CHECK_FALSE(file.contains("v"));
  const Tensor w = load_tensor(file, "w");
  CHECK(w.shape() == Shape{2, 3});
  CHECK(w.to_vector<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(load_tensor(file, "b").data<bf16>()[1] == -2.0f);

  float middle[2];
  file.read("w", std::as_writable_bytes(std::span(middle)), 8);
  CHECK(middle[0] == 3);
  CHECK(middle[1] == 4);
  const auto q = file.bytes("q");
  CHECK(q.size() == 3);
  CHECK(q[2] == std::byte{3});
  const auto* mapped = reinterpret_cast<const float*>(file.bytes("w").data());
  CHECK(reinterpret_cast<uintptr_t>(mapped) % sizeof(float) == 0);
  CHECK(mapped[5] == 6);
}

TEST_CASE("safetensors: what cannot be loaded is named") {
  const TemporaryDirectory dir;
  const SafetensorsFile file = SafetensorsFile::open(write_example(dir));
  check_contains(error_of(ErrorCode::kModel, [&] { load_tensor(file, "v"); }),
                 "model.safetensors: expected a tensor \"v\", found none of that name among 3");
  check_contains(error_of(ErrorCode::kModel, [&] { load_tensor(file, "q"); }),
                 "tensor \"q\": expected one of F64");
  std::byte bytes[3];
  for (const int64_t begin : {int64_t{-1}, int64_t{1}, std::numeric_limits<int64_t>::max()})
    error_of(ErrorCode::kInternal, [&] { file.read("q", bytes, begin); });
}

TEST_CASE("safetensors: a file truncated after opening is an error, not a signal") {
  const TemporaryDirectory dir;
  const std::string path = write_example(dir);
  const SafetensorsFile file = SafetensorsFile::open(path);
  REQUIRE(::truncate(path.c_str(), 100) == 0);
  check_contains(error_of(ErrorCode::kModel, [&] { load_tensor(file, "w"); }), "ends at byte");
  check_contains(error_of(ErrorCode::kModel, [&] { SafetensorsFile::open(path); }),
                 "is the download complete?");
}

TEST_CASE("safetensors: a giant header length costs nothing, in a giant file either") {
  const TemporaryDirectory dir;
  write_file(dir / "sparse", std::string("\x01\xe1\xf5\x05\0\0\0\0", 8));
  REQUIRE(::truncate((dir / "sparse").c_str(), 100'000'009) == 0);
  check_contains(error_of(ErrorCode::kModel, [&] { SafetensorsFile::open(dir / "sparse"); }),
                 "sparse: byte 0: header length 100000001, expected at most 100000000");
  write_file(dir / "short", "\x01");
  check_contains(error_of(ErrorCode::kModel, [&] { SafetensorsFile::open(dir / "short"); }),
                 "short: 1 bytes, expected at least 8");
}

TEST_CASE("safetensors: empty tensors") {
  const TemporaryDirectory dir;
  write_safetensors(dir / "e", {named_bytes("e", Tensor::empty({0, 5}, DType::f32))});
  const SafetensorsFile file = SafetensorsFile::open(dir / "e");
  CHECK(load_tensor(file, "e").shape() == Shape{0, 5});
  CHECK(file.bytes("e").empty());
}

}  // namespace
}  // namespace hone
