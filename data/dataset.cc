// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <algorithm>
#include <numeric>

#include "data/conversation.h"
#include "data/printable.h"
#include "data/row_reader.h"

namespace hone {
namespace {

// Reads rows of one file into a dataset.
class RowLoader {
 public:
  RowLoader(const Tokenizer& tokenizer, const RenderChat& render, const DatasetOptions& options)
      : tokenizer_(tokenizer), render_(render), options_(options) {}

  void load(const RowFile& file, Dataset& dataset) const {
    const auto reader = open_rows(file.path, RowLayout::kLines);
    RowCounts& counts = dataset.add_file(file.path);
    RowText text;
    while (reader->next(text)) {
      const JsonValue row = parse_row(text, file.path);
      if (counts.rows == 0) counts.format = row_format(row, file.fields);
      ++counts.rows;
      const EncodedChat example = encode(row, counts.format, file.fields);
      const auto tokens = static_cast<int64_t>(example.ids.size());
      counts.longest = std::max(counts.longest, tokens);
      if (tokens > options_.max_tokens) {
        ++counts.too_long;
      } else if (std::count(example.learned.begin(), example.learned.end(), 1) == 0) {
        ++counts.unlabelled;
      } else {
        ++counts.kept;
        dataset.add(example.ids, example.learned, text.line);
      }
    }
  }

 private:
  EncodedChat encode(const JsonValue& row, RowFormat format, const RowFields& fields) const {
    const Conversation conversation = read_row(row, format, fields);
    const RenderedChat chat = render_(conversation);
    const auto learned = learned_ranges(chat, conversation, options_.mask);
    try {
      EncodedChat example = encode_chat(tokenizer_, chat.text, learned);
      if (!example.learned.empty()) example.learned.front() = 0;
      return example;
    } catch (const Error& e) {  // a tokenizer does not know the row
      fail(e.code(), row.source().name, ": ", e.what());
    }
  }

  const Tokenizer& tokenizer_;
  const RenderChat& render_;
  const DatasetOptions& options_;
};

[[noreturn]] void fail_empty(const Dataset& dataset, const DatasetOptions& options) {
  std::string text = "no row is left to train on";
  for (const RowCounts& file : dataset.files()) {
    text += "\n  " + printable(file.path, 4096) + ": " + std::to_string(file.rows) + " rows";
    if (file.too_long > 0)
      text += ", " + std::to_string(file.too_long) + " longer than sequence_len " +
              std::to_string(options.max_tokens) + " (the longest has " +
              std::to_string(file.longest) + " tokens)";
    if (file.unlabelled > 0)
      text += ", " + std::to_string(file.unlabelled) + " without anything the assistant says";
  }
  fail(ErrorCode::kDataset, text);
}

}  // namespace

std::span<const int32_t> Dataset::ids(int64_t i) const {
  return std::span(ids_).subspan(static_cast<size_t>(begin(i)), static_cast<size_t>(length(i)));
}

std::span<const uint8_t> Dataset::is_label(int64_t i) const {
  return std::span(is_label_).subspan(static_cast<size_t>(begin(i)),
                                      static_cast<size_t>(length(i)));
}

std::string Dataset::where(int64_t i) const {
  const auto after = std::upper_bound(first_.begin(), first_.end(), i);
  const RowCounts& file = files_[static_cast<size_t>(after - first_.begin()) - 1];
  return printable(file.path, 4096) + ":" + std::to_string(lines_[static_cast<size_t>(i)]);
}

int64_t Dataset::total_labels() const {
  return std::accumulate(labels_.begin(), labels_.end(), int64_t{0});
}

std::vector<int64_t> Dataset::lengths() const {
  std::vector<int64_t> lengths;
  lengths.reserve(ends_.size());
  for (int64_t i = 0; i < size(); ++i) lengths.push_back(length(i));
  return lengths;
}

RowCounts& Dataset::add_file(const std::string& path) {
  first_.push_back(size());
  RowCounts& counts = files_.emplace_back();
  counts.path = path;
  return counts;
}

void Dataset::add(std::span<const int32_t> ids, std::span<const uint8_t> is_label, int64_t line) {
  const int64_t labels = std::count(is_label.begin(), is_label.end(), 1);
  check(ids.size() >= 2 && ids.size() == is_label.size() && is_label[0] == 0 && labels > 0,
        "dataset: an example of ", ids.size(), " tokens with ", labels, " labels");
  check(!files_.empty(), "dataset: an example before the first file");
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  is_label_.insert(is_label_.end(), is_label.begin(), is_label.end());
  ends_.push_back(static_cast<int64_t>(ids_.size()));
  labels_.push_back(labels);
  lines_.push_back(line);
}

Dataset load_dataset(const std::vector<RowFile>& files, const Tokenizer& tokenizer,
                     const RenderChat& render, const DatasetOptions& options) {
  check(options.max_tokens >= 2, "dataset: max_tokens is ", options.max_tokens);
  Dataset dataset;
  const RowLoader loader(tokenizer, render, options);
  for (const RowFile& file : files) loader.load(file, dataset);
  if (dataset.size() == 0) fail_empty(dataset, options);
  return dataset;
}

}  // namespace hone
