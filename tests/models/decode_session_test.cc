// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Token by token, the logits of the whole: in every layer type, for ragged batches, in any order.
#include "models/decode_session.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "models/lora_config.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::build;
using test::rel_err;
using test::same_bits;
using test::tiny_config;
using Append = DecodeSession::Append;

std::vector<int64_t> tokens(int64_t n, const ModelConfig& config, const std::string& stream) {
  std::vector<int64_t> ids;
  const RandomStream random(5, stream);
  for (int64_t i = 0; i < n; ++i)
    ids.push_back(random.bits(static_cast<uint64_t>(i)) % static_cast<uint32_t>(config.vocab_size));
  return ids;
}

// The ordinary forward pass: [T, V].
Tensor full_logits(const LoadedModel& m, const std::vector<int64_t>& ids) {
  const NoGrad no_grad;
  const Batch batch =
      make_batch(ids, {}, std::vector<int32_t>{0, static_cast<int32_t>(ids.size())});
  return m.model->logits(m.model->forward(batch, m.model->context(batch), false).hidden.value());
}

// Everything that a model can have: LoRA on every matrix, B not zero. rounded: with the weights that it
// has in bf16, whatever its dtype.
LoadedModel model(bool moe, DType dtype, std::optional<QuantType> quantise = {},
                  Device device = kCpu, bool rounded = false) {
  LoraConfig lora;
  lora.r = 3;
  lora.alpha = 6;
  lora.all_linear = true;
  if (moe)
    lora.target_parameters = {"mlp.experts.gate_up_proj", "mlp.experts.down_proj",
                              "mlp.gate.weight"};
  const LoraTargets targets(lora);
  nn::BuildOptions options;
  options.dtype = dtype;
  options.quantise = quantise;
  options.device = device;
  options.inference = device != kCpu;
  targets.install(options);
  return build(tiny_config(moe), options, [rounded](const nn::WeightRequest& r) {
    const bool is_b = r.name.find("lora_B") != std::string::npos;
    const Tensor value = is_b ? nn::initial_value(r.shape, nn::Init::normal(0.3), 11, r.name)
                              : nn::initial_value(r.shape, r.init, 7, r.name);
    return rounded ? kernels::cast(kernels::cast(value, DType::bf16), DType::f32) : value;
  });
}

// Three sequences of different lengths begin in one pass, then grow by a token each until they end.
void check_against_full(const LoadedModel& m, double tolerance) {
  const std::vector<std::vector<int64_t>> sequences{
      tokens(80, m.config, "a"), tokens(21, m.config, "b"), tokens(40, m.config, "c")};
  const std::vector<size_t> prompts{70, 1, 2};
  const std::vector<int64_t> slots{2, 0, 3};
  std::vector<Tensor> full;
  for (const auto& ids : sequences) full.push_back(full_logits(m, ids));

  DecodeSession session(*m.model, 4);
  std::vector<Append> begin;
  for (size_t s = 0; s < 3; ++s)
    begin.push_back({slots[s], std::span(sequences[s]).first(prompts[s])});
  const Tensor first = session.append(begin);
  for (size_t s = 0; s < 3; ++s) {
    const auto row = static_cast<int64_t>(s), last = static_cast<int64_t>(prompts[s]) - 1;
    CHECK(rel_err(first.rows(row, row + 1), full[s].rows(last, last + 1)) < tolerance);
  }
  for (size_t t = 0;; ++t) {
    std::vector<Append> next;
    std::vector<Tensor> want;
    for (size_t s = 0; s < 3; ++s) {
      const size_t at = prompts[s] + t;
      if (at >= sequences[s].size()) continue;
      next.push_back({slots[s], std::span(sequences[s]).subspan(at, 1)});
      want.push_back(full[s].rows(static_cast<int64_t>(at), static_cast<int64_t>(at) + 1));
    }
    if (next.empty()) break;
    const Tensor logits = session.append(next);
    for (size_t i = 0; i < next.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      CHECK(rel_err(logits.rows(row, row + 1), want[i]) < tolerance);
    }
  }
  CHECK(session.length(2) == 80);
  CHECK(session.length(1) == 0);
}

