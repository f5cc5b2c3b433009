// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/image_patches.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/safetensors.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const SafetensorsFile& goldens() {
  static const SafetensorsFile file = SafetensorsFile::open("tests/goldens/images.safetensors");
  return file;
}

std::vector<uint8_t> bytes_of(const std::string& name) {
  std::vector<uint8_t> bytes;
  for (const std::byte b : goldens().bytes(name)) bytes.push_back(static_cast<uint8_t>(b));
  return bytes;
}

std::vector<int64_t> integers_of(const std::string& name) {
  return load_tensor(goldens(), name).to_vector<int64_t>();
}

// tools/make_image_golden.py: what transformers' processor makes of pieces of photographs.
TEST_CASE("image patches: the same bytes in the same order as transformers'") {
  int64_t cases = 0;
  for (; goldens().contains("image." + std::to_string(cases)); ++cases) {
    CAPTURE(cases);
    const std::string end = "." + std::to_string(cases);
    const Shape& shape = goldens().info("image" + end).shape;
    const Image image = {{shape[0], shape[1]}, bytes_of("image" + end)};
    const std::vector<int64_t> s = integers_of("settings" + end);
    const PatchSettings settings = {s[0], s[1], s[2], s[3], s[4]};
    const ImagePatches patches = make_patches(image, settings);
    CHECK(std::vector<int64_t>{patches.rows, patches.columns} == integers_of("grid" + end));
    CHECK(patches.tokens(settings) * s[1] * s[1] == patches.rows * patches.columns);
    const std::vector<uint8_t> expected = bytes_of("patches" + end);
    REQUIRE(patches.values.size() == expected.size());
    int64_t different = 0;
    for (size_t i = 0; i < expected.size(); ++i)
      different += patches.values[i] != (static_cast<float>(expected[i]) - 127.5f) / 127.5f;
    CHECK(different == 0);
  }
  CHECK(cases == 5);
}

TEST_CASE("patched_size: multiples of the unit, halves to even, within the limits") {
  const PatchSettings s;
  CHECK(patched_size({300, 451}, s) == ImageSize{288, 448});
  CHECK(patched_size({400, 600}, s) == ImageSize{384, 608});
  CHECK(patched_size({272, 304}, s) == ImageSize{256, 320});  // 8.5 and 9.5 units
  CHECK(patched_size({191, 384}, s) == ImageSize{192, 384});
  CHECK(patched_size({102, 102}, s) == ImageSize{256, 256});  // up to the smallest area
  CHECK(patched_size({1, 200}, s) == ImageSize{32, 3648});
  const ImageSize large = patched_size({20000, 30000}, s);
  CHECK(large == ImageSize{3328, 4992});
  CHECK(large.height * large.width <= s.max_pixels);
}

TEST_CASE("patched_size: sides of nothing, and strips, are refused") {
  const PatchSettings s;
  for (const ImageSize size : {ImageSize{0, 10}, {10, 0}, {1, 201}, {401, 2}})
    check_contains(error_of(ErrorCode::kDataset, [&] { patched_size(size, s); }),
                   "an image of " + std::to_string(size.height) + " x " +
                       std::to_string(size.width) + " pixels");
  CHECK_NOTHROW(patched_size({2, 400}, s));
}

TEST_CASE(
    "resize_bicubic: one colour stays, the same size changes nothing, edges do not overflow") {
  const Image grey = {{7, 9}, std::vector<uint8_t>(7 * 9 * 3, 201)};
  for (const ImageSize to : {ImageSize{1, 1}, {7, 30}, {40, 2}, {13, 17}}) {
    const Image r = resize_bicubic(grey, to);
    CHECK(r.size == to);
    CHECK(r.pixels == std::vector<uint8_t>(static_cast<size_t>(to.height * to.width * 3), 201));
  }
  Image steps = grey;  // columns of 0 and 255: the cubic overshoots at their edges
  for (size_t i = 0; i < steps.pixels.size(); ++i) steps.pixels[i] = i / 3 % 9 < 4 ? 0 : 255;
  CHECK(resize_bicubic(steps, steps.size).pixels == steps.pixels);
  const Image wide = resize_bicubic(steps, {7, 90});
  for (int64_t x = 0; x < 90; ++x) {
    const uint8_t value = wide.pixels[static_cast<size_t>(x * 3)];
    CHECK_MESSAGE((x < 35 ? value == 0 : x >= 45 ? value == 255 : true), x);
  }
  check_contains(error_of(ErrorCode::kInternal,
                          [&] {
                            resize_bicubic(grey, {0, 4});
                          }),
                 "to 0 x 4 pixels");
  check_contains(error_of(ErrorCode::kInternal,
                          [&] {
                            resize_bicubic({{2, 2}, {1, 2}}, {3, 3});
                          }),
                 "2 bytes for 2 x 2 pixels");
}

}  // namespace
}  // namespace hone
