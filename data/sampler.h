// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which examples a step trains on: a pure function of the examples' lengths, the settings and the
// step's number. A run that continues needs nothing but that number.
#pragma once

#include <cstdint>
#include <vector>

#include "data/packing.h"

namespace hone {

struct SamplerSettings {
  int64_t sequence_len = 0;  // tokens of a packed row
  bool packing = false;      // rows of several examples; otherwise a row is one example
  int64_t micro_batch_size = 1;
  int64_t accumulation_steps = 1;  // micro batches of a step
  uint64_t seed = 0;
  bool shuffle = true;  // an order of its own for every epoch; otherwise that of the examples
  // Packed rows take neighbouring examples, as many as fit; otherwise best fit. Without shuffling
  // rows are always packed so.
  bool sequential_packing = false;
};

// The examples that go through the model at once, and the shape that they are padded to.
struct MicroBatch {
  std::vector<int64_t> examples;
  int64_t tokens = 0;     // padded
  int64_t documents = 0;  // capacity, with what padding may need
};

// Padding is cut into documents of at most this many tokens: attention's work grows with the square
// of a document.
inline constexpr int64_t kPaddingDocument = 64;

struct StepSamples {
  int64_t epoch = 0;                      // counted from 0
  std::vector<MicroBatch> micro_batches;  // at most accumulation_steps
};

// 0 .. n-1 in a random order. `what` names the purpose: different names give unrelated orders.
std::vector<int64_t> random_order(int64_t n, const char* what, uint64_t seed, int64_t epoch);

// Every epoch holds every example once. Its last micro batch, and its last
// step, may be smaller. All epochs have equally many steps.
//
// With packing all micro batches have one shape. Without, `tokens` is rounded up to a multiple of
// kTokenQuantum, so that the shapes of a run are few.
class Sampler {
 public:
  static constexpr int64_t kTokenQuantum = 16;

  // Requires: lengths not empty, each from 1 to sequence_len.
  Sampler(std::vector<int64_t> lengths, const SamplerSettings& settings);

  const SamplerSettings& settings() const { return settings_; }
  int64_t rows_per_epoch() const { return static_cast<int64_t>(rows_.size()); }
  int64_t steps_per_epoch() const;
  // Steps of a fraction of an epoch count as whole ones.
  int64_t steps_in(double epochs) const;
  // Tokens of the examples / tokens of the rows they are packed in. 1 without packing.
  double efficiency() const;

  // `step` counts from 0 and has no end. Fast when steps follow each other; the first step of an
  // epoch orders and packs that epoch.
  StepSamples at(int64_t step);

  // No micro batch of any step is larger than this; its examples are left out.
  MicroBatch bound() const;

 private:
  void plan_epoch(int64_t epoch);
  std::vector<int64_t> order_of(int64_t n, const char* what, int64_t epoch) const;
  MicroBatch micro_batch(size_t first_row) const;
  // Sets what follows from the examples: with packing, `most_in_row` is the examples of a row.
  void set_shape(MicroBatch& batch, int64_t rows, int64_t tokens, int64_t most_in_row) const;

  std::vector<int64_t> lengths_;
  SamplerSettings settings_;
  int64_t epoch_ = -1;      // the one that rows_ belongs to
  Rows rows_;               // in the order of training
  size_t most_in_row_ = 0;  // examples
};

}  // namespace hone
