// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/generation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "autograd/tape.h"
#include "data/file.h"
#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/models/tiny_model.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::build;
using test::tiny_config;
using Tokens = std::vector<int64_t>;

LoadedModel model(bool moe) {
  nn::BuildOptions options;
  options.train_base = true;
  return build(tiny_config(moe), options);
}

// Prompts of 1 to 90 tokens.
std::vector<Tokens> ragged_prompts(const ModelConfig& config, int64_t n) {
  std::vector<Tokens> prompts;
  const RandomStream random(9, "prompts");
  uint64_t at = 0;
  for (int64_t p = 0; p < n; ++p) {
    Tokens ids;
    const uint32_t length = p == 0 ? 90 : 1 + random.bits(at++) % 30;
    for (uint32_t i = 0; i < length; ++i)
      ids.push_back(random.bits(at++) % static_cast<uint32_t>(config.vocab_size));
    prompts.push_back(ids);
  }
  return prompts;
}

// The token with the largest logit after `ids`, from the ordinary forward pass.
int64_t next_token(const LoadedModel& m, const Tokens& ids) {
  const NoGrad no_grad;
  const Batch batch =
      make_batch(ids, {}, std::vector<int32_t>{0, static_cast<int32_t>(ids.size())});
  const Tensor hidden = m.model->forward(batch, m.model->context(batch), false).hidden.value();
  const Tensor logits = m.model->logits(hidden.rows(batch.rows() - 1, batch.rows()));
  const std::vector<float> z = logits.to_vector<float>();
  return std::max_element(z.begin(), z.end()) - z.begin();
}

std::vector<Tokens> tokens_of(const GenerationResult& r) {
  std::vector<Tokens> all;
  for (const GeneratedSequence& s : r.sequences) all.push_back(s.tokens);
  return all;
}

TEST_CASE("generate: greedy gives the argmax of the whole forward pass at every position") {
  for (const bool moe : {false, true}) {
    const LoadedModel m = model(moe);
    const std::vector<Tokens> prompts = ragged_prompts(m.config, 5);
    const GenerationResult r = generate(*m.model, prompts, {.max_new_tokens = 12, .batch_size = 3});
    int64_t prompt_tokens = 0;
    for (size_t p = 0; p < prompts.size(); ++p) {
      Tokens ids = prompts[p];
      prompt_tokens += static_cast<int64_t>(ids.size());
      REQUIRE(r.sequences[p].tokens.size() == 12);
      CHECK(r.sequences[p].reason == FinishReason::kLength);
      for (const int64_t token : r.sequences[p].tokens) {
        CHECK(token == next_token(m, ids));
        ids.push_back(token);
      }
    }
    CHECK(r.prompt_tokens == prompt_tokens);
    CHECK(r.new_tokens == 60);
    CHECK(r.decode_tokens == 55);
    CHECK(r.prefill_seconds > 0);
    CHECK(r.decode_seconds > 0);
  }
}

TEST_CASE("generate: what a prompt gives does not depend on the batch, on prefill or on threads") {
  const LoadedModel m = model(true);
  const std::vector<Tokens> prompts = ragged_prompts(m.config, 20);
  GenerationOptions options{.sampling = {.temperature = 1.5, .seed = 4}, .max_new_tokens = 40};
  options.stop_tokens = {3, 17};  // so that sequences end at different times
  const std::vector<Tokens> want = tokens_of(generate(*m.model, prompts, options));
  CHECK(std::any_of(want.begin(), want.end(), [](const Tokens& t) { return t.size() < 40; }));
  CHECK(want[1] != want[2]);
  for (const auto& [batch, prefill, threads] :
       {std::tuple{1, 2048, 1}, {3, 2048, 2}, {7, 25, 1}, {64, 1, 2}}) {
    kernels::set_num_threads(threads);
    options.batch_size = batch;
    options.prefill_tokens = prefill;
    CHECK(tokens_of(generate(*m.model, prompts, options)) == want);
  }
  kernels::set_num_threads(2);
  // The same prompt in the same place among other prompts.
  std::vector<Tokens> others = prompts;
  for (size_t p = 0; p < others.size(); ++p)
    if (p != 11) others[p] = {static_cast<int64_t>(p)};
  CHECK(generate(*m.model, others, options).sequences[11].tokens == want[11]);
  options.sampling.seed = 5;
  CHECK(tokens_of(generate(*m.model, prompts, options)) != want);
}

