// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/row_view.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kPlain = "\x1b[0m";

// One stretch of text with one mark. Marks end with the line, so that a cut output leaves no
// terminal coloured.
std::string marked(std::string_view text, bool learned, RowMarks marks) {
  const std::string_view begin = marks == RowMarks::kColour ? (learned ? kGreen : kDim)
                                 : learned                  ? "[["
                                                            : "";
  const std::string_view end = marks == RowMarks::kColour ? kPlain : learned ? "]]" : "";
  std::string result;
  while (!text.empty()) {
    const size_t line_end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    if (!line.empty())
      result += std::string(begin) + printable(line, static_cast<int64_t>(line.size())) +
                std::string(end);
    // A learned line end is shown: whether it is learned matters as much as for other tokens.
    if (line_end < text.size()) {
      if (learned) result += std::string(begin) + "\\n" + std::string(end);
      result += "\n";
    }
    text.remove_prefix(std::min(line_end + 1, text.size()));
  }
  return result;
}

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

RowMarks marks_for(std::FILE* out) {
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  const bool terminal = isatty(fileno(out)) == 1 && !dumb;
  return terminal && !environment_has("NO_COLOR") ? RowMarks::kColour : RowMarks::kBrackets;
}

std::string view_row(const Tokenizer& tokenizer, std::span<const int32_t> ids,
                     std::span<const uint8_t> is_label, RowMarks marks, int64_t limit) {
  check(ids.size() == is_label.size(), "view_row: ", ids.size(), " ids, ", is_label.size(),
        " marks");
  const size_t shown = std::min(ids.size(), static_cast<size_t>(limit));
  std::string text;
  for (size_t begin = 0; begin < shown;) {
    size_t end = begin;
    while (end < shown && is_label[end] == is_label[begin]) ++end;
    text += marked(tokenizer.decode(ids.subspan(begin, end - begin)), is_label[begin] != 0, marks);
    begin = end;
  }
  if (!text.ends_with('\n')) text += "\n";
  if (shown < ids.size())
    text += "... and " + std::to_string(ids.size() - shown) + " more tokens\n";
  return text;
}

}  // namespace hone
