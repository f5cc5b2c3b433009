// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/ops/weight.h"

namespace hone {

// loss = sum over the rows with a label of the cross entropy of softmax(h head^T), / num_items.
//
//   h [N, C]   head [V, C]   targets [N] i64, already shifted; -100: no label
//   num_items  scalar f32: labels of the whole accumulated batch
//   returns    scalar f32 (f64 for f64)
//
// The logits exist for one chunk of rows at a time, and become their own gradient while they are
// there. So gradients are computed in the forward pass: dh is kept until backward, and a trainable
// head receives its gradient at once.
// Requires: recorded outside checkpoint(), and the upstream gradient of the loss is 1: scale the
//           loss through num_items. Errors: kInternal if it is not (checked on the CPU), or if a
//           target is outside [0, V). Saves: dh [N, C].
Var linear_cross_entropy(const Var& h, const Weight& head, const Tensor& targets,
                         const Tensor& num_items);

}  // namespace hone
