// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/byte_source.h"

#include <algorithm>
#include <array>

#include "data/decompress.h"
#include "data/printable.h"

namespace hone {
namespace {

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(InputFile file) : file_(std::move(file)) {}

  size_t read(std::span<char> destination) override {
    const int64_t left = file_.size() - offset_;
    const auto bytes = std::min(destination.size(), static_cast<size_t>(left));
    file_.read(offset_, std::as_writable_bytes(destination.first(bytes)));
    offset_ += static_cast<int64_t>(bytes);
    if (bytes < destination.size()) file_.require_unchanged();
    return bytes;
  }

 private:
  InputFile file_;
  int64_t offset_ = 0;
};

}  // namespace

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "gzip";
    case Compression::kZstd:
      return "zstd";
    case Compression::kNone:
      break;
  }
  return "none";
}

Compression compression_of(const InputFile& file) {
  std::array<unsigned char, 4> magic = {};
  const auto bytes = static_cast<size_t>(std::min<int64_t>(file.size(), magic.size()));
  file.read(0, std::as_writable_bytes(std::span(magic).first(bytes)));
  if (magic[0] == 0x1f && magic[1] == 0x8b) return Compression::kGzip;
  const bool tail = magic[2] == 0x2f && magic[3] == 0xfd;
  if (magic[0] == 0x28 && magic[1] == 0xb5 && tail) return Compression::kZstd;
  return Compression::kNone;
}

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  InputFile file = InputFile::open(path, ErrorCode::kDataset);
  const Compression compression = compression_of(file);
  const auto named = [&](std::string_view ending, Compression kind) {
    if (path.ends_with(ending) && compression != kind)
      fail(ErrorCode::kDataset, printable(path, 4096), ": expected ", name_of(kind),
           " data because of its name, found ",
           file.size() == 0 ? "an empty file" : "something else",
           ". Fetch or compress it again, or give it the name of what it is");
  };
  named(".gz", Compression::kGzip);
  named(".zst", Compression::kZstd);
  switch (compression) {
    case Compression::kGzip:
      return decompress_gzip(std::move(file));
    case Compression::kZstd:
      return decompress_zstd(std::move(file));
    case Compression::kNone:
      break;
  }
  return std::make_unique<PlainSource>(std::move(file));
}

}  // namespace hone
