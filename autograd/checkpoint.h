// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Gradient checkpointing: a block keeps its inputs and runs again during backward.
//                                                       source: Chen et al. 2016, arXiv:1604.06174
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "autograd/tape.h"

namespace hone {

using BlockFn = std::function<std::vector<Var>(std::span<const Var> inputs)>;

// Runs f(inputs), remembering only the inputs (saved under `name`.input) and what the block asked
// to keep; backward runs f again to rebuild the rest. f must compute the same thing both times;
// random ops do, because their streams are keyed by module path and step.
//
// trains: parameters inside f require gradients. It keeps the block on the tape even when no input
// requires one, as with adapters below frozen embeddings.
std::vector<Var> checkpoint(const char* name, const BlockFn& f, std::span<const Var> inputs,
                            bool trains);

// For choices that must not be made twice (a router's experts): the first run stores what `compute`
// returns, the recomputation gets the stored tensors back. Outside a checkpointed block it just
// calls compute.
std::vector<Tensor> keep_through_recompute(const std::function<std::vector<Tensor>()>& compute);

}  // namespace hone
