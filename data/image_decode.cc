// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/image_decode.h"

#include <algorithm>
#include <initializer_list>

#include "data/decode_jpeg.h"
#include "data/decode_png.h"
#include "tensor/check.h"

namespace hone {
namespace {

bool begins_with(std::span<const std::byte> file, std::initializer_list<int> bytes) {
  return file.size() >= bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), file.begin(),
                    [](int expected, std::byte b) { return std::to_integer<int>(b) == expected; });
}

}  // namespace

Image decode_image(std::span<const std::byte> file, int64_t max_pixels) {
  if (begins_with(file, {0xff, 0xd8, 0xff})) return decode_jpeg(file, max_pixels);
  if (begins_with(file, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}))
    return decode_png(file, max_pixels);
  fail(ErrorCode::kDataset, "an image of ", file.size(),
       " bytes that is neither JPEG nor PNG; expected one of these: convert it");
}

}  // namespace hone
