// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Encodes a corpus and measures how fast: our half of tools/tokenizer_compare.py.
//
//   tokenizer_compare TOKENIZER CORPUS IDS [REPEATS]
//
// CORPUS holds records, each a 32-bit length and that many bytes of text. IDS gets for each record
// the number of its ids and the ids, all 32-bit. Prints the seconds of the fastest of REPEATS
// passes.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/file.h"
#include "data/tokenizer.h"
#include "tensor/check.h"

namespace {

std::vector<std::string_view> read_records(std::string_view corpus) {
  std::vector<std::string_view> records;
  while (!corpus.empty()) {
    uint32_t bytes = 0;
    hone::check(corpus.size() >= sizeof(bytes), "tokenizer_compare: the corpus is cut off");
    std::memcpy(&bytes, corpus.data(), sizeof(bytes));
    corpus.remove_prefix(sizeof(bytes));
    hone::check(corpus.size() >= bytes, "tokenizer_compare: the corpus is cut off");
    records.push_back(corpus.substr(0, bytes));
    corpus.remove_prefix(bytes);
  }
  return records;
}

double run(std::span<const std::string> arguments) {
  const hone::Tokenizer tokenizer = hone::Tokenizer::load(arguments[0]);
  const std::string corpus = hone::read_file(arguments[1], hone::ErrorCode::kDataset);
  const std::vector<std::string_view> records = read_records(corpus);
  const int repeats = arguments.size() > 3 ? std::stoi(arguments[3]) : 1;
  double best = 1e300;
  std::vector<int32_t> out;
  for (int i = 0; i < repeats; ++i) {
    out.clear();
    const auto start = std::chrono::steady_clock::now();
    for (const std::string_view record : records) {
      const std::vector<int32_t> ids = tokenizer.encode(record);
      out.push_back(static_cast<int32_t>(ids.size()));
      out.insert(out.end(), ids.begin(), ids.end());
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::min(best, seconds.count());
  }
  const auto bytes = std::as_bytes(std::span<const int32_t>(out));
  hone::write_file(arguments[2], {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 3 || arguments.size() > 4) {
    std::cerr << "usage: tokenizer_compare TOKENIZER CORPUS IDS [REPEATS]\n";
    return static_cast<int>(hone::ErrorCode::kUsage);
  }
  try {
    std::cout << run(arguments) << "\n";
  } catch (const hone::Error& error) {
    std::cerr << "tokenizer_compare: " << error.what() << "\n";
    return static_cast<int>(error.code());
  }
  return 0;
}
