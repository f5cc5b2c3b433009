// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/answer_evaluator.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string_view>

#include "models/generation.h"
#include "tensor/allocator.h"
#include "tensor/check.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin));
}

// Whether a part of a prompt begins with the line of a role.
bool has_role(std::string_view part, std::string_view role) {
  return trimmed(part.substr(0, part.find('\n'))) == role;
}

// "user\nHello" -> "Hello"; what the model has said or is about to say -> "".
std::string message_of(std::string_view part) {
  for (const std::string_view role : {"assistant", "model"})
    if (has_role(part, role)) return "";
  for (const std::string_view role : {"system", "user", "tool"})
    if (has_role(part, role)) return trimmed(part.substr(role.size()));
  return trimmed(part);
}

// The last run of labels of a row: [begin, end).
std::pair<size_t, size_t> answer_of(const TokenRow& row) {
  size_t end = row.is_label.size();
  while (end > 0 && !row.is_label[end - 1]) --end;
  size_t begin = end;
  while (begin > 0 && row.is_label[begin - 1]) --begin;
  return {begin, end};
}

}  // namespace

std::string last_message(const Tokenizer& tokenizer, const std::vector<int64_t>& prompt) {
  std::vector<int32_t> part;
  std::string message;
  const auto take = [&] {
    const std::string text = message_of(tokenizer.decode(part));
    if (!text.empty()) message = text;
    part.clear();
  };
  for (const int64_t id : prompt) {
    const auto token = static_cast<int32_t>(id);
    if (tokenizer.is_special(token))
      take();
    else
      part.push_back(token);
  }
  take();
  return message;
}

double AnswerEvaluation::exact_match() const {
  return static_cast<double>(exact) / static_cast<double>(answers.size());
}

AnswerEvaluator::AnswerEvaluator(const LoadedModel& model, const Dataset& dataset,
                                 const Tokenizer& tokenizer, const AnswerSettings& settings)
    : model_(model), tokenizer_(tokenizer), settings_(settings) {
  check(dataset.size() > 0, "answer evaluator: no rows");
  std::vector<int64_t>& stops = settings_.stop_tokens;
  const auto add_stop = [&](int64_t token) {
    if (std::find(stops.begin(), stops.end(), token) == stops.end()) stops.push_back(token);
  };
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const TokenRow row = dataset.example(i);
    auto [begin, end] = answer_of(row);
    // A text that is learned as a whole has one token in front of its labels: the first, which
    // nothing predicts.
    if (begin < 2)
      fail(ErrorCode::kDataset, dataset.where(i),
           ": the row is all answer, without a prompt; do_causal_lm_eval needs rows of prompt and "
           "answer (messages, question/answer, instruction), or remove it");
    while (end > begin && tokenizer.is_special(row.ids[end - 1])) add_stop(row.ids[--end]);
    prompts_.emplace_back(row.ids.begin(), row.ids.begin() + static_cast<int64_t>(begin));
    longest_prompt_ = std::max(longest_prompt_, static_cast<int64_t>(begin));
    const std::span answer = std::span(row.ids).subspan(begin, end - begin);
    rows_.push_back({dataset.where(i), last_message(tokenizer, prompts_.back()),
                     tokenizer.decode(answer, /*skip_special_tokens=*/true), ""});
  }
}

std::optional<AnswerEvaluation> AnswerEvaluator::run() const {
  const Clock::time_point start = Clock::now();
  const MemoryScope scope("evaluation");
  bool given_up = false;
  GenerationOptions options;
  options.max_new_tokens = settings_.max_new_tokens;
  options.stop_tokens = settings_.stop_tokens;
  // What a token leaves in the cache is a small part of what a training step keeps of it.
  constexpr int64_t kCachedForOne = 8, kMostAtOnce = 64;
  const int64_t longest = longest_prompt_ + settings_.max_new_tokens;
  options.batch_size =
      std::clamp<int64_t>(kCachedForOne * settings_.batch_tokens / longest, 1, kMostAtOnce);
  options.prefill_tokens = settings_.batch_tokens;
  options.sampling.temperature = 0;
  options.on_token = [&](int64_t, int64_t) {
    given_up = given_up || (settings_.stop_requested && settings_.stop_requested());
    return !given_up;
  };
  const GenerationResult result = generate(*model_.model, prompts_, options);
  if (given_up) return std::nullopt;
  AnswerEvaluation e;
  e.answers = rows_;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const std::vector<int64_t>& tokens = result.sequences[i].tokens;
    e.answers[i].answer = tokenizer_.decode(std::vector<int32_t>(tokens.begin(), tokens.end()),
                                            /*skip_special_tokens=*/true);
    e.exact += e.answers[i].exact();
  }
  e.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return e;
}

}  // namespace hone
