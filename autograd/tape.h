// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reverse-mode differentiation with a flat tape.
//
// Ops record themselves in the order they run, which is a topological order, so backward walks the
// tape from its end: no sort, no recursion. A node is freed as soon as it has run, and with it what
// it saved.
//
//   Tape tape;                                  // records until it goes out of scope
//   Var loss = mean(model(x));
//   tape.backward(loss);                        // parameters now hold their gradients
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "autograd/var.h"

namespace hone {

// Gradients of a node's outputs, in order; undefined where none arrived. At least one is defined.
using BackwardFn = std::function<void(std::span<const Tensor> dy)>;

class Tape {
 public:
  Tape();   // becomes the current tape of this thread
  ~Tape();  // the previous one is current again
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // Seeds y with dy (ones if undefined; y must then have one element), runs all nodes backwards and
  // empties the tape.
  void backward(const Var& y, Tensor dy = Tensor());
  // The same from several outputs; undefined gradients are skipped.
  void backward(std::span<const Var> ys, std::span<const Tensor> dys);
  int64_t size() const { return static_cast<int64_t>(nodes_.size()); }

  // The tape that ops record on: null without one, or inside NoGrad.
  static Tape* current();

 private:
  friend class NoGrad;
  friend std::vector<Var> record(std::initializer_list<Var>, std::vector<Tensor>, BackwardFn);
  friend std::vector<Var> record(std::span<const Var>, std::vector<Tensor>, BackwardFn);
  struct Node {
    std::vector<GradHandle> outputs;
    BackwardFn backward;
  };
  void run();

  std::vector<Node> nodes_;
  Tape* previous_;
};

// Nothing is recorded on this thread while it exists.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  Tape* previous_;
};

// True if an op with these inputs will be recorded: ops save nothing otherwise.
bool will_record(std::initializer_list<Var> inputs);
bool will_record(std::span<const Var> inputs);

// Records an op and returns its outputs as Vars. If no input requires a gradient, or nothing
// records, the outputs are plain values and `backward` is dropped.
std::vector<Var> record(std::initializer_list<Var> inputs, std::vector<Tensor> outputs,
                        BackwardFn backward);
std::vector<Var> record(std::span<const Var> inputs, std::vector<Tensor> outputs,
                        BackwardFn backward);
Var record(std::initializer_list<Var> inputs, Tensor output,
           std::function<void(const Tensor& dy)> backward);

}  // namespace hone
