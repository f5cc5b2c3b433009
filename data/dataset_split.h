// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Parts of a dataset: those held out for evaluation, those that are not copies.
#pragma once

#include <cstdint>

#include "data/dataset.h"

namespace hone {

struct HeldOut {
  Dataset train;
  Dataset validation;
};

// Takes examples out of `all` at random, by the seed and the order of the examples alone. `size`:
// below 1 the part of all examples, rounded up, else their number. Both parts keep the order.
// Equal examples stay together, so none of them is in both parts: where such a group would be too
// large it is left in train.
// Errors: kUsage when one of the parts would be empty.
HeldOut hold_out(const Dataset& all, double size, uint64_t seed);

// The first of every group of equal examples.
Dataset without_duplicates(const Dataset& all);

// `train` without the examples that `validation` has too.
Dataset without_examples_of(const Dataset& train, const Dataset& validation);

}  // namespace hone
