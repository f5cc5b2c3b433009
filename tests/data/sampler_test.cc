// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/sampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "tensor/check.h"
#include "tensor/random.h"

namespace hone {
namespace {

std::vector<int64_t> some_lengths(int64_t n, int64_t longest) {
  const RandomStream random(2, "lengths");
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < n; ++i)
    lengths.push_back(1 + random.bits(static_cast<uint64_t>(i)) % static_cast<uint32_t>(longest));
  return lengths;
}

std::vector<int64_t> examples_of(const StepSamples& step) {
  std::vector<int64_t> examples;
  for (const MicroBatch& m : step.micro_batches)
    examples.insert(examples.end(), m.examples.begin(), m.examples.end());
  return examples;
}

std::vector<int64_t> epoch_of(Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> examples;
  for (int64_t s = 0; s < sampler.steps_per_epoch(); ++s) {
    const StepSamples step = sampler.at(epoch * sampler.steps_per_epoch() + s);
    CHECK(step.epoch == epoch);
    const auto e = examples_of(step);
    examples.insert(examples.end(), e.begin(), e.end());
  }
  return examples;
}

TEST_CASE("sampler: every epoch has every token once, in an order of its own") {
  const std::vector<int64_t> lengths = some_lengths(997, 60);
  for (const bool packing : {false, true})
    for (const int64_t rows : {1, 3})
      for (const int64_t accumulation : {1, 4}) {
        CAPTURE(packing);
        CAPTURE(rows);
        CAPTURE(accumulation);
        Sampler sampler(lengths, {.sequence_len = 64,
                                  .packing = packing,
                                  .micro_batch_size = rows,
                                  .accumulation_steps = accumulation,
                                  .seed = 5});
        const std::vector<int64_t> first = epoch_of(sampler, 0), second = epoch_of(sampler, 1);
        CHECK(first != second);
        for (std::vector<int64_t> epoch : {first, second}) {
          std::sort(epoch.begin(), epoch.end());
          std::vector<int64_t> all(lengths.size());
          std::iota(all.begin(), all.end(), int64_t{0});
          CHECK(epoch == all);  // so every token is there once
        }
      }
}

TEST_CASE("sampler: a step's samples depend on its number alone") {
  const std::vector<int64_t> lengths = some_lengths(100, 40);
  const SamplerSettings settings = {.sequence_len = 64,
                                    .packing = true,
                                    .micro_batch_size = 2,
                                    .accumulation_steps = 3,
                                    .seed = 9};
  Sampler forward(lengths, settings);
  std::vector<std::vector<int64_t>> steps;
  for (int64_t s = 0; s < 3 * forward.steps_per_epoch(); ++s)
    steps.push_back(examples_of(forward.at(s)));
  Sampler fresh(lengths, settings);
  for (size_t s = steps.size(); s > 0; --s)
    CHECK(examples_of(fresh.at(static_cast<int64_t>(s) - 1)) == steps[s - 1]);

  SamplerSettings other = settings;
  other.seed = 10;
  CHECK(examples_of(Sampler(lengths, other).at(0)) != steps[0]);
}

TEST_CASE("sampler: packed micro batches have one shape and room for all documents") {
  const std::vector<int64_t> lengths = some_lengths(500, 40);
  Sampler sampler(lengths, {.sequence_len = 64,
                            .packing = true,
                            .micro_batch_size = 2,
                            .accumulation_steps = 2,
                            .seed = 1});
  CHECK(sampler.efficiency() > 0.98);
  CHECK(sampler.efficiency() <= 1);
  std::set<std::pair<int64_t, int64_t>> shapes;
  for (int64_t s = 0; s < 2 * sampler.steps_per_epoch(); ++s)
    for (const MicroBatch& m : sampler.at(s).micro_batches) {
      shapes.insert({m.tokens, m.documents});
      int64_t tokens = 0;
      for (const int64_t e : m.examples) tokens += lengths[static_cast<size_t>(e)];
      CHECK(tokens <= m.tokens);
      CHECK(static_cast<int64_t>(m.examples.size()) < m.documents);
    }
  CHECK(shapes.size() == 1);
  CHECK(shapes.begin()->first == 128);
}

TEST_CASE("sampler: without packing a row is an example, and micro batches are just large enough") {
  const std::vector<int64_t> lengths = {5, 16, 17, 40, 3};
  Sampler sampler(lengths, {.sequence_len = 64, .micro_batch_size = 2, .accumulation_steps = 2});
  CHECK(sampler.rows_per_epoch() == 5);
  CHECK(sampler.steps_per_epoch() == 2);
  CHECK(sampler.steps_in(1.0) == 2);
  CHECK(sampler.steps_in(1.1) == 3);
  CHECK(sampler.steps_in(0.1) == 1);
  CHECK(sampler.efficiency() == 1);
  CHECK(sampler.at(0).micro_batches.size() == 2);
  REQUIRE(sampler.at(1).micro_batches.size() == 1);  // the rest of the epoch
  for (const int64_t step : {0, 1})
    for (const MicroBatch& m : sampler.at(step).micro_batches) {
      CHECK(m.examples.size() == (step == 0 ? 2 : 1));
      int64_t tokens = 0;
      for (const int64_t e : m.examples) tokens += lengths[static_cast<size_t>(e)];
      CHECK(m.tokens >= tokens);
      CHECK(m.tokens < tokens + Sampler::kTokenQuantum);
      CHECK(m.documents == 3);
    }
}

TEST_CASE("sampler: without shuffling everything comes as it is given") {
  const std::vector<int64_t> lengths = some_lengths(100, 30);
  std::vector<int64_t> all(lengths.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  for (const bool packing : {false, true}) {
    Sampler sampler(lengths, {.sequence_len = 64,
                              .packing = packing,
                              .micro_batch_size = 2,
                              .accumulation_steps = 3,
                              .shuffle = false});
    CHECK(epoch_of(sampler, 0) == all);
    CHECK(epoch_of(sampler, 1) == all);
  }
}

TEST_CASE("sampler: sequential packing has neighbours in a row and shuffles the rows") {
  const std::vector<int64_t> lengths = some_lengths(100, 30);
  Sampler sampler(lengths, {.sequence_len = 64, .packing = true, .sequential_packing = true});
  std::vector<int64_t> sizes;
  for (const int64_t epoch : {0, 1}) {
    sizes.push_back(sampler.rows_per_epoch());
    for (int64_t s = 0; s < sampler.steps_per_epoch(); ++s) {
      const std::vector<int64_t> row =
          examples_of(sampler.at(epoch * sampler.steps_per_epoch() + s));
      for (size_t i = 1; i < row.size(); ++i) CHECK(row[i] == row[i - 1] + 1);
    }
  }
  CHECK(sizes[0] == sizes[1]);
  CHECK(epoch_of(sampler, 0) != epoch_of(sampler, 1));
}

TEST_CASE("random_order: a permutation keyed by purpose, seed and epoch") {
  const std::vector<int64_t> order = random_order(1000, "a", 1, 0);
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) CHECK(sorted[i] == static_cast<int64_t>(i));
  CHECK(order == random_order(1000, "a", 1, 0));
  CHECK(order != random_order(1000, "b", 1, 0));
  CHECK(order != random_order(1000, "a", 2, 0));
  CHECK(order != random_order(1000, "a", 1, 1));
}

}  // namespace
}  // namespace hone
