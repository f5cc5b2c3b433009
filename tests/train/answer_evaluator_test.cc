// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/answer_evaluator.h"

#include <doctest/doctest.h>

#include "models/generation.h"
#include "tests/data/error_of.h"

namespace hone {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::load("data/quickstart");
  return t;
}

std::vector<int32_t> encode(const std::string& text) { return tokenizer().encode(text); }

// A row of these pieces, of which every second one is learned.
TokenRow row_of(const std::vector<std::string>& pieces) {
  TokenRow row;
  for (size_t i = 0; i < pieces.size(); ++i)
    for (const int32_t id : encode(pieces[i])) {
      row.ids.push_back(id);
      row.is_label.push_back(i % 2);
    }
  return row;
}

Dataset dataset_of(const std::vector<TokenRow>& rows) {
  DatasetBuilder builder;
  builder.add_file("rows.jsonl");
  int64_t line = 0;
  for (const TokenRow& row : rows) builder.add(row, ++line);
  return builder.finish();
}

LoadedModel random_model() {
  LoadOptions options;
  options.model = "random:quickstart";
  options.inference = true;
  options.seed = 3;
  return load_model(options);
}

constexpr const char* kAsk = "<|im_start|>user\nHello?<|im_end|>\n<|im_start|>assistant\n";

TEST_CASE("answers: a row whose answer is what the model says is exact, others are not") {
  const LoadedModel model = random_model();
  constexpr int64_t kTokens = 6;
  // What the model says, found by generating.
  const std::vector<int32_t> ids = encode(kAsk);
  const std::vector<std::vector<int64_t>> prompts = {{ids.begin(), ids.end()}};
  GenerationOptions options;
  options.max_new_tokens = kTokens;
  const std::vector<int64_t> said = generate(*model.model, prompts, options).sequences[0].tokens;
  TokenRow right = row_of({kAsk});
  for (const int64_t token : said) {
    REQUIRE(!tokenizer().is_special(static_cast<int32_t>(token)));
    right.ids.push_back(static_cast<int32_t>(token));
    right.is_label.push_back(1);
  }
  const TokenRow wrong = row_of({kAsk, "Good day", "", "<|im_end|>", "\n"});

  const Dataset dataset = dataset_of({wrong, right});
  const AnswerEvaluator evaluator(model, dataset, tokenizer(), {.max_new_tokens = kTokens});
  const auto e = evaluator.run();
  REQUIRE(e);
  CHECK(e->exact == 1);
  CHECK(e->exact_match() == 0.5);
  CHECK(e->seconds > 0);
  REQUIRE(e->answers.size() == 2);
  CHECK(e->answers[0].where == "rows.jsonl:1");
  CHECK(e->answers[0].prompt == "Hello?");
  CHECK(e->answers[0].expected == "Good day");  // without the mark behind it
  CHECK(!e->answers[0].exact());
  CHECK(e->answers[1].exact());
  CHECK(e->answers[1].answer == e->answers[1].expected);
  CHECK(e->answers[0].answer == e->answers[1].answer);
}

TEST_CASE("answers: the token that ends the rows' answers ends the model's") {
  const LoadedModel model = random_model();
  const std::vector<int32_t> ids = encode(kAsk);
  const std::vector<std::vector<int64_t>> prompts = {{ids.begin(), ids.end()}};
  GenerationOptions options;
  options.max_new_tokens = 1;
  const auto first = generate(*model.model, prompts, options).sequences[0].tokens[0];
  // A row that this token ends, though it is not special: given as a stop token.
  const Dataset dataset = dataset_of({row_of({kAsk, "Good day"})});
  const AnswerEvaluator stopped(model, dataset, tokenizer(),
                                {.max_new_tokens = 6, .stop_tokens = {first}});
  CHECK(stopped.run()->answers[0].answer == "");
}

TEST_CASE("answers: of several answers in a row the last one") {
  const LoadedModel model = random_model();
  const Dataset dataset = dataset_of(
      {row_of({kAsk, "One<|im_end|>", "\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n",
               "Two<|im_end|>"})});
  const auto e = AnswerEvaluator(model, dataset, tokenizer(), {.max_new_tokens = 1}).run();
  CHECK(e->answers[0].prompt == "And?");
  CHECK(e->answers[0].expected == "Two");
}

TEST_CASE("answers: given up when asked to; rows without a prompt are an error") {
  const LoadedModel model = random_model();
  const Dataset dataset = dataset_of({row_of({kAsk, "Good day"})});
  CHECK(
      !AnswerEvaluator(model, dataset, tokenizer(), {.stop_requested = [] { return true; }}).run());
  TokenRow text = row_of({"All of this is learned."});
  std::fill(text.is_label.begin() + 1, text.is_label.end(), uint8_t{1});
  const Dataset texts = dataset_of({row_of({kAsk, "Good day"}), text});
  const std::string message =
      error_of(ErrorCode::kDataset, [&] { AnswerEvaluator(model, texts, tokenizer(), {}); });
  check_contains(message, "rows.jsonl:2: the row is all answer, without a prompt");
}

TEST_CASE("last_message: marks and roles are left out") {
  const auto shown = [](const std::string& text) {
    const std::vector<int32_t> ids = encode(text);
    return last_message(tokenizer(), {ids.begin(), ids.end()});
  };
  CHECK(shown(kAsk) == "Hello?");
  CHECK(shown("<|im_start|>system\nBe kind.<|im_end|>\n" + std::string(kAsk)) == "Hello?");
  CHECK(shown("### Question:\nWhy?\n\n### Answer:\n") == "### Question:\nWhy?\n\n### Answer:");
  CHECK(shown(std::string(kAsk) + "<think>\n\n</think>\n\n") == "Hello?");
  CHECK(shown("") == "");
}

}  // namespace
}  // namespace hone
