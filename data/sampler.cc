// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tensor/check.h"
#include "tensor/random.h"

namespace hone {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

// Sorting by random keys needs no state to carry along, unlike shuffling.
std::vector<int64_t> random_order(int64_t n, const char* what, uint64_t seed, int64_t epoch) {
  const RandomStream random(seed, what, static_cast<uint64_t>(epoch));
  std::vector<uint64_t> keys(static_cast<size_t>(n));
  for (size_t i = 0; i < keys.size(); ++i)
    keys[i] = uint64_t{random.bits(2 * i)} << 32 | random.bits(2 * i + 1);
  std::vector<int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return keys[static_cast<size_t>(a)] < keys[static_cast<size_t>(b)];
  });
  return order;
}

Sampler::Sampler(std::vector<int64_t> lengths, const SamplerSettings& settings)
    : lengths_(std::move(lengths)), settings_(settings) {
  check(!lengths_.empty(), "sampler: no examples");
  check(settings.micro_batch_size >= 1 && settings.accumulation_steps >= 1,
        "sampler: ", settings.micro_batch_size, " rows a micro batch, ",
        settings.accumulation_steps, " micro batches a step");
  plan_epoch(0);
}

std::vector<int64_t> Sampler::order_of(int64_t n, const char* what, int64_t epoch) const {
  if (settings_.shuffle) return random_order(n, what, settings_.seed, epoch);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

void Sampler::plan_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  const auto n = static_cast<int64_t>(lengths_.size());
  rows_.clear();
  if (settings_.packing) {
    Rows packed;
    if (settings_.sequential_packing || !settings_.shuffle) {
      // The same rows in every epoch, so that all have equally many.
      std::vector<int64_t> order(lengths_.size());
      std::iota(order.begin(), order.end(), int64_t{0});
      packed = pack_rows_in_order(lengths_, order, settings_.sequence_len);
    } else {
      packed = pack_rows(lengths_, order_of(n, "data.examples", epoch), settings_.sequence_len);
    }
    // Packing puts the longest examples in front, so the rows are shuffled once more.
    const auto count = static_cast<int64_t>(packed.size());
    for (const int64_t row : order_of(count, "data.rows", epoch))
      rows_.push_back(std::move(packed[static_cast<size_t>(row)]));
  } else {
    for (const int64_t example : order_of(n, "data.examples", epoch)) rows_.push_back({example});
  }
  most_in_row_ = 0;
  for (const auto& row : rows_) most_in_row_ = std::max(most_in_row_, row.size());
  epoch_ = epoch;
}

int64_t Sampler::steps_per_epoch() const {
  return divide_up(divide_up(rows_per_epoch(), settings_.micro_batch_size),
                   settings_.accumulation_steps);
}

int64_t Sampler::steps_in(double epochs) const {
  return static_cast<int64_t>(std::ceil(epochs * static_cast<double>(steps_per_epoch())));
}

double Sampler::efficiency() const {
  if (!settings_.packing) return 1;
  const int64_t tokens = std::accumulate(lengths_.begin(), lengths_.end(), int64_t{0});
  return static_cast<double>(tokens) /
         (static_cast<double>(rows_per_epoch()) * static_cast<double>(settings_.sequence_len));
}

MicroBatch Sampler::micro_batch(size_t first_row) const {
  const int64_t rows = std::min(settings_.micro_batch_size, rows_per_epoch());
  const size_t end = std::min(rows_.size(), first_row + static_cast<size_t>(rows));
  MicroBatch batch;
  for (size_t row = first_row; row < end; ++row)
    batch.examples.insert(batch.examples.end(), rows_[row].begin(), rows_[row].end());
  int64_t tokens = 0;
  for (const int64_t example : batch.examples) tokens += lengths_[static_cast<size_t>(example)];
  set_shape(batch, rows, tokens, static_cast<int64_t>(most_in_row_));
  return batch;
}

void Sampler::set_shape(MicroBatch& batch, int64_t rows, int64_t tokens,
                        int64_t most_in_row) const {
  batch.tokens = settings_.packing ? rows * settings_.sequence_len
                                   : divide_up(tokens, kTokenQuantum) * kTokenQuantum;
  batch.documents = rows * most_in_row + divide_up(batch.tokens, kPaddingDocument);
}

MicroBatch Sampler::bound() const {
  std::vector<int64_t> sorted = lengths_;
  std::sort(sorted.begin(), sorted.end());
  const int64_t rows = std::min(settings_.micro_batch_size, rows_per_epoch());
  // Of unpacked rows the longest; packed, as many short examples as one row holds.
  const int64_t longest =
      settings_.packing ? 0 : std::accumulate(sorted.end() - rows, sorted.end(), int64_t{0});
  int64_t most = 0;
  for (int64_t room = settings_.sequence_len; most < std::ssize(sorted); ++most) {
    room -= sorted[static_cast<size_t>(most)];
    if (room < 0) break;
  }
  MicroBatch batch;
  set_shape(batch, rows, longest, settings_.packing ? most : 1);
  return batch;
}

StepSamples Sampler::at(int64_t step) {
  check(step >= 0, "sampler: step ", step);
  StepSamples samples;
  samples.epoch = step / steps_per_epoch();
  plan_epoch(samples.epoch);
  const int64_t step_rows = settings_.micro_batch_size * settings_.accumulation_steps;
  const int64_t begin = step % steps_per_epoch() * step_rows;
  const int64_t end = std::min(begin + step_rows, rows_per_epoch());
  for (int64_t row = begin; row < end; row += settings_.micro_batch_size)
    samples.micro_batches.push_back(micro_batch(static_cast<size_t>(row)));
  return samples;
}

}  // namespace hone
