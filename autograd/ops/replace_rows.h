// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "autograd/var.h"

namespace hone {

// y = x [N, C] with the rows rows[m] replaced by values[m] [M, C]. rows [M] i64, all different; x gets
// no gradient there. Errors: kInternal if a row is outside [0, N). Saves: rows.
Var replace_rows(const Var& x, const Tensor& rows, const Var& values);

}  // namespace hone
