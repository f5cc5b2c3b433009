// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The training loop that README.md shows, between the two marks, as a program.
#include <cstdio>

#include "data/tokenizer.h"
#include "models/load_model.h"
#include "train/optimizer.h"
#include "train/step.h"

// [README.md
int main() {
  const auto tokens = hone::Tokenizer::load("data/quickstart").encode("She sells sea shells.");
  const std::vector<int64_t> ids(tokens.begin(), tokens.end());
  const hone::Batch batch = hone::make_batch(ids, ids, {{0, static_cast<int32_t>(ids.size())}});
  const hone::Tensor labels = hone::Tensor::scalar(static_cast<float>(batch.labels));
  auto model = hone::load_model({.model = "random:quickstart", .train_base = true});
  hone::AdamW optimizer(*model.arena, {.weight_decay = 0.01});
  for (int step = 1; step <= 20; ++step) {
    model.arena->clear_gradients();
    const hone::StepLosses losses = hone::forward_backward(model, batch, labels, {});
    model.arena->finish_gradients();
    optimizer.step(/*learning_rate=*/1e-3);
    std::printf("step %2d  loss %.4f\n", step, losses.cross_entropy.item<float>());
  }
}
// README.md]
