// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/image_decode.h"

#include <doctest/doctest.h>

#include "data/safetensors.h"
#include "tensor/random.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

using Bytes = std::vector<std::byte>;

const SafetensorsFile& goldens() {
  static const SafetensorsFile file =
      SafetensorsFile::open("tests/goldens/image_files.safetensors");
  return file;
}

Bytes bytes_of(const std::string& name) {
  const auto bytes = goldens().bytes(name);
  return {bytes.begin(), bytes.end()};
}

// Names of the files in the goldens, without "file.".
std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : goldens().tensors())
    if (name.starts_with("file.")) names.push_back(name.substr(5));
  return names;
}

// tools/make_image_file_golden.py: what Pillow reads.
TEST_CASE("decode_image: JPEG and PNG of every kind give Pillow's pixels") {
  CHECK(names().size() == 10);
  for (const std::string& name : names()) {
    CAPTURE(name);
    const Image image = decode_image(bytes_of("file." + name));
    const Shape& shape = goldens().info("pixels." + name).shape;
    CHECK(image.size == ImageSize{shape[0], shape[1]});
    const Bytes expected = bytes_of("pixels." + name);
    REQUIRE(image.pixels.size() == expected.size());
    int64_t different = 0;
    for (size_t i = 0; i < expected.size(); ++i)
      different += image.pixels[i] != std::to_integer<uint8_t>(expected[i]);
    CHECK(different == 0);
  }
}

TEST_CASE("decode_image: every cut file is refused") {
  for (const std::string name : {"jpeg_rgb", "jpeg_progressive", "png_rgb", "png_palette"}) {
    const Bytes file = bytes_of("file." + name);
    const size_t data = file.size() - (name.starts_with("png") ? 40 : 10);
    for (size_t size = 0; size < data; size += 1 + size / 16) {
      CAPTURE(size);
      const std::string message =
          error_of(ErrorCode::kDataset, [&] { decode_image(std::span(file).first(size)); });
      CHECK(message.find(size < 8 ? "" : "a damaged ") != std::string::npos);
    }
  }
}

TEST_CASE(
    "decode_image: other bytes, and too many pixels, are refused before anything is allocated") {
  const Bytes text(5, std::byte{'x'});
  check_contains(error_of(ErrorCode::kDataset, [&] { decode_image(text); }),
                 "an image of 5 bytes that is neither JPEG nor PNG");
  for (const std::string name : {"jpeg_rgb", "png_rgb"}) {
    const Bytes file = bytes_of("file." + name);
    check_contains(error_of(ErrorCode::kDataset, [&] { decode_image(file, 23 * 17 - 1); }),
                   "an image of 17 x 23 pixels; at most 390 are read");
    CHECK_NOTHROW(decode_image(file, 23 * 17));
  }
  for (const std::string name : {"huge.jpeg", "huge.png"})
    check_contains(error_of(ErrorCode::kDataset, [&] { decode_image(bytes_of(name)); }),
                   "an image of 60000 x 60000 pixels; at most 89478485 are read");
}

TEST_CASE("decode_image: damaged bytes give an error or a picture of the size that they claim") {
  for (const std::string& name : names()) {
    const Bytes file = bytes_of("file." + name);
    const RandomStream random(1, name);
    for (uint64_t i = 0; i < 300; ++i) {
      Bytes damaged = file;
      for (uint64_t k = 0; k < 3; ++k)
        damaged[random.bits(6 * i + 2 * k) % damaged.size()] =
            static_cast<std::byte>(random.bits(6 * i + 2 * k + 1));
      try {
        const Image image = decode_image(damaged, 1 << 20);
        CHECK(static_cast<int64_t>(image.pixels.size()) ==
              image.size.height * image.size.width * 3);
      } catch (const Error& e) {
        CHECK(e.code() == ErrorCode::kDataset);
      }
    }
  }
}

}  // namespace
}  // namespace hone
