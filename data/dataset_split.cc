// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_split.h"

#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/sampler.h"
#include "tensor/check.h"

namespace hone {

HeldOut hold_out(const Dataset& all, double size, uint64_t seed) {
  check(std::isfinite(size) && size > 0, "hold_out: ", size, " examples");
  const auto n = static_cast<double>(all.size());
  // A product such as 0.1 * 30 may lie a hair above the whole number that is meant.
  const double wanted = size < 1 ? std::ceil(size * n - 1e-9 * n) : size;
  if (wanted < 1 || wanted >= n)
    fail(ErrorCode::kUsage, "val_set_size: ", size, " of ", all.size(),
         " examples would leave nothing for training; give a smaller part, or more rows");
  std::unordered_map<uint64_t, int64_t> copies;
  for (int64_t i = 0; i < all.size(); ++i) ++copies[all.hash(i)];

  auto left = static_cast<int64_t>(wanted);
  std::unordered_set<uint64_t> held;
  for (const int64_t example : random_order(all.size(), "data.validation", seed, 0)) {
    const int64_t group = copies[all.hash(example)];
    if (group > left || !held.insert(all.hash(example)).second) continue;
    left -= group;
    if (left == 0) break;
  }
  std::vector<int64_t> train, validation;
  for (int64_t i = 0; i < all.size(); ++i)
    (held.contains(all.hash(i)) ? validation : train).push_back(i);
  if (validation.empty())
    fail(ErrorCode::kUsage, "val_set_size: ", size, " of ", all.size(),
         " examples: equal rows stay together, and there are more copies of each than fit; give a "
         "larger part");
  return {all.select(train), all.select(validation)};
}

Dataset without_duplicates(const Dataset& all) {
  std::unordered_set<uint64_t> seen;
  std::vector<int64_t> first;
  for (int64_t i = 0; i < all.size(); ++i)
    if (seen.insert(all.hash(i)).second) first.push_back(i);
  return all.select(first);
}

Dataset without_examples_of(const Dataset& train, const Dataset& validation) {
  std::unordered_set<uint64_t> held;
  for (int64_t i = 0; i < validation.size(); ++i) held.insert(validation.hash(i));
  std::vector<int64_t> rest;
  for (int64_t i = 0; i < train.size(); ++i)
    if (!held.contains(train.hash(i))) rest.push_back(i);
  return train.select(rest);
}

}  // namespace hone
