// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The instruction set that the *_cpu.cc file including this is being compiled for (the cpu_kernels
// build rule compiles each of them once per level).
#pragma once

#include "kernels/core/dispatch.h"

namespace hone::kernels {

inline constexpr Isa kIsa = static_cast<Isa>(HONE_ISA);

}  // namespace hone::kernels
