// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/sampling/fixed_point.h"
#include "kernels/sampling/sampling.h"

namespace hone::kernels {
namespace {

// An element's part in a question.
struct Entry {
  uint64_t key, amount;
};
struct Answer {
  uint64_t key;
  uint64_t below;  // the amounts of lesser keys
};

// The smallest key such that the amounts of keys up to it are more than `limit`. entry(i) of n; keys
// have `bits` bits. Requires: all amounts are more than limit.
template <class F>
Answer first_above(int64_t n, int bits, uint64_t limit, F&& entry) {
  constexpr int kDigit = 8;
  Answer found{0, 0};
  for (int low = (bits - 1) / kDigit * kDigit; low >= 0; low -= kDigit) {
    std::array<uint64_t, 1 << kDigit> sums{};
    for (int64_t i = 0; i < n; ++i) {
      const Entry e = entry(i);
      if (e.key >> low >> kDigit == found.key) sums[(e.key >> low) & (sums.size() - 1)] += e.amount;
    }
    size_t digit = 0;
    while (digit + 1 < sums.size() && found.below + sums[digit] <= limit)
      found.below += sums[digit++];
    found.key = (found.key << kDigit) | digit;
  }
  return found;
}

// A row [V]: first the logits as ordered keys, then the weights.
struct Row {
  int64_t* data;
  int64_t V;

  uint64_t at(int64_t i) const { return static_cast<uint64_t>(data[i]); }
  void set(int64_t i, uint64_t x) const { data[i] = static_cast<int64_t>(x); }
  uint64_t sum() const {
    uint64_t total = 0;
    for (int64_t i = 0; i < V; ++i) total += at(i);
    return total;
  }
  int id_bits() const { return std::bit_width(static_cast<uint64_t>(V)); }

  // The logits; the first one that is not finite, or V.
  template <class T>
  int64_t load(const T* logits) const {
    for (int64_t i = 0; i < V; ++i) {
      const auto z = static_cast<double>(logits[i]);
      if (!is_finite(z)) return i;
      set(i, order_key(z));
    }
    return V;
  }
  void penalise(const int64_t* seen, int64_t count, double penalty) const {
    for (int64_t i = 0; i < count; ++i)
      set(seen[i], order_key(penalised(from_order_key(at(seen[i])), penalty)));
  }
  int64_t largest() const {
    int64_t best = 0;
    for (int64_t i = 1; i < V; ++i)
      if (at(i) > at(best)) best = i;
    return best;
  }
  void take_largest() const {
    const int64_t best = largest();
    for (int64_t i = 0; i < V; ++i) set(i, i == best);
  }

  // Keys become weights; those below the k-th largest become 0.
  void weigh(double temperature, int64_t top_k) const {
    for (int64_t i = 0; i < V; ++i) set(i, order_key(from_order_key(at(i)) / temperature));
    uint64_t least = 0;
    if (top_k > 0 && top_k < V)
      least = ~first_above(V, 64, static_cast<uint64_t>(top_k - 1), [&](int64_t i) {
                 return Entry{~at(i), 1};
               }).key;
    const double top = from_order_key(at(largest()));
    for (int64_t i = 0; i < V; ++i)
      set(i, at(i) < least ? 0 : exponential_weight(top - from_order_key(at(i)), weight_bits(V)));
  }

  void keep_top_p(double p) const {
    const uint64_t limit = removable(sum(), p);
    const Answer cut = first_above(V, weight_bits(V) + 1, limit, [&](int64_t i) {
      return Entry{at(i), at(i)};
    });
    uint64_t ties = 0;
    for (int64_t i = 0; i < V; ++i) ties += at(i) == cut.key;
    const uint64_t kept = ties - (limit - cut.below) / cut.key;
    const uint64_t last = first_above(V, id_bits(), kept - 1, [&](int64_t i) {
                            return Entry{static_cast<uint64_t>(i), at(i) == cut.key};
                          }).key;
    for (int64_t i = 0; i < V; ++i)
      if (at(i) < cut.key || (at(i) == cut.key && static_cast<uint64_t>(i) > last)) set(i, 0);
  }

  void keep_min_p(double p) const {
    const uint64_t top = at(largest());
    for (int64_t i = 0; i < V; ++i)
      if (!is_probable(at(i), top, p)) set(i, 0);
  }
};

void filter_row(const Row& row, const TokenFilter& filter) {
  if (filter.temperature == 0) return row.take_largest();
  row.weigh(filter.temperature, filter.top_k);
  if (filter.top_p < 1) row.keep_top_p(filter.top_p);
  if (filter.min_p > 0) row.keep_min_p(filter.min_p);
}

}  // namespace

template <Isa I>
void token_weights(Cpu<I>, const Tensor& logits, const SeenTokens& seen, const TokenFilter& filter,
                   const Tensor& weights) {
  visit_float(logits.dtype(), [&]<class T>() {
    const int64_t V = logits.dim(1);
    parallel_for(logits.dim(0), grain_for(32 * V), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const Row row{weights.data<int64_t>() + r * V, V};
        const int64_t broken = row.load(logits.data<T>() + r * V);
        if (broken < V) {
          row.data[0] = -1 - broken;
          continue;
        }
        if (filter.repetition_penalty != 1) {
          const int32_t* at = seen.offsets.data<int32_t>() + r;
          row.penalise(seen.ids.data<int64_t>() + at[0], at[1] - at[0], filter.repetition_penalty);
        }
        filter_row(row, filter);
      }
    });
  });
}

template <Isa I>
void draw_tokens(Cpu<I>, const Tensor& weights, const Tensor& bits, const Tensor& tokens) {
  const int64_t V = weights.dim(1);
  parallel_for(weights.dim(0), grain_for(4 * V), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const Row row{weights.data<int64_t>() + r * V, V};
      int64_t& token = tokens.data<int64_t>()[r];
      token = row.data[0];
      if (token < 0) continue;
      const uint64_t place = drawn_place(bits.data<int64_t>()[r], row.sum());
      token = static_cast<int64_t>(first_above(V, row.id_bits(), place, [&](int64_t i) {
                                     return Entry{static_cast<uint64_t>(i), row.at(i)};
                                   }).key);
    }
  });
}

template void token_weights(Cpu<kIsa>, const Tensor&, const SeenTokens&, const TokenFilter&,
                            const Tensor&);
template void draw_tokens(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
