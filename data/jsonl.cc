// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jsonl.h"

#include <algorithm>
#include <utility>

#include "data/printable.h"

namespace hone {
namespace {

constexpr int64_t kChunkBytes = int64_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

JsonlReader::JsonlReader(const std::string& path, int64_t max_line_bytes)
    : file_(InputFile::open(path, ErrorCode::kDataset)), max_line_bytes_(max_line_bytes) {}

// Appends the next chunk of the file to the unread rest of the buffer; false at the end.
bool JsonlReader::fill() {
  const int64_t bytes = std::min(kChunkBytes, file_.size() - file_offset_);
  if (bytes == 0) return false;
  buffer_.erase(0, std::exchange(begin_, 0));
  const size_t kept = buffer_.size();
  buffer_.resize(kept + static_cast<size_t>(bytes));
  file_.read(file_offset_, std::as_writable_bytes(std::span(buffer_)).subspan(kept));
  file_offset_ += bytes;
  return true;
}

// The next line without its LF; valid until the next call.
std::optional<std::string_view> JsonlReader::next_line() {
  size_t searched = begin_;
  size_t newline;
  while ((newline = buffer_.find('\n', searched)) == std::string::npos) {
    const size_t unread = buffer_.size() - begin_;
    if (static_cast<int64_t>(unread) > max_line_bytes_ || !fill()) break;
    searched = unread;  // fill() moved the unread bytes to the front
  }
  const size_t end = std::min(newline, buffer_.size());
  if (newline == std::string::npos && end == begin_) return std::nullopt;
  ++line_;
  if (static_cast<int64_t>(end - begin_) > max_line_bytes_)
    fail(ErrorCode::kDataset, printable(file_.path(), 4096), ":", line_, ": the line exceeds ",
         max_line_bytes_, " bytes; expected one JSON object per line");
  std::string_view line(buffer_.data() + begin_, end - begin_);
  begin_ = std::min(end + 1, buffer_.size());
  if (line_ == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return line;
}

std::optional<JsonValue> JsonlReader::next() {
  while (const auto line = next_line()) {
    if (is_blank(*line)) continue;
    const JsonValue row = parse_json(*line, {file_.path(), ErrorCode::kDataset, line_});
    // A wrong value inside the row is reported as file:line: $.path.
    const auto source = std::make_shared<const JsonSource>(
        JsonSource{file_.path() + ":" + std::to_string(line_), ErrorCode::kDataset, line_});
    JsonValue named = row.from(source);
    if (!named.is_object()) named.reject("a JSON object on each line");
    return named;
  }
  return std::nullopt;
}

}  // namespace hone
