// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/tape.h"

#include <algorithm>

#include "kernels/elementwise/elementwise.h"

namespace hone {
namespace {

thread_local Tape* current_tape = nullptr;

}  // namespace

Tape::Tape() : previous_(current_tape) { current_tape = this; }
Tape::~Tape() { current_tape = previous_; }
Tape* Tape::current() { return current_tape; }

NoGrad::NoGrad() : previous_(current_tape) { current_tape = nullptr; }
NoGrad::~NoGrad() { current_tape = previous_; }

void Tape::backward(const Var& y, Tensor dy) {
  if (!dy.defined()) {
    check(y.value().numel() == 1, "backward: ", y.shape(),
          " is not a scalar, so its gradient must be given");
    dy = Tensor::empty_like(y.value());
    kernels::fill(dy, 1.0);
  }
  check(dy.shape() == y.shape(), "backward: gradient ", dy.shape(), " for output ", y.shape());
  y.grad()->add(std::move(dy));
  run();
}

void Tape::backward(std::span<const Var> ys, std::span<const Tensor> dys) {
  check(ys.size() == dys.size(), "backward: ", dys.size(), " gradients for ", ys.size(),
        " outputs");
  for (size_t i = 0; i < ys.size(); ++i) ys[i].grad()->add(dys[i]);
  run();
}

void Tape::run() {
  const NoGrad quiet;  // backward closures may call ops
  std::vector<Tensor> dys;
  while (!nodes_.empty()) {
    Node node = std::move(nodes_.back());
    nodes_.pop_back();
    dys.clear();
    bool any = false;
    for (const GradHandle& slot : node.outputs) {
      dys.push_back(slot->take());
      any = any || dys.back().defined();
    }
    if (any) node.backward(dys);
  }
}

bool will_record(std::span<const Var> inputs) {
  return current_tape != nullptr &&
         std::any_of(inputs.begin(), inputs.end(), [](const Var& v) { return v.requires_grad(); });
}
bool will_record(std::initializer_list<Var> inputs) {
  return will_record(std::span<const Var>(inputs.begin(), inputs.size()));
}

std::vector<Var> record(std::span<const Var> inputs, std::vector<Tensor> outputs,
                        BackwardFn backward) {
  const bool recorded = will_record(inputs);
  std::vector<Var> vars;
  std::vector<GradHandle> slots;
  for (Tensor& t : outputs) {
    vars.emplace_back(std::move(t), recorded);
    if (recorded) slots.push_back(vars.back().grad());
  }
  if (recorded) current_tape->nodes_.push_back({std::move(slots), std::move(backward)});
  return vars;
}
std::vector<Var> record(std::initializer_list<Var> inputs, std::vector<Tensor> outputs,
                        BackwardFn backward) {
  return record(std::span<const Var>(inputs.begin(), inputs.size()), std::move(outputs),
                std::move(backward));
}

Var record(std::initializer_list<Var> inputs, Tensor output,
           std::function<void(const Tensor& dy)> backward) {
  std::vector<Tensor> outputs;
  outputs.push_back(std::move(output));
  return record(inputs, std::move(outputs),
                [f = std::move(backward)](std::span<const Tensor> dy) { f(dy[0]); })[0];
}

}  // namespace hone
