// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Timing, and the two roofs that times are compared with. Both are measured, never quoted.
#pragma once

#include "tools/bench/bench_case.h"

namespace hone::kernels::bench {

struct Roofs {
  double bytes_per_second;  // copying 256 MiB (GPU: 1 GiB): bytes read plus bytes written
  double flops_per_second;  // a square matrix product: CPU in f32, GPU in the given dtype

  // The least time in which this machine could do it, in seconds.
  double bound(const Cost& cost) const;
  // Whether memory sets that bound (else arithmetic does).
  bool memory_bound(const Cost& cost) const;
};

// "2 threads, x86-64-v4", or the GPU's name.
std::string device_text(Device device);

// The best run of each in a second; on the CPU with the current number of threads.
Roofs measure_roofs(Device device, DType dtype);

// Median seconds of a call, of 20 runs or as many as fit half a second (at least 3). Operands are
// not in the caches when a run begins, and temporaries come from a step arena, as in training. On a
// GPU by its own clock: launches count where it waits for them; its L2 has nothing to write back when
// a run begins, and may hold some of what the run wrote when it ends.
double median_seconds(const BenchCase& c, Device device);

}  // namespace hone::kernels::bench
