// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How deep an evaluator is in its own functions.
#pragma once

#include "data/jinja_evaluator.h"

namespace hone::jinja {

struct Evaluator::Depth {
  explicit Depth(int& depth) : depth_(depth) {
    if (++depth_ > kMaxEvaluationDepth) {
      --depth_;
      throw Problem("the template nests and recurses too deeply");
    }
  }
  ~Depth() { --depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  int& depth_;
};

}  // namespace hone::jinja
