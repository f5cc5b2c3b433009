// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// Attention within each document: q [N, H, D], k [N, Hk, D], v [N, Hk, D] or [N, Hk*D]
// -> [N, H, D]. Query head h reads key head h / (H / Hk). cu_seqlens [S+1] i32: document s is the
// rows [cu_seqlens[s], cu_seqlens[s+1]). Query i sees key j of its document iff j <= i and, for
// window > 0, i - j < window; with kernels::kWholeDocument it sees every key of its document. Maths in kernels/attention/attention.h.
// Saves: attention.q, attention.k, attention.v, attention.o, and one f32 per head and row.
Var attention(const Var& q, const Var& k, const Var& v, const Tensor& cu_seqlens, double scale,
              int64_t window = 0);

}  // namespace hone
