// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// result.svg: the curves of a run as a picture.
#pragma once

#include <string>

#include "train/run_curves.h"

namespace hone {

// Loss over steps, its axis on the left; exact match of held-out answers, where it was measured, its
// axis on the right. A long run's loss is drawn as means of equal parts. The same curves give the
// same bytes.
std::string result_svg(const RunCurves& curves);

}  // namespace hone
