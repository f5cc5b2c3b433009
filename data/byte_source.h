// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A file's bytes from the first to the last, decompressed where the file is compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "data/file.h"

namespace hone {

enum class Compression { kNone, kGzip, kZstd };

std::string_view name_of(Compression compression);  // "gzip"

class ByteSource {
 public:
  // Output that a compressed file may have in one go for each of its bytes. Text compresses to a
  // tenth or so; what expands beyond this is either a bomb or says the same thing over and over.
  static constexpr int64_t kMaxRatio = 200;
  // Bytes of output over which the ratio is measured. Files smaller than this do no harm.
  static constexpr int64_t kRatioWindow = int64_t{64} << 20;

  virtual ~ByteSource() = default;

  // Fills `destination`; returns how many bytes there were, fewer than asked for only at the end.
  // Errors: kDataset for damaged or truncated compressed data, naming the byte of the file; for
  // data that expands beyond kMaxRatio; for a file that changed since it was opened. kDisk.
  virtual size_t read(std::span<char> destination) = 0;
};

// Bytes say what a file is, not its name: gzip (also of several members) and zstd (several frames,
// windows of up to 128 MiB) are recognised by their first bytes, anything else is read as it is.
// Errors: kDataset unless `path` is a readable regular file; when its name ends in .gz or .zst and
// its bytes are something else.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);

// How the file is compressed, by its first bytes. Errors: kDisk.
Compression compression_of(const InputFile& file);

}  // namespace hone
