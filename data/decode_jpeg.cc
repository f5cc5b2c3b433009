// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/decode_jpeg.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs stdio.h before it.
#include <jerror.h>
#include <jpeglib.h>

#include "tensor/check.h"

namespace hone {
namespace {

// The library leaves a call that fails through longjmp, which must not pass over destructors: the
// functions that set `back` have none.
struct Decoder {
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  std::jmp_buf back = {};
  char message[JMSG_LENGTH_MAX] = {};

  ~Decoder() { jpeg_destroy_decompress(&jpeg); }  // of one never created, nothing
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, decoder->message);
  std::longjmp(decoder->back, 1);
}

// Where data is missing the library would go on with grey.
void stop_where_data_ends(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) leave(jpeg);
}

bool read_header(Decoder& d, const unsigned char* bytes, unsigned long size) {
  if (setjmp(d.back) != 0) return false;
  d.jpeg.err = jpeg_std_error(&d.errors);
  d.errors.error_exit = leave;
  d.errors.emit_message = stop_where_data_ends;
  d.jpeg.client_data = &d;
  jpeg_create_decompress(&d.jpeg);
  jpeg_mem_src(&d.jpeg, bytes, size);
  jpeg_read_header(&d.jpeg, TRUE);
  return true;
}

bool read_rows(Decoder& d, unsigned char* pixels) {
  if (setjmp(d.back) != 0) return false;
  d.jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&d.jpeg);
  while (d.jpeg.output_scanline < d.jpeg.output_height) {
    JSAMPROW row = pixels + size_t{d.jpeg.output_scanline} * d.jpeg.output_width * 3;
    jpeg_read_scanlines(&d.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&d.jpeg);
  return true;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> file, int64_t max_pixels) {
  const auto check_read = [](bool good, const Decoder& d) {
    if (!good) fail(ErrorCode::kDataset, "a damaged JPEG image: ", d.message);
  };
  Decoder d;
  check_read(read_header(d, reinterpret_cast<const unsigned char*>(file.data()), file.size()), d);
  Image image;
  image.size = {d.jpeg.image_height, d.jpeg.image_width};
  check_image_size(image.size, max_pixels);
  if (d.jpeg.jpeg_color_space == JCS_CMYK || d.jpeg.jpeg_color_space == JCS_YCCK)
    fail(ErrorCode::kDataset, "a JPEG image in CMYK; expected RGB or grey: convert it");
  image.pixels.resize(static_cast<size_t>(image.size.height * image.size.width * 3));
  check_read(read_rows(d, image.pixels.data()), d);
  return image;
}

}  // namespace hone