TEST_CASE("decode: the text families, with windows shorter than the sequences") {
  for (const char* family :
       {"llama", "qwen3", "qwen3_moe", "mixtral", "olmoe", "nemotron", "gemma3_text"}) {
    CAPTURE(std::string(family));
    LoadOptions options;
    options.model = test::golden_model(family);
    options.adapter = options.model + "/adapter";
    options.inference = true;
    options.dtype = DType::f64;
    check_against_full(load_model(options), 1e-10);
  }
}

TEST_CASE("decode: prefill and steps give the logits of the whole forward pass") {
  for (const bool moe : {false, true}) {
    check_against_full(model(moe, DType::f64), 1e-10);
    check_against_full(model(moe, DType::f32), 1e-4);
    check_against_full(model(moe, DType::f32, QuantType::nf4), 1e-4);
    check_against_full(model(moe, DType::f64, QuantType::nf4), 1e-10);
  }
}

TEST_CASE("decode: a sequence alone gives the bits that it gives among others, on any threads") {
  for (const std::optional<QuantType> quantise :
       {std::optional<QuantType>(), std::optional(QuantType::nf4)}) {
    const LoadedModel m = model(true, DType::f32, quantise);
    const std::vector<std::vector<int64_t>> ids{tokens(75, m.config, "a"), tokens(9, m.config, "b"),
                                                tokens(33, m.config, "c"),
                                                tokens(12, m.config, "d")};
    const std::vector<size_t> prompts{70, 4, 28, 7};
    // Logits of every pass, per sequence.
    const auto run = [&](const std::vector<size_t>& who) {
      DecodeSession session(*m.model, 4);
      std::vector<Tensor> logits(4);
      std::vector<std::vector<Tensor>> all(4);
      for (size_t t = 0; t < 6; ++t) {
        std::vector<Append> appends;
        for (const size_t s : who) {
          const std::span<const int64_t> mine(ids[s]);
          appends.push_back(
              {static_cast<int64_t>(who.size() == 1 ? 1 : s),
               t == 0 ? mine.first(prompts[s]) : mine.subspan(prompts[s] + t - 1, 1)});
        }
        const Tensor out = session.append(appends);
        for (size_t i = 0; i < who.size(); ++i)
          all[who[i]].push_back(out.rows(static_cast<int64_t>(i), static_cast<int64_t>(i) + 1));
      }
      return all;
    };
    kernels::set_num_threads(2);
    const auto together = run({0, 1, 2, 3});
    kernels::set_num_threads(1);
    for (const size_t s : {0, 1, 2, 3}) {
      const auto alone = run({s});
      for (size_t t = 0; t < 6; ++t) CHECK(same_bits(alone[s][t], together[s][t]));
    }
    kernels::set_num_threads(2);
  }
}

// Two sequences begin, grow by a token at a time, one by many at once, and a slot is used again.
std::vector<Tensor> session_logits(const LoadedModel& m) {
  const std::vector<int64_t> a = tokens(200, m.config, "a"), b = tokens(90, m.config, "b");
  const auto part = [](const std::vector<int64_t>& ids, size_t begin, size_t n) {
    return std::span(ids).subspan(begin, n);
  };
  DecodeSession session(*m.model, 3);
  std::vector<Tensor> logits;
  const auto append = [&](const std::vector<Append>& appends) {
    logits.push_back(session.append(appends).to(kCpu));
  };
  append({{2, part(a, 0, 70)}, {0, part(b, 0, 1)}});
  for (size_t t = 0; t < 5; ++t) append({{0, part(b, 1 + t, 1)}, {2, part(a, 70 + t, 1)}});
  append({{2, part(a, 75, 100)}});
  append({{1, part(b, 0, 3)}});
  append({{2, part(a, 175, 1)}, {1, part(b, 3, 1)}, {0, part(b, 6, 1)}});
  session.clear(2);
  append({{2, part(b, 0, 64)}});
  append({{2, part(b, 64, 1)}});
  return logits;
}

