// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/generation.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "data/json.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;

// Adds the time that it lives to a number of seconds.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  Clock::time_point start_ = Clock::now();
};

class Run {
 public:
  Run(const CausalLm& model, std::span<const std::vector<int64_t>> prompts,
      const GenerationOptions& options)
      : config_(model.config()),
        prompts_(prompts),
        options_(options),
        session_(model,
                 std::clamp<int64_t>(static_cast<int64_t>(prompts.size()), 1, options.batch_size)) {
    result_.sequences.resize(prompts.size());
    for (int64_t slot = session_.slots() - 1; slot >= 0; --slot) free_.push_back(slot);
  }

  GenerationResult all() {
    while (next_ < prompts_.size() || !active_.empty()) {
      while (next_ < prompts_.size() && worth_admitting()) admit();
      if (!active_.empty()) step();
    }
    return std::move(result_);
  }

 private:
  struct Active {
    TokenChooser chooser;
    int64_t slot;
  };

  // Prompts are read together, rather than each as soon as a slot is free.
  bool worth_admitting() const {
    constexpr size_t kShare = 8;
    const auto slots = static_cast<size_t>(session_.slots());
    return !free_.empty() && (active_.empty() || free_.size() * kShare >= slots);
  }

  void admit() {
    const Stopwatch watch(result_.prefill_seconds);
    std::vector<DecodeSession::Append> appends;
    std::vector<Active> admitted;
    int64_t tokens = 0;
    while (next_ < prompts_.size() && !free_.empty()) {
      const std::vector<int64_t>& prompt = prompts_[next_];
      const auto length = static_cast<int64_t>(prompt.size());
      if (!appends.empty() && tokens + length > options_.prefill_tokens) break;
      admitted.push_back(
          {TokenChooser(config_, options_, static_cast<int64_t>(next_++), prompt), free_.back()});
      free_.pop_back();
      appends.push_back({admitted.back().slot, prompt});
      tokens += length;
    }
    result_.prompt_tokens += tokens;
    take_tokens(std::move(admitted), session_.append(appends));
  }

  void step() {
    const Stopwatch watch(result_.decode_seconds);
    std::vector<int64_t> tokens;
    std::vector<DecodeSession::Append> appends;
    for (const Active& a : active_) tokens.push_back(a.chooser.last_token());
    for (size_t i = 0; i < active_.size(); ++i)
      appends.push_back({active_[i].slot, std::span(tokens).subspan(i, 1)});
    result_.decode_tokens += static_cast<int64_t>(active_.size());
    take_tokens(std::exchange(active_, {}), session_.append(appends));
  }

  // Chooses a token for each; who has not ended is active.
  void take_tokens(std::vector<Active> sequences, const Tensor& logits) {
    std::vector<SamplingRow> rows;
    for (const Active& a : sequences) rows.push_back(a.chooser.row());
    const std::vector<int64_t> tokens = sample_tokens(logits, rows, options_.sampling);
    for (size_t i = 0; i < sequences.size(); ++i) {
      ++result_.new_tokens;
      if (sequences[i].chooser.take(tokens[i]))
        active_.push_back(std::move(sequences[i]));
      else
        end(sequences[i]);
    }
  }

  void end(const Active& a) {
    const int64_t sequence = a.chooser.sequence();
    result_.sequences[static_cast<size_t>(sequence)] = a.chooser.result();
    if (options_.on_end) options_.on_end(sequence, a.chooser.result());
    session_.clear(a.slot);
    free_.push_back(a.slot);
  }

  const ModelConfig& config_;
  std::span<const std::vector<int64_t>> prompts_;
  const GenerationOptions& options_;
  DecodeSession session_;
  GenerationResult result_;
  std::vector<int64_t> free_;  // slots
  std::vector<Active> active_;
  size_t next_ = 0;  // prompt to admit
};

}  // namespace

TokenChooser::TokenChooser(const ModelConfig& config, const GenerationOptions& options,
                           int64_t sequence, const std::vector<int64_t>& prompt)
    : config_(config), options_(options), sequence_(sequence), prompt_(prompt) {}

bool TokenChooser::end(FinishReason reason) {
  result_.reason = reason;
  return false;
}

SamplingRow TokenChooser::row() const {
  const std::vector<int64_t>& tokens = result_.tokens;
  SamplingRow row;
  row.place = {static_cast<uint64_t>(sequence_), prompt_.size() + tokens.size()};
  if (options_.sampling.repetition_penalty != 1) {
    row.seen.assign(prompt_.begin(), prompt_.end());
    row.seen.insert(row.seen.end(), tokens.begin(), tokens.end());
  }
  return row;
}

bool TokenChooser::take(int64_t token) {
  std::vector<int64_t>& tokens = result_.tokens;
  const size_t position = prompt_.size() + tokens.size();
  const std::vector<int64_t>& stop = options_.stop_tokens;
  if (std::find(stop.begin(), stop.end(), token) != stop.end())
    return end(FinishReason::kStopToken);
  tokens.push_back(token);
  if (options_.on_token && !options_.on_token(sequence_, token))
    return end(FinishReason::kCallback);
  const bool no_position =
      config_.max_positions > 0 && static_cast<int64_t>(position) >= config_.max_positions;
  if (static_cast<int64_t>(tokens.size()) >= options_.max_new_tokens || no_position)
    return end(FinishReason::kLength);
  return true;
}

void check_generation(const GenerationOptions& options) {
  check_sampling(options.sampling);
  if (options.max_new_tokens < 1)
    fail(ErrorCode::kUsage, "max_new_tokens is ", options.max_new_tokens, "; expected 1 or more");
  check(options.batch_size >= 1 && options.prefill_tokens >= 1, "generate: batches of ",
        options.batch_size, " and ", options.prefill_tokens, " tokens");
}

void check_prompt(const ModelConfig& config, std::span<const int64_t> prompt,
                  const std::string& name) {
  const auto length = static_cast<int64_t>(prompt.size());
  if (length == 0) fail(ErrorCode::kUsage, name, " is empty; a model needs a token to begin with");
  if (config.max_positions > 0 && length > config.max_positions)
    fail(ErrorCode::kUsage, name, " has ", length, " tokens, but the model has ",
         config.max_positions, " positions (max_position_embeddings); shorten it");
  for (const int64_t t : prompt)
    if (t < 0 || t >= config.vocab_size)
      fail(ErrorCode::kUsage, name, " has token ", t, ", outside the vocabulary of ",
           config.vocab_size, "; tokenizer and model do not belong together");
}

GenerationResult generate(const CausalLm& model, std::span<const std::vector<int64_t>> prompts,
                          const GenerationOptions& options) {
  check_generation(options);
  for (size_t i = 0; i < prompts.size(); ++i)
    check_prompt(model.config(), prompts[i], "prompt " + std::to_string(i));
  return Run(model, prompts, options).all();
}

std::vector<int64_t> load_stop_tokens(const std::string& directory, const ModelConfig& config) {
  const std::filesystem::path path = std::filesystem::path(directory) / "generation_config.json";
  std::error_code ignored;
  if (directory.empty() || !std::filesystem::exists(path, ignored)) return config.eos_token_ids;
  const JsonValue json = load_json(path.string());
  const std::optional<JsonValue> eos = json.find("eos_token_id");
  if (!eos) return config.eos_token_ids;
  const IntRange range{0, config.vocab_size - 1};
  if (!eos->is_array()) return {eos->as_int(range)};
  std::vector<int64_t> tokens;
  for (const JsonValue& token : eos->elements()) tokens.push_back(token.as_int(range));
  return tokens;
}

}  // namespace hone
