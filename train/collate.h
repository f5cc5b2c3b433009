// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From examples to the row that a model takes.
#pragma once

#include "data/dataset.h"
#include "data/sampler.h"
#include "models/batch.h"

namespace hone {

// The examples one after another, each a document of its own; then padding up to
// micro_batch.tokens, documents of kPaddingDocument tokens without labels; then empty documents up
// to micro_batch.documents. So the shapes are those that the micro batch announces.
// Requires: the examples fit. Errors: kDisk when tokens cannot be read.
Batch collate(const Dataset& dataset, const MicroBatch& micro_batch);

// Labels and tokens of the examples, padding not counted.
int64_t labels_in(const Dataset& dataset, const MicroBatch& micro_batch);
int64_t tokens_in(const Dataset& dataset, const MicroBatch& micro_batch);

}  // namespace hone
