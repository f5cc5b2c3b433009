// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/image.h"

#include <algorithm>
#include <cmath>

#include "tensor/check.h"

namespace hone {
namespace {

constexpr int kBits = 32 - 8 - 2;  // of a weight's fraction: 255 times a sum of weights fits in 32
constexpr double kRadius = 2;      // of the cubic

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// Output place i is the sum of weights[i * capacity + j] times input place first[i] + j, j < count[i].
struct Weights {
  int64_t capacity = 0;
  std::vector<int64_t> first, count;
  std::vector<int32_t> weights;
};

Weights weights_for(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double stretch = std::max(scale, 1.0), support = kRadius * stretch;
  Weights w;
  w.capacity = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  w.weights.resize(static_cast<size_t>(to * w.capacity));
  std::vector<double> exact(static_cast<size_t>(w.capacity));
  for (int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const int64_t last = std::min<int64_t>(static_cast<int64_t>(center + support + 0.5), from);
    double sum = 0;
    for (int64_t j = 0; j < last - first; ++j) {
      const double at = (static_cast<double>(j + first) - center + 0.5) / stretch;
      sum += exact[static_cast<size_t>(j)] = cubic(at);
    }
    for (int64_t j = 0; j < last - first; ++j)
      w.weights[static_cast<size_t>(i * w.capacity + j)] = static_cast<int32_t>(
          std::lround(exact[static_cast<size_t>(j)] / sum * static_cast<double>(1 << kBits)));
    w.first.push_back(first);
    w.count.push_back(last - first);
  }
  return w;
}

uint8_t to_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kBits, int32_t{0}, int32_t{255}));
}

// The pixels `step` apart from `from` on, weighted, for output place i.
void write_pixel(const uint8_t* from, int64_t step, const Weights& w, int64_t i, uint8_t* to) {
  int32_t sum[3] = {1 << (kBits - 1), 1 << (kBits - 1), 1 << (kBits - 1)};
  const int32_t* weight = w.weights.data() + i * w.capacity;
  const uint8_t* pixel = from + w.first[static_cast<size_t>(i)] * step;
  for (int64_t j = 0; j < w.count[static_cast<size_t>(i)]; ++j, pixel += step)
    for (int c = 0; c < 3; ++c) sum[c] += weight[j] * pixel[c];
  for (int c = 0; c < 3; ++c) to[c] = to_byte(sum[c]);
}

Image blank(ImageSize size) {
  return {size, std::vector<uint8_t>(static_cast<size_t>(size.height * size.width * 3))};
}

}  // namespace

void check_image_size(ImageSize size, int64_t max_pixels) {
  if (size.height < 1 || size.width < 1)
    fail(ErrorCode::kDataset, "an image of ", size.height, " x ", size.width, " pixels");
  if (size.height > max_pixels / size.width)
    fail(ErrorCode::kDataset, "an image of ", size.height, " x ", size.width, " pixels; at most ",
         max_pixels, " are read: make it smaller");
}

Image resize_bicubic(const Image& image, ImageSize to) {
  const ImageSize from = image.size;
  check(from.height > 0 && from.width > 0 && to.height > 0 && to.width > 0, "resize_bicubic: from ",
        from.height, " x ", from.width, " to ", to.height, " x ", to.width, " pixels");
  check(static_cast<int64_t>(image.pixels.size()) == from.height * from.width * 3,
        "resize_bicubic: ", image.pixels.size(), " bytes for ", from.height, " x ", from.width,
        " pixels");
  Image wide = image;
  if (to.width != from.width) {
    wide = blank({from.height, to.width});
    const Weights w = weights_for(from.width, to.width);
    for (int64_t y = 0; y < from.height; ++y)
      for (int64_t x = 0; x < to.width; ++x)
        write_pixel(image.pixels.data() + y * from.width * 3, 3, w, x,
                    wide.pixels.data() + (y * to.width + x) * 3);
  }
  if (to.height == from.height) return wide;
  Image result = blank(to);
  const Weights w = weights_for(from.height, to.height);
  for (int64_t y = 0; y < to.height; ++y)
    for (int64_t x = 0; x < to.width; ++x)
      write_pixel(wide.pixels.data() + x * 3, to.width * 3, w, y,
                  result.pixels.data() + (y * to.width + x) * 3);
  return result;
}

}  // namespace hone
