// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Files of rows in a folder, loaded with the tokenizer of data/quickstart.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "data/load_dataset.h"
#include "tests/data/builtin_writer.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {

inline const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

inline std::string qa(const std::string& question, const std::string& answer) {
  return R"({"question": ")" + question + R"(", "answer": ")" + answer + "\"}\n";
}

// Files in a folder, loaded with settings that a test may change.
class LoadFixture {
 public:
  LoadFixture() {
    source.encoding.render = builtin_writer(tokenizer());
    source.encoding.mask.eos_token = "<|endoftext|>";
    settings.max_tokens = 100;
  }

  void add(const std::string& name, const std::string& rows) {
    std::ofstream(dir / name, std::ios::binary) << rows;
    source.files.push_back(find_dataset_files(dir / name, "train", "").at(0));
  }
  // One file and no other.
  void write(const std::string& rows, const std::string& name = "a.jsonl") {
    source.files.clear();
    add(name, rows);
  }
  Dataset load() {
    notices.clear();
    return load_dataset(source, tokenizer(), settings, notices);
  }
  std::string error(ErrorCode code = ErrorCode::kDataset) {
    return error_of(code, [&] { load(); });
  }
  std::string error_in(const std::string& rows) {
    write(rows);
    return error();
  }

  TemporaryDirectory dir;
  RowSource source;
  LoadSettings settings;
  std::vector<std::string> notices;
};

// The text of the tokens that are labels.
inline std::string labels_text(const Dataset& dataset, int64_t example) {
  const TokenRow row = dataset.example(example);
  std::vector<int32_t> ids;
  for (size_t i = 0; i < row.ids.size(); ++i)
    if (row.is_label[i]) ids.push_back(row.ids[i]);
  return tokenizer().decode(ids);
}

inline std::string text_of(const Dataset& dataset, int64_t example) {
  return tokenizer().decode(dataset.example(example).ids);
}

}  // namespace hone