// Of all logits together: ||a - b|| / ||b||.
double distance(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const std::vector<double> x = kernels::cast(a[i], DType::f64).to_vector<double>(),
                              y = kernels::cast(b[i], DType::f64).to_vector<double>();
    REQUIRE(x.size() == y.size());
    for (size_t j = 0; j < x.size(); ++j) {
      difference += (x[j] - y[j]) * (x[j] - y[j]);
      norm += y[j] * y[j];
    }
  }
  return std::sqrt(difference / norm);
}

TEST_CASE("cuda: decode in bf16 is as near to the logits in f32 as the CPU's") {
  if (!test::have_gpu()) return;
  for (const std::optional<QuantType> quantise :
       {std::optional<QuantType>(), std::optional(QuantType::nf4)}) {
    const auto logits = [&](DType dtype, Device device) {
      return session_logits(model(/*moe=*/false, dtype, quantise, device, /*rounded=*/true));
    };
    const std::vector<Tensor> exact = logits(DType::f32, kCpu);
    const double gpu = distance(logits(DType::bf16, test::kGpu), exact),
                 cpu = distance(logits(DType::bf16, kCpu), exact);
    CAPTURE(cpu);
    CHECK(gpu > 0);
    CHECK(gpu < 1.25 * cpu);
  }
}

TEST_CASE("cuda: decode gives the CPU's logits") {
  if (!test::have_gpu()) return;
  for (const bool moe : {false, true})
    for (const std::optional<QuantType> quantise :
         {std::optional<QuantType>(), std::optional(QuantType::nf4)})
      for (const auto& [dtype, tolerance] : {std::pair{DType::f64, 1e-10}, {DType::f32, 1e-4}}) {
        const auto on = [&](Device device) { return model(moe, dtype, quantise, device); };
        const std::vector<Tensor> want = session_logits(on(kCpu)),
                                  got = session_logits(on(test::kGpu));
        for (size_t i = 0; i < want.size(); ++i) {
          CAPTURE(moe);
          CAPTURE(i);
          CHECK(rel_err(got[i], want[i]) < tolerance);
        }
      }
}

TEST_CASE("decode: a sequence may grow by several tokens, and a slot may be used again") {
  const LoadedModel m = model(true, DType::f64);
  const std::vector<int64_t> ids = tokens(300, m.config, "long"), other = tokens(5, m.config, "x");
  const Tensor full = full_logits(m, ids);
  DecodeSession session(*m.model, 2);
  session.append(std::vector<Append>{{0, other}, {1, other}});
  session.clear(1);
  size_t at = 0;
  for (const size_t n : {3, 130, 1, 2, 100, 64}) {
    const Tensor logits = session.append(std::vector<Append>{{1, std::span(ids).subspan(at, n)}});
    at += n;
    const auto row = static_cast<int64_t>(at);
    CHECK(rel_err(logits, full.rows(row - 1, row)) < 1e-10);
  }
  CHECK(at == 300);
  // The other slot still knows its own five tokens.
  const std::vector<int64_t> six = [&] {
    std::vector<int64_t> v = other;
    v.push_back(1);
    return v;
  }();
  CHECK(rel_err(session.append(std::vector<Append>{{0, std::span(six).subspan(5)}}),
                full_logits(m, six).rows(5, 6)) < 1e-10);
}

TEST_CASE("decode: bad appends are refused") {
  LoadedModel m = model(false, DType::f32);
  DecodeSession session(*m.model, 2);
  const std::vector<int64_t> ids = tokens(1025, m.config, "x");
  const std::span<const int64_t> all(ids);
  CHECK_THROWS_WITH(session.append({}), doctest::Contains("nothing"));
  CHECK_THROWS_WITH(session.append(std::vector<Append>{{2, all.first(1)}}),
                    doctest::Contains("slot 2 of 2"));
  CHECK_THROWS_WITH(session.append(std::vector<Append>{{0, all.first(0)}}),
                    doctest::Contains("0 tokens"));
  CHECK_THROWS_WITH(session.append(std::vector<Append>{{0, all.first(1)}, {0, all.first(1)}}),
                    doctest::Contains("occurs twice"));
  CHECK_THROWS_WITH(session.append(std::vector<Append>{{0, all}}),
                    doctest::Contains("1024 positions"));
  CHECK(session.length(0) == 0);
}

}  // namespace
}  // namespace hone
