// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A kernel and the rest of a program, both using an inline function of the same header: what the
// cpu_kernels rule has to keep apart.
#pragma once

#include <vector>

#include "kernels/core/dispatch.h"

namespace hone::kernels {

// The level this copy of the function was compiled for. Not inlined, so that each object that calls
// it has a weak symbol of the same name and the linker is free to choose.
[[gnu::noinline]] inline int compiled_level() {
#if defined(__AVX512F__)
  return 4;
#elif defined(__AVX2__)
  return 3;
#else
  return 1;
#endif
}

// The same for a class: its virtual function is reached through a table that is weak, too.
struct LevelReporter {
  virtual ~LevelReporter() = default;
  virtual int level() const { return compiled_level(); }
};

// The level each of them was compiled for, as seen from the caller: function, virtual function.
struct LevelsSeen {
  int function;
  int virtual_function;
};
LevelsSeen levels_seen_by_program();
template <Isa I>
LevelsSeen levels_seen_by_kernel(Cpu<I>);

// y[i] = sqrt(x[i]) + i, vectorised with the level's registers.
template <Isa I>
void sqrt_plus_index(Cpu<I>, const std::vector<float>& x, std::vector<float>* y);

// Throws hone::Error(kDataset) with the message "level <I>".
template <Isa I>
void throw_error(Cpu<I>);

}  // namespace hone::kernels
