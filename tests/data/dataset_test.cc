// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <doctest/doctest.h>

#include "data/chat_format.h"
#include "data/file.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

Dataset load(const std::vector<RowFile>& files, DatasetOptions options = {.max_tokens = 100}) {
  return load_dataset(files, tokenizer(), render_qwen3_5_chat, options);
}

// The text of the tokens that are labels.
std::string labels_text(const Dataset& dataset, int64_t example) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i < dataset.ids(example).size(); ++i)
    if (dataset.is_label(example)[i]) ids.push_back(dataset.ids(example)[i]);
  return tokenizer().decode(ids);
}

std::string text_of(const Dataset& dataset, int64_t example) {
  return tokenizer().decode(dataset.ids(example));
}

TEST_CASE("load_dataset: question/answer rows, found by their fields") {
  const TemporaryDirectory dir;
  write_file(dir / "a.jsonl", R"({"question": "1+1?", "answer": "2", "id": 7})"
                              "\n\n"
                              R"({"question": "Name?", "answer": "Ada"})"
                              "\n");
  const Dataset d = load({{dir / "a.jsonl", {}}});
  REQUIRE(d.size() == 2);
  CHECK(text_of(d, 0) ==
        "<|im_start|>user\n1+1?<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n2<|im_end|>\n");
  CHECK(labels_text(d, 0) == "2<|im_end|>");
  CHECK(labels_text(d, 1) == "Ada<|im_end|>");
  CHECK(d.where(1) == dir / "a.jsonl" + ":3");
  CHECK(d.files()[0].format == RowFormat::kQuestionAnswer);
  CHECK(d.tokens() == d.length(0) + d.length(1));
  CHECK(d.total_labels() == d.labels(0) + d.labels(1));
  CHECK(d.lengths() == std::vector<int64_t>{d.length(0), d.length(1)});
}

TEST_CASE("load_dataset: messages rows, several files, other field names") {
  const TemporaryDirectory dir;
  write_file(dir / "m.jsonl",
             R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": )"
             R"([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, )"
             R"({"role": "assistant", "content": "c", "tool_calls": []}]})");
  write_file(dir / "q.jsonl", R"({"in": "x", "out": "y"})");
  const Dataset d =
      load({{dir / "m.jsonl", {}}, {dir / "q.jsonl", {.question = "in", .answer = "out"}}});
  REQUIRE(d.size() == 2);
  CHECK(
      text_of(d, 0).starts_with("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nab<|im_end|>"));
  CHECK(labels_text(d, 0) == "c<|im_end|>");
  CHECK(labels_text(d, 1) == "y<|im_end|>");
  CHECK(d.where(0) == dir / "m.jsonl" + ":1");
  CHECK(d.where(1) == dir / "q.jsonl" + ":1");
  CHECK(d.files()[0].format == RowFormat::kMessages);
}

TEST_CASE("load_dataset: long rows and rows without labels are dropped and counted") {
  const TemporaryDirectory dir;
  const std::string words(400, 'x');
  write_file(dir / "a.jsonl",
             R"({"messages": [{"role": "user", "content": "only a question"}]})"
             "\n"
             R"({"messages": [{"role": "user", "content": ")" +
                 words +
                 R"("}, {"role": "assistant", "content": "b"}]})"
                 "\n"
                 R"({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", )"
                 R"("content": "b"}]})"
                 "\n");
  const Dataset d = load({{dir / "a.jsonl", {}}});
  const RowCounts& counts = d.files()[0];
  CHECK(counts.rows == 3);
  CHECK(counts.kept == 1);
  CHECK(counts.too_long == 1);
  CHECK(counts.unlabelled == 1);
  CHECK(counts.longest > 100);
  CHECK(d.where(0) == dir / "a.jsonl" + ":3");

  // An example of exactly max_tokens stays, one token less and nothing is left.
  CHECK(load({{dir / "a.jsonl", {}}}, {.max_tokens = d.length(0)}).size() == 1);
  const std::string message = error_of(ErrorCode::kDataset, [&] {
    load({{dir / "a.jsonl", {}}}, {.max_tokens = d.length(0) - 1});
  });
  check_contains(message, "no row is left to train on");
  check_contains(message, "a.jsonl: 3 rows, 2 longer than sequence_len");
  check_contains(message, "1 without anything the assistant says");
}

TEST_CASE("load_dataset: train_on_inputs makes everything but the first token a label") {
  const TemporaryDirectory dir;
  write_file(dir / "a.jsonl", R"({"question": "q", "answer": "a"})");
  const Dataset d =
      load({{dir / "a.jsonl", {}}}, {.max_tokens = 100, .mask = {.train_on_inputs = true}});
  CHECK(d.is_label(0)[0] == 0);
  CHECK(d.labels(0) == d.length(0) - 1);
}

TEST_CASE("load_dataset: errors name file and line") {
  const TemporaryDirectory dir;
  const auto error_in = [&](const std::string& rows, RowFields fields = {}) {
    write_file(dir / "bad.jsonl", rows);
    return error_of(ErrorCode::kDataset, [&] { load({{dir / "bad.jsonl", fields}}); });
  };
  const std::string good = R"({"question": "q", "answer": "a"})"
                           "\n";
  check_contains(error_in(good + "{"), "bad.jsonl:2:");
  check_contains(error_in(good + R"({"question": "q"})"),
                 "bad.jsonl:2: $: expected an object with the key \"answer\"");
  check_contains(error_in(good + R"({"question": "q", "answer": 3})"), "bad.jsonl:2: $.answer");
  check_contains(error_in(R"({"text": "q"})"), "found \"text\"");
  check_contains(error_in(R"({"messages": []})"), "bad.jsonl:1: $.messages");
  check_contains(error_in(R"({"messages": [{"role": "tool", "content": "c"}]})"), "bad.jsonl:1: ");
  check_contains(error_in(R"({"messages": [{"role": "user", "content": 1}]})"),
                 "bad.jsonl:1: message 0: content is neither");
  check_contains(error_in(R"({"messages": [{"role": "user", "content": [{"type": "image"}]}]})"),
                 "images are not supported");
  check_contains(error_in(R"({"messages": [{"role": "user", "tool_calls": [1]}]})"),
                 "tools are not supported");
  check_contains(error_in(""), "bad.jsonl: 0 rows");
  check_contains(error_of(ErrorCode::kDataset,
                          [&] {
                            load({{dir / "none.jsonl", {}}});
                          }),
                 "none.jsonl");
}

}  // namespace
}  // namespace hone
