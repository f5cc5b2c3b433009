// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/text_buffer.h"

#include <algorithm>
#include <utility>

#include "data/printable.h"

namespace hone {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 18;

}  // namespace

TextBuffer::TextBuffer(const std::string& path) : path_(path), source_(open_bytes(path)) {
  grow();
  if (unread().starts_with("\xef\xbb\xbf")) begin_ += 3;
  if (unread().starts_with("\xff\xfe") || unread().starts_with("\xfe\xff"))
    reject("expected UTF-8, found UTF-16; convert it with: iconv -f UTF-16 -t UTF-8");
}

bool TextBuffer::grow() {
  buffer_.erase(0, std::exchange(begin_, 0));
  const size_t kept = buffer_.size();
  // A long row doubles the buffer, so that looking at it again and again stays linear.
  const size_t wanted = std::max(kChunkBytes, kept);
  buffer_.resize(kept + wanted);
  const size_t read = source_->read(std::span(buffer_).subspan(kept));
  buffer_.resize(kept + read);
  return read > 0;
}

void TextBuffer::consume(size_t bytes) {
  const std::string_view text = unread().substr(0, bytes);
  begin_ += bytes;
  line_ += std::count(text.begin(), text.end(), '\n');
  std::string_view last = text;
  if (const size_t newline = text.rfind('\n'); newline != std::string_view::npos) {
    column_ = 1;
    last = text.substr(newline + 1);
  }
  column_ +=
      std::count_if(last.begin(), last.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; });
}

void TextBuffer::reject(std::string_view message) const {
  fail(ErrorCode::kDataset, printable(path_, 4096), ":", line_, ":", column_, ": ", message);
}

}  // namespace hone
