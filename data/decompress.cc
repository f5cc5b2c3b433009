// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/decompress.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "data/printable.h"

namespace hone {
namespace {

// Reads a compressed file chunk by chunk and watches how much comes out of it.
class CompressedFile {
 public:
  CompressedFile(InputFile file, Compression kind)
      : file_(std::move(file)), kind_(kind), chunk_(kChunkBytes) {}

  // The bytes read and not yet used up; more of them when there are none. Empty at the end.
  std::span<const char> input() {
    if (begin_ == end_) {
      const auto bytes =
          static_cast<size_t>(std::min<int64_t>(kChunkBytes, file_.size() - offset_));
      file_.read(offset_, std::as_writable_bytes(std::span(chunk_).first(bytes)));
      offset_ += static_cast<int64_t>(bytes);
      begin_ = 0;
      end_ = bytes;
      if (bytes == 0) file_.require_unchanged();
    }
    return std::span(chunk_).subspan(begin_, end_ - begin_);
  }

  // `used` bytes of the input have become `produced` bytes.
  void advance(size_t used, size_t produced) {
    begin_ += used;
    window_used_ += static_cast<int64_t>(used);
    window_produced_ += static_cast<int64_t>(produced);
    if (window_produced_ < ByteSource::kRatioWindow) return;
    // What lies in a decompressor's buffers makes a window's input look up to a chunk too small.
    if (window_produced_ / ByteSource::kMaxRatio > window_used_ + kChunkBytes)
      reject("expands to more than ", ByteSource::kMaxRatio, " times its size (",
             window_produced_ >> 20, " MiB from ", window_used_,
             " bytes); expected a text, not a decompression bomb. If it is what you want, "
             "decompress it first");
    window_used_ = window_produced_ = 0;
  }

  // Names the byte up to which the input is used up: what is wrong lies at most a chunk behind it.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    fail(ErrorCode::kDataset, printable(file_.path(), 4096), ": ", name_of(kind_),
         " data behind byte ", offset_ - static_cast<int64_t>(end_ - begin_), " of ", file_.size(),
         ": ", parts...);
  }

  [[noreturn]] void reject_truncated() const {
    reject("the file ends in the middle of it; expected more. Was it fetched or written whole?");
  }
  [[noreturn]] void reject_damaged(const char* what) const {
    reject("damaged: ", what, ". Fetch or compress it again");
  }

 private:
  static constexpr int64_t kChunkBytes = int64_t{1} << 17;

  InputFile file_;
  Compression kind_;
  std::vector<char> chunk_;
  size_t begin_ = 0, end_ = 0;  // of the unused bytes in chunk_
  int64_t offset_ = 0;          // of the file's first byte not yet read
  int64_t window_used_ = 0, window_produced_ = 0;
};

class GzipSource : public ByteSource {
 public:
  explicit GzipSource(InputFile file) : file_(std::move(file), Compression::kGzip) {
    check(inflateInit2(&stream_, kGzipWindow) == Z_OK, "zlib: cannot begin");
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { inflateEnd(&stream_); }

  size_t read(std::span<char> destination) override {
    size_t filled = 0;
    while (filled < destination.size() && !finished_) {
      const std::span<const char> input = file_.input();
      if (input.empty()) {
        if (inside_) file_.reject_truncated();
        finished_ = true;
      } else if (inside_) {
        filled += inflate_some(input, destination.subspan(filled));
      } else {
        begin_member(input);
      }
    }
    return filled;
  }

 private:
  static constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header

  size_t inflate_some(std::span<const char> input, std::span<char> output) {
    // zlib's type for input is not const; it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    const auto room = static_cast<uInt>(std::min<size_t>(output.size(), size_t{1} << 30));
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    const size_t produced = room - stream_.avail_out;
    file_.advance(input.size() - stream_.avail_in, produced);
    if (status == Z_STREAM_END) {
      inside_ = false;
    } else if (status == Z_MEM_ERROR) {
      fail(ErrorCode::kOutOfMemory, "zlib: no memory to decompress");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      file_.reject_damaged(stream_.msg != nullptr ? stream_.msg : "needs a dictionary");
    }
    return produced;
  }

  // Behind a member: the next one, or padding of zero bytes up to the end.
  void begin_member(std::span<const char> input) {
    if (input[0] == '\0') {
      file_.advance(1, 0);
      padding_ = true;
      return;
    }
    if (padding_ || static_cast<unsigned char>(input[0]) != 0x1f)
      file_.reject_damaged("bytes behind the end of the compressed data");
    inflateReset(&stream_);
    inside_ = true;
  }

  CompressedFile file_;
  z_stream stream_ = {};
  bool inside_ = true;  // a member
  bool padding_ = false;
  bool finished_ = false;
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(InputFile file)
      : file_(std::move(file), Compression::kZstd), stream_(ZSTD_createDStream()) {
    check(stream_ != nullptr, "zstd: cannot begin");
  }

  size_t read(std::span<char> destination) override {
    ZSTD_outBuffer output = {destination.data(), destination.size(), 0};
    while (output.pos < output.size && !finished_) {
      const std::span<const char> bytes = file_.input();
      ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
      const size_t before = output.pos;
      // At the end of the file there may still be output to flush.
      const size_t status =
          bytes.empty() && !inside_ ? 0 : ZSTD_decompressStream(stream_.get(), &output, &input);
      file_.advance(input.pos, output.pos - before);
      if (ZSTD_isError(status)) reject(status);
      inside_ = status != 0;
      if (!bytes.empty() || output.pos > before) continue;
      if (inside_) file_.reject_truncated();
      finished_ = true;
    }
    return output.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  [[noreturn]] void reject(size_t status) const {
    switch (ZSTD_getErrorCode(status)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        file_.reject("its window is larger than 128 MiB; compress it without --long or --ultra");
      case ZSTD_error_memory_allocation:
        fail(ErrorCode::kOutOfMemory, "zstd: no memory to decompress");
      default:
        file_.reject_damaged(ZSTD_getErrorName(status));
    }
  }

  CompressedFile file_;
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool inside_ = false;  // a frame, or output of it is left
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> decompress_gzip(InputFile file) {
  return std::make_unique<GzipSource>(std::move(file));
}

std::unique_ptr<ByteSource> decompress_zstd(InputFile file) {
  return std::make_unique<ZstdSource>(std::move(file));
}

}  // namespace hone
