// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hone {

// What happens to rows of more tokens than fit.
enum class ExcessLength {
  kDrop,      // they are left out
  kTruncate,  // they are cut
  kRaise,     // they are an error
};

}  // namespace hone
