// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Where the time of a step goes, op by op.
//
// A launch lasts until the next one begins: an op's time includes what the host does after it (on a
// GPU: where the GPU waits for it). Ops
// are named by the functions of kernels/ that launch them, which the program finds among its own
// exported symbols (so it is linked with -rdynamic).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/core/launch_trace.h"

namespace hone::kernels::bench {

struct OpTime {
  std::string op;  // "attention_forward"
  int64_t launches = 0;
  double seconds = 0;
};

// The launches of a trace that ends now, longest first.
// Errors: kInternal for a launch from outside of hone::kernels.
std::vector<OpTime> op_times(const LaunchTrace& trace);

}  // namespace hone::kernels::bench
