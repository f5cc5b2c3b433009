// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/safetensors_writer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "data/safetensors.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

template <class T>
Tensor counting(const Shape& shape) {
  std::vector<T> values;
  for (int64_t i = 0; i < shape.numel(); ++i) values.push_back(T(static_cast<float>(i)));
  return Tensor::of(values, shape);
}

TEST_CASE("safetensors writer: the exact bytes of a small file") {
  const TemporaryDirectory dir;
  write_safetensors(dir / "f", {named_bytes("w", Tensor::of(std::vector<uint8_t>{7, 8}, {2}))});
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  CHECK(header.size() == 84);
  CHECK(read_file(dir / "f", ErrorCode::kModel) ==
        std::string("\x58\0\0\0\0\0\0\0", 8) + header + "    \x07\x08");
}

TEST_CASE("safetensors writer: round trip of every dtype, shape and awkward name") {
  const TemporaryDirectory dir;
  const Tensor f64 = counting<double>({3}), f32 = counting<float>({2, 2}),
               scalar = counting<float>({});
  const Tensor half = counting<f16>({1, 3}), brain = counting<bf16>({5}),
               u8 = counting<uint8_t>({7});
  const Tensor i32 = counting<int32_t>({2}), i64 = counting<int64_t>({1, 1, 1, 1, 1, 2});
  const std::vector<std::pair<std::string, Tensor>> tensors = {
      {"\"quoted\\\n", u8}, {"f64", f64},  {"a.f32", f32},
      {"scalar", scalar},   {"f16", half}, {"\u6a21\u578b", brain},
      {"i32", i32},         {"i64", i64},  {"empty", Tensor::empty({0, 4}, DType::f32)}};
  std::vector<NamedBytes> entries;
  for (const auto& [name, tensor] : tensors) entries.push_back(named_bytes(name, tensor));
  write_safetensors(dir / "f", entries, {{"format", "pt"}, {"note", "a \"b\""}});
  const SafetensorsFile file = SafetensorsFile::open(dir / "f");
  CHECK(file.tensors().size() == tensors.size());
  CHECK(file.metadata().at("note") == "a \"b\"");
  for (const auto& [name, tensor] : tensors) {
    const Tensor loaded = load_tensor(file, name);
    CHECK(loaded.shape() == tensor.shape());
    CHECK(loaded.dtype() == tensor.dtype());
    CHECK(std::equal(static_cast<char*>(loaded.raw()),
                     static_cast<char*>(loaded.raw()) + loaded.nbytes(),
                     static_cast<char*>(tensor.raw())));
    CHECK(file.info(name).offset % size_of(tensor.dtype()) == 0);
  }
}

TEST_CASE("safetensors writer: same tensors, same bytes, in whatever order they come") {
  const TemporaryDirectory dir;
  const Tensor a = counting<float>({3}), b = counting<uint8_t>({3}), c = counting<double>({1});
  write_safetensors(dir / "1", {named_bytes("a", a), named_bytes("b", b), named_bytes("c", c)});
  write_safetensors(dir / "2", {named_bytes("c", c), named_bytes("b", b), named_bytes("a", a)});
  CHECK(read_file(dir / "1", ErrorCode::kModel) == read_file(dir / "2", ErrorCode::kModel));
}

TEST_CASE("safetensors writer: misuse is caught and leaves no file") {
  const TemporaryDirectory dir;
  const auto misuse = [&](auto f) { return error_of(ErrorCode::kInternal, f); };
  const std::byte four[4] = {};
  {
    SafetensorsWriter writer(dir / "f", {{"a", StoredType::f32, {1}}, {"b", StoredType::u8, {2}}});
    check_contains(misuse([&] { writer.write("x", four); }), "\"x\" was not announced");
    check_contains(misuse([&] { writer.write("b", four); }), "4 bytes for \"b\", expected 2");
    writer.write("a", four);
    check_contains(misuse([&] { writer.write("a", four); }), "\"a\" written twice");
    check_contains(misuse([&] { writer.commit(); }), "1 of 2 tensors written");
  }
  const TensorSpec w{"w", StoredType::u8, {1}};
  check_contains(misuse([&] { SafetensorsWriter(dir / "f", {w, w}); }), "two tensors named \"w\"");
  misuse([&] { SafetensorsWriter(dir / "f", {{"__metadata__", StoredType::u8, {1}}}); });
  misuse([&] { SafetensorsWriter(dir / "f", {{"\xff", StoredType::u8, {1}}}); });
  misuse([&] { SafetensorsWriter(dir / "f", {{"w", StoredType::f4, {1}}}); });
  misuse([&] { named_bytes("t", Tensor::empty({2}, DType::f32, kMeta)); });
  CHECK(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace hone
