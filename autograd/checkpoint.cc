// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/checkpoint.h"

#include <memory>
#include <utility>

#include "autograd/saved.h"

namespace hone {
namespace {

// What the blocks being run on this thread keep, in the order they asked for it.
struct Kept {
  Kept* outer = nullptr;  // while a block inside a recomputed block runs for the first time
  std::vector<std::vector<Tensor>> entries;
  size_t next = 0;
  bool replaying = false;
};
thread_local Kept* current_kept = nullptr;

class KeptScope {
 public:
  explicit KeptScope(Kept* kept) : previous_(std::exchange(current_kept, kept)) {}
  ~KeptScope() { current_kept = previous_; }

 private:
  Kept* previous_;
};

std::vector<Tensor> keep(Kept* kept, const std::function<std::vector<Tensor>()>& compute) {
  if (kept == nullptr) return compute();
  if (kept->replaying) {
    check(kept->next < kept->entries.size(), "checkpoint: the block asked for more kept tensors ",
          "when it was recomputed");
    return kept->entries[kept->next++];
  }
  kept->entries.push_back(keep(kept->outer, compute));
  return kept->entries.back();
}

}  // namespace

std::vector<Tensor> keep_through_recompute(const std::function<std::vector<Tensor>()>& compute) {
  return keep(current_kept, compute);
}

std::vector<Var> checkpoint(const char* name, const BlockFn& f, std::span<const Var> inputs,
                            bool trains) {
  if (Tape::current() == nullptr || !(trains || will_record(inputs))) return f(inputs);

  auto kept = std::make_shared<Kept>();
  std::vector<Tensor> outputs;
  {
    const NoGrad no_grad;
    kept->outer = current_kept;
    const KeptScope scope(kept.get());
    for (const Var& y : f(inputs)) outputs.push_back(y.value());
    kept->outer = nullptr;
  }

  std::vector<Saved> saved;
  std::vector<GradHandle> grads;
  for (const Var& x : inputs) {
    saved.emplace_back(std::string(name) + ".input", x.value());
    grads.push_back(x.grad());
  }
  // A marker that requires a gradient keeps the node when only parameters inside f do.
  std::vector<Var> recorded_inputs(inputs.begin(), inputs.end());
  recorded_inputs.emplace_back(Tensor(), trains);
  return record(recorded_inputs, std::move(outputs),
                [f, saved, grads, kept](std::span<const Tensor> dy) {
                  kept->replaying = true;
                  kept->next = 0;
                  std::vector<Var> again;
                  for (size_t i = 0; i < saved.size(); ++i)
                    again.emplace_back(saved[i].get(), grads[i]->wanted());
                  Tape inner;
                  std::vector<Var> ys;
                  {
                    const KeptScope scope(kept.get());
                    ys = f(again);
                  }
                  inner.backward(ys, dy);
                  for (size_t i = 0; i < again.size(); ++i) grads[i]->add(again[i].grad()->take());
                });
}

}  // namespace hone
