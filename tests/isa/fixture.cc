// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/isa/fixture.h"

#include <memory>

namespace hone::kernels {

LevelsSeen levels_seen_by_program() {
  return {compiled_level(), std::make_unique<LevelReporter>()->level()};
}

}  // namespace hone::kernels
