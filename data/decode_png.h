// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "data/image.h"

namespace hone {

// decode_image (data/image_decode.h) of a PNG file.
Image decode_png(std::span<const std::byte> file, int64_t max_pixels);

}  // namespace hone
