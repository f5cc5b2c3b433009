// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Timing, and the two roofs that times are compared with. Both are measured, never quoted.
#pragma once

#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

struct Roofs {
  double bytes_per_second;  // copying 256 MiB: bytes read plus bytes written
  double flops_per_second;  // a square matrix product in f32

  // The least time in which this machine could do it, in seconds.
  double bound(const Cost& cost) const;
  // Whether memory sets that bound (else arithmetic does).
  bool memory_bound(const Cost& cost) const;
};

// The best run of each in a second, with the current number of threads.
Roofs measure_roofs();

// Median seconds of a call, of 20 runs or as many as fit half a second (at least 3). Operands are
// not in the caches when a run begins, and temporaries come from a step arena, as in training.
double median_seconds(const BenchCase& c);

}  // namespace hone::kernels::bench
