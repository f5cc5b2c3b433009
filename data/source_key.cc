// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/source_key.h"

#include <algorithm>

namespace hone {
namespace {

void add_number(ContentHasher& hasher, int64_t value) {
  hasher.add(std::as_bytes(std::span(&value, 1)));
}

void add_file(ContentHasher& hasher, const DatasetFile& file) {
  const InputFile input = InputFile::open(file.path, ErrorCode::kDataset);
  add_number(hasher, static_cast<int64_t>(file.layout));
  add_number(hasher, input.size());
  std::vector<std::byte> chunk(size_t{1} << 20);
  for (int64_t at = 0; at < input.size();) {
    const auto bytes = std::min<int64_t>(std::ssize(chunk), input.size() - at);
    const std::span<std::byte> part = std::span(chunk).first(static_cast<size_t>(bytes));
    input.read(at, part);
    hasher.add(part);
    at += bytes;
  }
  input.require_unchanged();
}

void add_mask(ContentHasher& hasher, const MaskOptions& mask) {
  add_number(hasher, std::ssize(mask.roles_to_train));
  for (const std::string& role : mask.roles_to_train) hasher.add_field(role);
  add_number(hasher, static_cast<int64_t>(mask.train_on_eos));
  add_number(hasher, mask.train_on_eot ? static_cast<int64_t>(*mask.train_on_eot) : -1);
  hasher.add_field(mask.eos_token);
  add_number(hasher, mask.train_on_inputs);
}

}  // namespace

ContentHash source_key(const RowSource& source, const LoadSettings& settings) {
  ContentHasher hasher;
  add_number(hasher, kRowEncoding);
  for (const DatasetFile& file : source.files) add_file(hasher, file);
  hasher.add_field(source.slice.str());
  add_number(hasher, source.shards);
  add_number(hasher, source.shard);
  hasher.add_field(settings_text(source.encoding.fields));
  hasher.add_field(source.encoding.render_settings);
  add_mask(hasher, source.encoding.mask);
  hasher.add_field(settings.tokenizer.hex());
  add_number(hasher, settings.max_tokens);
  add_number(hasher, settings.min_tokens);
  add_number(hasher, static_cast<int64_t>(settings.excess_length));
  add_number(hasher, settings.max_row_bytes);
  return hasher.hash();
}

}  // namespace hone
