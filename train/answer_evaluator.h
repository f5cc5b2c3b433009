// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a model answers to held-out prompts, compared with the answers that the rows have.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/tokenizer.h"
#include "models/load_model.h"

namespace hone {

struct AnswerSettings {
  int64_t max_new_tokens = 128;  // for each answer
  int64_t batch_tokens = 2048;   // prompts are read in passes of about so many tokens
  // Besides these an answer ends with the token that ends the row's own, where that is special.
  std::vector<int64_t> stop_tokens = {};
  // Asked with every token; true gives the evaluation up. May be empty.
  std::function<bool()> stop_requested = {};
};

// As texts without special tokens.
struct HeldOutAnswer {
  std::string where;     // "held_out.jsonl:3"
  std::string prompt;    // the last message in front of the answer
  std::string expected;  // the row's answer
  std::string answer;    // the model's

  bool exact() const { return answer == expected; }
};

struct AnswerEvaluation {
  std::vector<HeldOutAnswer> answers;  // of all rows, in their order
  int64_t exact = 0;                   // how many are the row's, byte for byte
  double seconds = 0;

  double exact_match() const;  // exact / rows
};

// Lets a model as it is, without dropout, answer by greedy decoding with cached keys, values and
// states. A row's answer is its last run of labels, its prompt everything before. Nothing that
// training depends on changes.
class AnswerEvaluator {
 public:
  // All three outlive it. Requires: the dataset is not empty.
  // Errors: kDataset for a row that has no prompt, naming file:line.
  AnswerEvaluator(const LoadedModel& model, const Dataset& dataset, const Tokenizer& tokenizer,
                  const AnswerSettings& settings);

  // Nothing if it was given up. Errors: as generate; kUsage for a prompt longer than the model's
  // positions.
  std::optional<AnswerEvaluation> run() const;

 private:
  const LoadedModel& model_;
  const Tokenizer& tokenizer_;
  AnswerSettings settings_;
  std::vector<std::vector<int64_t>> prompts_;
  std::vector<HeldOutAnswer> rows_;  // without the model's answers
  int64_t longest_prompt_ = 0;
};

// The last message of a prompt that is not the model's own, without the marks and roles that a chat
// template writes; a prompt that has none as it is.
std::string last_message(const Tokenizer& tokenizer, const std::vector<int64_t>& prompt);

}  // namespace hone
