// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The committed rows of the quickstart: what training sees tells nothing of the held-out rows.
#include <doctest/doctest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string sentence;
  Json values;
};

std::vector<Row> rows_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line);
    rows.push_back({json["question"], Json::parse(json["answer"].get<std::string>())});
  }
  return rows;
}

std::vector<Row> train() { return rows_of("data/quickstart/train.jsonl"); }
std::vector<Row> held_out() { return rows_of("data/quickstart/held_out.jsonl"); }

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// "Ana, Oslo".
std::string pair_of(const Row& row, const char* a, const char* b) {
  return text_of(row.values.at(a)) + ", " + text_of(row.values.at(b));
}

// The sentence with its values replaced by their names. Empty where two values are the same.
std::string pattern_of(const Row& row) {
  std::map<std::string, std::string> names;
  for (const auto& [name, value] : row.values.items())
    if (!names.emplace(text_of(value), "{" + name + "}").second) return "";
  std::string pattern, word;
  for (const char c : row.sentence + " ") {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      word += c;
      continue;
    }
    pattern += names.count(word) ? names[word] : word;
    pattern += c;
    word.clear();
  }
  return pattern;
}

std::map<std::string, int> patterns_of(const std::vector<Row>& rows) {
  std::map<std::string, int> patterns;
  for (const Row& row : rows)
    if (const std::string pattern = pattern_of(row); !pattern.empty()) ++patterns[pattern];
  return patterns;
}

TEST_CASE("quickstart rows: as many as promised, each with its values in the sentence") {
  CHECK(train().size() >= 2000);
  CHECK(held_out().size() >= 200);
  for (const auto& rows : {train(), held_out()})
    for (const Row& row : rows) {
      CAPTURE(row.sentence);
      CHECK(row.values.size() >= 4);
      for (const auto& [name, value] : row.values.items())
        CHECK(row.sentence.find(text_of(value)) != std::string::npos);
    }
}

TEST_CASE("quickstart rows: at least 12 patterns, at least 4 of them only held out") {
  const std::map<std::string, int> seen = patterns_of(train()), asked = patterns_of(held_out());
  CHECK(seen.size() >= 12);
  CHECK(seen.size() < 40);  // they are patterns: whole sentences would be thousands
  int only_held_out = 0, rows = 0;
  for (const auto& [pattern, count] : asked)
    if (!seen.count(pattern)) {
      ++only_held_out;
      rows += count;
    }
  CHECK(only_held_out >= 4);
  CHECK(rows >= 80);
}

TEST_CASE("quickstart rows: no held-out sentence and no combination of values is trained on") {
  std::set<std::string> sentences, answers, pairs;
  for (const Row& row : train()) {
    sentences.insert(row.sentence);
    answers.insert(row.values.dump());
    pairs.insert(pair_of(row, "name", "city"));
  }
  CHECK(sentences.size() == train().size());
  for (const Row& row : held_out()) {
    CAPTURE(row.sentence);
    CHECK(!sentences.count(row.sentence));
    CHECK(!answers.count(row.values.dump()));
    // So no answer that was learned is right but for a part.
    CHECK(!pairs.count(pair_of(row, "name", "city")));
  }
}

TEST_CASE("quickstart: all of it is at most 8 MB") {
  uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("data/quickstart"))
    if (entry.is_regular_file()) bytes += entry.file_size();
  CHECK(bytes > 1'000'000);  // the weights are there
  CHECK(bytes <= 8'000'000);
}

}  // namespace
