// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compressed texts, for tests of what reads them.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

#include "tensor/check.h"

namespace hone::test {

// One gzip member.
inline std::string gzip(std::string_view text) {
  z_stream stream = {};
  check(
      deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "gzip");
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "gzip");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// One zstd frame with a checksum.
inline std::string zstd(std::string_view text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const size_t bytes = ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  check(!ZSTD_isError(bytes), "zstd");
  out.resize(bytes);
  return out;
}

}  // namespace hone::test
