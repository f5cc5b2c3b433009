// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Text generation for any number of prompts, as token ids.
//
// Some sequences are decoded at a time, a token each per pass; when some have ended, the next
// prompts take their slots. What a prompt gives does not depend on the others, on their order of
// finishing or on how many are decoded at a time: neither its logits (DecodeSession) nor its random
// numbers, which are keyed by the seed, the prompt's index and the place of the token.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "models/decode_session.h"
#include "models/sampling.h"

namespace hone {

enum class FinishReason {
  kStopToken,
  kLength,    // max_new_tokens, or no position left in the model
  kCallback,  // on_token said so
};

struct GeneratedSequence {
  std::vector<int64_t> tokens;  // new ones
  FinishReason reason = FinishReason::kLength;
};

struct GenerationOptions {
  SamplingOptions sampling = {};
  int64_t max_new_tokens = 256;           // for each prompt
  std::vector<int64_t> stop_tokens = {};  // end a sequence and are not part of it
  int64_t batch_size = 64;                // sequences decoded at a time, at most
  int64_t prefill_tokens = 2048;          // prompts are read in passes of about so many tokens
  // Called for every token that a sequence gets; false ends the sequence after it. May be empty.
  std::function<bool(int64_t sequence, int64_t token)> on_token = {};
  // Called for every prompt when its sequence ends, in the order in which they do. May be empty.
  std::function<void(int64_t sequence, const GeneratedSequence&)> on_end = {};
};

struct GenerationResult {
  std::vector<GeneratedSequence> sequences;  // one for each prompt, in their order
  int64_t prompt_tokens = 0;
  int64_t new_tokens = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;
  int64_t decode_tokens = 0;  // new tokens of decode passes; each prompt's first is prefill's
};

// Takes the tokens of one sequence and knows when it has ended.
class TokenChooser {
 public:
  // All referents outlive it. `sequence` is the prompt's index.
  TokenChooser(const ModelConfig& config, const GenerationOptions& options, int64_t sequence,
               const std::vector<int64_t>& prompt);

  // What sample_tokens needs to choose the next token.
  SamplingRow row() const;
  // Takes the next token; false if the sequence has ended with it.
  bool take(int64_t token);

  const GeneratedSequence& result() const { return result_; }
  int64_t sequence() const { return sequence_; }
  int64_t last_token() const { return result_.tokens.back(); }

 private:
  bool end(FinishReason reason);

  const ModelConfig& config_;
  const GenerationOptions& options_;
  int64_t sequence_;
  std::span<const int64_t> prompt_;
  GeneratedSequence result_;
};

// Errors: kUsage for what generate refuses. `name` is the prompt's in the message.
void check_generation(const GenerationOptions& options);
void check_prompt(const ModelConfig& config, std::span<const int64_t> prompt,
                  const std::string& name);

// Errors: kUsage for an empty prompt, a token outside the vocabulary, a prompt longer than the
// model's positions, and options out of range, naming the prompt by its index from 0. kNonFinite.
GenerationResult generate(const CausalLm& model, std::span<const std::vector<int64_t>> prompts,
                          const GenerationOptions& options);

// The model's end-of-sequence tokens: eos_token_id (a number or a list) of generation_config.json
// in the model's directory if it has one, else the config's. `directory` may be empty: no files.
// Errors: kModel naming file and key.
std::vector<int64_t> load_stop_tokens(const std::string& directory, const ModelConfig& config);

}  // namespace hone
