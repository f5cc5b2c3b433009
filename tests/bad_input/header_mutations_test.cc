// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Valid headers with one byte changed, at every byte: each is accepted or refused with the error
// of its kind. (tests/data/safetensors_header_test.cc tries all 256 values at every byte of a
// safetensors header.)
#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "data/checkpoint_files.h"
#include "data/file.h"
#include "data/safetensors_header.h"
#include "data/tokenizer.h"
#include "models/adapter_config.h"
#include "models/config.h"

namespace hone {
namespace {

int64_t variants = 0;

// Calls `f` with every mutant of `text`.
void mutate(const std::string& text, const std::function<void(const std::string&)>& f) {
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '\n', '"', '0', '-', '{', ']', ',', '\\', '\x7f', '\xff'}) {
      std::string mutant = text;
      mutant[i] = c;
      f(mutant);
    }
    std::string mutant = text;
    mutant[i] = static_cast<char>(text[i] ^ 1);  // digits and letters stay such
    f(mutant);
    f(text.substr(0, i) + text.substr(i + 1));
    f(text.substr(0, i) + text[i] + text.substr(i));
    f(text.substr(0, i));
  }
}

// Requires that every mutant is accepted or refused with kModel, in a message of one line.
void check_mutants(const char* what, const std::string& text,
                   const std::function<void(const std::string&)>& read) {
  CAPTURE(what);
  REQUIRE_NOTHROW(read(text));
  int64_t accepted = 0, refused = 0;
  mutate(text, [&](const std::string& mutant) {
    ++variants;
    try {
      read(mutant);
      ++accepted;
    } catch (const Error& e) {
      ++refused;
      const std::string message = e.what();
      const bool one_line = message.find_first_of("\n\r\x1b\x7f") == std::string::npos;
      if (e.code() != ErrorCode::kModel || !message.starts_with("F") || !one_line) {
        CAPTURE(mutant);
        CHECK(e.code() == ErrorCode::kModel);
        CHECK(message == "a message of one line that begins with the file's name");
      }
    }
  });
  CHECK(accepted > 0);  // other letters in names
  CHECK(refused > accepted);
}

std::string compact(const std::string& path) {
  return Json::parse(read_file(path, ErrorCode::kModel)).dump();
}

const std::string kModels = "tests/goldens/models/";

TEST_CASE("header mutations: safetensors") {
  const std::string json =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},)"
      R"("b":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(json.size());
  check_mutants("safetensors", file + json, [](const std::string& header) {
    const std::string with_data = header + std::string(16, '\x11');
    parse_safetensors(std::as_bytes(std::span(with_data)), "F");
  });
}

TEST_CASE("header mutations: index.json") {
  check_mutants(
      "index.json",
      R"({"metadata":{"total_size":16},"weight_map":{"a":"model-00001-of-00002.safetensors",)"
      R"("b":"model-00002-of-00002.safetensors"}})",
      [](const std::string& text) { parse_weight_map(text, "F"); });
}

TEST_CASE("header mutations: config.json") {
  for (const char* model : {"qwen3_5_moe", "qwen3_5_dense", "qwen3_5_moe_vl_sharded"})
    check_mutants(model, compact(kModels + model + "/config.json"),
                  [](const std::string& text) { parse_model_config(parse_json(text, {"F"})); });
}

TEST_CASE("header mutations: tokenizer.json") {
  const std::string json =
      R"({"added_tokens":[{"id":4,"content":"<s>","special":true}],"normalizer":{"type":"NFC"},)"
      R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Isolated",)"
      R"("pattern":{"Regex":"\\p{N}{1,3}"}},{"type":"ByteLevel","add_prefix_space":false,)"
      R"("use_regex":true}]},"post_processor":{"type":"TemplateProcessing","single":[)"
      R"({"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":)"
      R"({"ids":[4]}}},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,)"
      R"("b":1,"ab":2,"c":3},"merges":[["a","b"]]}})";
  check_mutants("tokenizer.json", json,
                [](const std::string& text) { Tokenizer::parse(text, "F"); });
}

TEST_CASE("header mutations: adapter_config.json") {
  check_mutants("adapter_config.json", compact(kModels + "qwen3_5_moe/adapter/adapter_config.json"),
                [](const std::string& text) { parse_lora_config(parse_json(text, {"F"})); });
}

TEST_CASE("header mutations: at least 20,000 variants") { CHECK(variants >= 20'000); }

}  // namespace
}  // namespace hone