TEST_CASE("generate: stop tokens, the callback and the model's positions end a sequence") {
  LoadedModel m = model(false);
  const std::vector<Tokens> prompts{{1, 2, 3}, {4}};
  const std::vector<Tokens> free = tokens_of(generate(*m.model, prompts, {.max_new_tokens = 20}));
  const int64_t stop = free[0][5];
  const size_t first =
      static_cast<size_t>(std::find(free[0].begin(), free[0].end(), stop) - free[0].begin());

  GenerationResult r =
      generate(*m.model, prompts, {.max_new_tokens = 20, .stop_tokens = {36, stop}});
  CHECK(r.sequences[0].reason == FinishReason::kStopToken);
  CHECK(r.sequences[0].tokens ==
        Tokens(free[0].begin(), free[0].begin() + static_cast<int64_t>(first)));

  std::map<int64_t, Tokens> heard;
  GenerationOptions options{.max_new_tokens = 20};
  options.on_token = [&](int64_t sequence, int64_t token) {
    heard[sequence].push_back(token);
    return sequence == 0 || heard[1].size() < 4;
  };
  std::vector<int64_t> ended;
  options.on_end = [&](int64_t sequence, const GeneratedSequence& s) {
    ended.push_back(sequence);
    CHECK(s.tokens == heard[sequence]);
  };
  r = generate(*m.model, prompts, options);
  CHECK(ended == Tokens{1, 0});
  CHECK(r.sequences[1].reason == FinishReason::kCallback);
  CHECK(r.sequences[1].tokens == Tokens(free[1].begin(), free[1].begin() + 4));
  CHECK(r.sequences[0].tokens == free[0]);
  CHECK(heard[0] == free[0]);

  ModelConfig small = tiny_config(false);
  small.max_positions = 10;
  nn::BuildOptions build_options;
  build_options.train_base = true;
  m = build(small, build_options);
  // Ten positions read ten tokens, and the last of them predicts one more.
  r = generate(*m.model, prompts, {.max_new_tokens = 20});
  CHECK(r.sequences[0].tokens.size() == 8);
  CHECK(r.sequences[0].reason == FinishReason::kLength);
  CHECK(generate(*m.model, std::vector<Tokens>{Tokens(10, 1)}, {}).sequences[0].tokens.size() == 1);
  check_contains(error_of(ErrorCode::kUsage,
                          [&] {
                            generate(*m.model, std::vector<Tokens>{{1}, Tokens(11, 1)}, {});
                          }),
                 "prompt 1 has 11 tokens, but the model has 10 positions");
}

// In f64, so that no two logits are near enough for the order of a sum to decide between them.
LoadedModel frozen_model(bool moe, Device device, std::optional<QuantType> quantise) {
  nn::BuildOptions options;
  options.dtype = DType::f64;
  options.device = device;
  options.quantise = quantise;
  return build(tiny_config(moe), options);
}

TEST_CASE("cuda: generate gives the CPU's tokens, greedy and drawn") {
  if (!test::have_gpu()) return;
  for (const bool moe : {false, true})
    for (const std::optional<QuantType> quantise :
         {std::optional<QuantType>(), std::optional(QuantType::nf4)}) {
      const LoadedModel cpu = frozen_model(moe, kCpu, quantise),
                        gpu = frozen_model(moe, test::kGpu, quantise);
      const std::vector<Tokens> prompts = ragged_prompts(cpu.config, 9);
      for (const SamplingOptions& sampling :
           {SamplingOptions{},
            {.repetition_penalty = 1.2},
            {.temperature = 1.5, .seed = 4},
            {.temperature = 1, .top_k = 20, .top_p = 0.9, .min_p = 0.01, .seed = 5}}) {
        GenerationOptions options{.sampling = sampling, .max_new_tokens = 30};
        options.stop_tokens = {3};
        options.batch_size = 4;
        const std::vector<Tokens> want = tokens_of(generate(*cpu.model, prompts, options));
        CHECK(tokens_of(generate(*gpu.model, prompts, options)) == want);
        options.batch_size = 64;
        options.prefill_tokens = 25;
        CHECK(tokens_of(generate(*gpu.model, prompts, options)) == want);
      }
    }
}

TEST_CASE("cuda: the host waits once for each pass, for the tokens") {
  if (!test::have_gpu()) return;
  const LoadedModel m = frozen_model(false, test::kGpu, QuantType::nf4);
  const std::vector<Tokens> prompts = ragged_prompts(m.config, 5);
  const int64_t before = gpu_counters().synchronisations;
  generate(*m.model, prompts, {.sampling = {.temperature = 1}, .max_new_tokens = 12});
  CHECK(gpu_counters().synchronisations - before == 12);
}

TEST_CASE("generate: what cannot be generated is refused") {
  const LoadedModel m = model(false);
  const auto refused = [&](const std::vector<Tokens>& prompts, const GenerationOptions& options,
                           const char* part) {
    check_contains(error_of(ErrorCode::kUsage, [&] { generate(*m.model, prompts, options); }),
                   part);
  };
  refused({{1}, {}}, {}, "prompt 1 is empty");
  refused({{1, 37}}, {}, "prompt 0 has token 37, outside the vocabulary of 37");
  refused({{-1}}, {}, "token -1");
  refused({{1}}, {.max_new_tokens = 0}, "max_new_tokens is 0");
  refused({{1}}, {.sampling = {.top_p = 2}}, "top_p is 2");
  CHECK(generate(*m.model, std::vector<Tokens>{}, {}).sequences.empty());
}

TEST_CASE("generate: stop tokens come from generation_config.json, else from the config") {
  const TemporaryDirectory directory;
  ModelConfig config = tiny_config(false);
  config.eos_token_ids = {7};
  const auto with = [&](const std::string& json) {
    write_file(directory / "generation_config.json", json);
    return load_stop_tokens(directory.path(), config);
  };
  CHECK(load_stop_tokens("", config) == Tokens{7});
  CHECK(load_stop_tokens(directory.path(), config) == Tokens{7});
  CHECK(with(R"({"eos_token_id": 5, "top_p": 0.8})") == Tokens{5});
  CHECK(with(R"({"eos_token_id": [5, 6]})") == Tokens{5, 6});
  CHECK(with(R"({"do_sample": true})") == Tokens{7});
  check_contains(error_of(ErrorCode::kModel, [&] { with(R"({"eos_token_id": [5, 37]})"); }),
                 "generation_config.json: $.eos_token_id[1]");
  check_contains(error_of(ErrorCode::kModel, [&] { with(R"({"eos_token_id": "x"})"); }),
                 "generation_config.json: $.eos_token_id");
}

}  // namespace
}  // namespace hone
