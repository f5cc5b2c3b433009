// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/decode_png.h"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "tensor/check.h"

namespace hone {
namespace {

// The library leaves a call that fails through longjmp, which must not pass over destructors: the
// functions that set `back` have none.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::byte> left;  // of the file
  std::jmp_buf back = {};
  char message[256] = {};

  ~Decoder() {
    if (png != nullptr) png_destroy_read_struct(&png, &info, nullptr);
  }
};

[[noreturn]] void leave(png_structp png, png_const_charp message) {
  auto* decoder = static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(decoder->message, sizeof decoder->message, "%s", message);
  std::longjmp(decoder->back, 1);
}

void ignore(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep to, size_t count) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder->left.size()) png_error(png, "the file ends too early");
  std::memcpy(to, decoder->left.data(), count);
  decoder->left = decoder->left.subspan(count);
}

bool read_header(Decoder& d) {
  if (setjmp(d.back) != 0) return false;
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, leave, ignore);
  d.info = d.png == nullptr ? nullptr : png_create_info_struct(d.png);
  if (d.info == nullptr) {
    std::snprintf(d.message, sizeof d.message, "no memory to read it");
    return false;
  }
  png_set_read_fn(d.png, &d, take);
  png_read_info(d.png, d.info);
  return true;
}

// rows: of the whole picture, since interlaced files visit each several times.
bool read_rows(Decoder& d, png_bytep* rows) {
  if (setjmp(d.back) != 0) return false;
  png_set_strip_16(d.png);
  png_set_packing(d.png);
  const int colour = png_get_color_type(d.png, d.info);
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(d.png);
  if ((colour & PNG_COLOR_MASK_COLOR) == 0) {
    png_set_expand_gray_1_2_4_to_8(d.png);
    png_set_gray_to_rgb(d.png);
  }
  png_set_strip_alpha(d.png);
  png_set_interlace_handling(d.png);
  png_read_update_info(d.png, d.info);
  if (png_get_channels(d.png, d.info) != 3 || png_get_bit_depth(d.png, d.info) != 8)
    png_error(d.png, "its pixels have an unknown form");
  png_read_image(d.png, rows);
  return true;
}

}  // namespace

Image decode_png(std::span<const std::byte> file, int64_t max_pixels) {
  const auto check_read = [](bool good, const Decoder& d) {
    if (!good) fail(ErrorCode::kDataset, "a damaged PNG image: ", d.message);
  };
  Decoder d;
  d.left = file;
  check_read(read_header(d), d);
  Image image;
  image.size = {png_get_image_height(d.png, d.info), png_get_image_width(d.png, d.info)};
  check_image_size(image.size, max_pixels);
  image.pixels.resize(static_cast<size_t>(image.size.height * image.size.width * 3));
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < image.size.height; ++y)
    rows.push_back(image.pixels.data() + y * image.size.width * 3);
  check_read(read_rows(d, rows.data()), d);
  return image;
}

}  // namespace hone
