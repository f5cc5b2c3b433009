// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/evaluator.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "tests/train/random_dataset.h"
#include "train/trainer.h"

namespace hone {
namespace {

const std::vector<int64_t> kLengths = {7, 12, 3, 20, 9, 16, 2, 11, 30, 4};

LoadedModel tiny_moe(double dropout = 0) {
  LoadOptions options;
  options.model = "random:quickstart";
  options.config = test::tiny_config(/*moe=*/true);
  options.seed = 5;
  options.lora = LoraConfig{.r = 3, .alpha = 6, .dropout = dropout, .all_linear = true};
  LoadedModel model = load_model(options);
  // LoRA's B starts at 0, where dropout would change nothing.
  copy_bytes(test::random_tensor(model.arena->master().shape(), DType::f32, "b", 0.3),
             model.arena->master());
  return model;
}

EvaluatorSettings rows(int64_t batch, bool packing = false) {
  return {.sequence_len = 96, .packing = packing, .batch_size = batch};
}

// From the logits, label by label, in double.
double mean_cross_entropy(const LoadedModel& m, const Dataset& dataset) {
  const NoGrad no_grad;
  double sum = 0;
  int64_t labels = 0;
  for (int64_t e = 0; e < dataset.size(); ++e) {
    const TokenRow row = dataset.example(e);
    const std::vector<int64_t> ids(row.ids.begin(), row.ids.end());
    const Batch batch =
        make_batch(ids, {}, std::vector<int32_t>{0, static_cast<int32_t>(ids.size())});
    const Tensor logits = kernels::cast(
        m.model->logits(m.model->forward(batch, m.model->context(batch), false).hidden.value()),
        DType::f64);
    for (size_t t = 1; t < ids.size(); ++t) {
      if (!row.is_label[t]) continue;
      const double* z = logits.data<double>() + static_cast<int64_t>(t - 1) * logits.dim(1);
      double total = 0;
      for (int64_t v = 0; v < logits.dim(1); ++v) total += std::exp(z[v]);
      sum += std::log(total) - z[ids[t]];
      ++labels;
    }
  }
  return sum / static_cast<double>(labels);
}

TEST_CASE("evaluator: the mean over all labels, however the rows are batched") {
  const LoadedModel model = tiny_moe(/*dropout=*/0.5);
  const Dataset dataset = test::random_dataset(kLengths, 37);
  const double want = mean_cross_entropy(model, dataset);
  for (const EvaluatorSettings& settings :
       {rows(1), rows(3), rows(10), rows(64), rows(1, true), rows(2, true)}) {
    Evaluator evaluator(model, dataset, settings);
    const Evaluation e = evaluator.run().value();
    CHECK(e.loss == doctest::Approx(want).epsilon(1e-6));
    CHECK(e.perplexity() == std::exp(e.loss));
    CHECK(e.labels == dataset.total_labels());
    CHECK(e.tokens == dataset.tokens());
    CHECK(e.seconds > 0);
    CHECK(evaluator.run()->loss == e.loss);  // the same bits again
  }
}

TEST_CASE("evaluator: the same bits on any number of threads") {
  const LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  std::vector<double> losses;
  for (const int threads : {1, 2}) {
    kernels::set_num_threads(threads);
    losses.push_back(Evaluator(model, dataset, rows(2)).run()->loss);
  }
  CHECK(losses[0] == losses[1]);
}

TEST_CASE("evaluator: training has the same bits with and without it") {
  std::vector<Tensor> weights;
  std::vector<double> losses;
  for (const bool evaluate : {false, true}) {
    LoadedModel model = tiny_moe(/*dropout=*/0.3);
    const Dataset training = test::random_dataset(kLengths, 37);
    const Dataset held_out = test::random_dataset({5, 40, 8}, 37);
    Sampler sampler(training.lengths(), {.sequence_len = 96,
                                         .packing = true,
                                         .micro_batch_size = 1,
                                         .accumulation_steps = 2,
                                         .seed = 1});
    TrainerSettings settings;
    settings.learning_rate = {.peak = 1e-2, .total_steps = 6};
    settings.seed = 3;
    Trainer trainer(model, training, sampler, settings);
    Evaluator evaluator(model, held_out, rows(2));
    for (int step = 0; step < 6; ++step) {
      const double loss = trainer.step().loss;
      if (evaluate) {
        CHECK(std::isfinite(evaluator.run()->loss));
        CHECK(loss == losses[static_cast<size_t>(step)]);
      } else {
        losses.push_back(loss);
      }
    }
    weights.push_back(kernels::cast(model.arena->master(), DType::f32));
  }
  CHECK(test::same_bits(weights[0], weights[1]));
}

TEST_CASE("evaluator: gives up when asked to") {
  const LoadedModel model = tiny_moe();
  const Dataset dataset = test::random_dataset(kLengths, 37);
  EvaluatorSettings settings = rows(2);
  int asked = 0;
  settings.stop_requested = [&] { return ++asked == 3; };
  CHECK(!Evaluator(model, dataset, settings).run());
  CHECK(asked == 3);
}

}  // namespace
}  // namespace hone
