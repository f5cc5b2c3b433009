// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How fast whole training steps are, beside what the machine's matrix products could do, and where
// the time goes.
//
//   bench_train [--device cpu|cuda] [--model NAME] [--mode full|lora|qlora] [--steps N]
//               [--threads N] [--gradient-checkpointing] [--json] [--save DIR] [--list]
//
// A step is forward, backward, clipping and AdamW over one packed batch of random tokens. The times
// are medians. % of product: the step's operations (matrix products, attention, delta rule) a
// second, as part of what a large matrix product reaches, measured first.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "data/safetensors_writer.h"
#include "kernels/core/parallel.h"
#include "models/save_model.h"
#include "tensor/allocator.h"
#include "tools/bench/measure.h"
#include "tools/bench/op_times.h"
#include "tools/bench/train_case.h"
#include "train/optimizer.h"
#include "train/step.h"

namespace hone::kernels::bench {
namespace {

constexpr double kLearningRate = 1e-4, kWeightDecay = 0.01, kMaxNorm = 1;
constexpr int kWarmUp = 3;  // the first step records allocations, the second makes the arena

struct Options {
  std::string device = "cpu", model, mode, save;
  int steps = 10;
  int threads = 0;
  bool recompute = false, json = false, list = false;
};

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app("Measures whole training steps.");
  app.add_option("--device", o.device, "cpu (default) or cuda: other models, see --list")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--model", o.model, "only this one of --list");
  app.add_option("--mode", o.mode, "only this one")
      ->check(CLI::IsMember({"full", "lora", "qlora"}));
  app.add_option("--steps", o.steps, "steps to time")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "default: the processors this process may use")
      ->check(CLI::Range(1, 4096));
  app.add_flag("--gradient-checkpointing", o.recompute,
               "layers run again in backward instead of keeping what they need");
  app.add_flag("--json", o.json, "one line of JSON per run instead of tables; no product is timed");
  app.add_option("--save", o.save,
                 "write the model (Hugging Face layout) and batch.safetensors into this folder, "
                 "measure nothing; needs --model");
  app.add_flag("--list", o.list, "name the runs, measure nothing");
  try {
    app.parse(argc, argv);
    if (!o.save.empty() && o.model.empty()) throw CLI::RequiredError("--model, with --save");
  } catch (const CLI::ParseError& e) {
    const bool help = app.exit(e) == 0;
    std::exit(help ? 0 : static_cast<int>(ErrorCode::kUsage));
  }
  return o;
}

// A model in training.
class Run {
 public:
  Run(const TrainModel& model, TrainMode mode)
      : model_(model),
        loaded_(load_model(load_options(model, mode))),
        step_options_{.recompute = model.recompute},
        optimizer_(*loaded_.arena, {.weight_decay = kWeightDecay, .max_grad_norm = kMaxNorm}),
        batch_(train_batch(model)),
        labels_(Tensor::scalar(static_cast<float>(batch_.labels), model.device)) {}
  ~Run() { release_step_arena(model_.device); }

  // Takes a step; returns its seconds.
  double step() {
    const auto start = std::chrono::steady_clock::now();
    const StepScope scope(model_.device, 1);
    loaded_.arena->clear_gradients();
    const StepLosses losses = forward_backward(loaded_, batch_, labels_, step_options_);
    loaded_.arena->finish_gradients();
    optimizer_.step(kLearningRate);
    losses_.push_back(losses.cross_entropy.item<float>());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  std::vector<OpTime> traced_step() {
    const LaunchTrace trace;
    step();
    return op_times(trace);
  }

  const std::vector<float>& losses() const { return losses_; }
  double flops() const { return step_flops(model_, loaded_); }
  int64_t tokens() const { return batch_.rows(); }
  int64_t trained() const { return loaded_.arena->parameters(); }

 private:
  TrainModel model_;
  LoadedModel loaded_;
  StepOptions step_options_;
  AdamW optimizer_;
  Batch batch_;
  Tensor labels_;
  std::vector<float> losses_;
};

double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<int64_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}

int64_t peak_resident_bytes() {
  struct rusage usage;
  check(getrusage(RUSAGE_SELF, &usage) == 0, "bench_train: getrusage failed");
  return int64_t{usage.ru_maxrss} << 10;
}

void print_json(const TrainModel& model, TrainMode mode, const Run& run, double seconds) {
  std::printf(
      "{\"model\": \"%s\", \"mode\": \"%s\", \"ms_per_step\": %.3f, \"tokens\": %lld, "
      "\"trained\": %lld, \"loss_first\": %.6f, \"loss_last\": %.6f, \"peak_bytes\": %lld}\n",
      model.name.c_str(), name_of(mode), seconds * 1e3, static_cast<long long>(run.tokens()),
      static_cast<long long>(run.trained()), run.losses().front(), run.losses().back(),
      static_cast<long long>(peak_resident_bytes()));
}

void print_ops(const std::vector<OpTime>& ops) {
  double total = 0;
  for (const OpTime& op : ops) total += op.seconds;
  std::printf("  %-32s %8s %9s %6s\n", "op", "launches", "ms", "%");
  for (const OpTime& op : ops)
    std::printf("  %-32s %8lld %9.2f %6.1f\n", op.op.c_str(), static_cast<long long>(op.launches),
                op.seconds * 1e3, op.seconds / total * 100);
}

void measure(const Options& o, const TrainModel& model, TrainMode mode,
             const std::optional<Roofs>& roofs) {
  reset_peak_memory(model.device);
  Run run(model, mode);
  for (int i = 0; i < kWarmUp; ++i) run.step();
  std::vector<double> times;
  for (int i = 0; i < o.steps; ++i) times.push_back(run.step());
  const double seconds = median(times);
  if (!roofs) return print_json(model, mode, run, seconds);
  const double rate = run.flops() / seconds;
  std::printf("%s, %s: %.2f ms/step, %.0f tok/s, %.1f GFLOP/s, %.1f %% of product, %.0f MB\n",
              model.name.c_str(), name_of(mode), seconds * 1e3,
              static_cast<double>(run.tokens()) / seconds, rate * 1e-9,
              rate / roofs->flops_per_second * 100,
              static_cast<double>(memory_stats(model.device).peak) * 1e-6);
  print_ops(run.traced_step());
  std::fflush(stdout);
}

void save(const Options& o, const TrainModel& model) {
  std::filesystem::create_directories(o.save);
  save_model(o.save, load_model(load_options(model, TrainMode::full)), "");
  const Tensor ids = Tensor::of(train_ids(model), {model.documents, model.tokens});
  write_safetensors(o.save + "/batch.safetensors", {named_bytes("input_ids", ids)});
}

std::vector<TrainModel> selected_models(const Options& o, Device device) {
  std::vector<TrainModel> models = train_models(device);
  if (o.recompute)
    for (TrainModel& m : models) m.recompute = true;
  if (o.model.empty()) return models;
  std::string names;
  for (const TrainModel& m : models) names += " " + m.name;
  std::erase_if(models, [&](const TrainModel& m) { return m.name != o.model; });
  if (models.empty())
    fail(ErrorCode::kUsage, "--model ", o.model, ": there is none of that name; there are", names);
  return models;
}

void run(const Options& o) {
  if (o.threads > 0) set_num_threads(o.threads);
  const bool cuda = o.device == "cuda";
  const Device device{cuda ? DeviceType::cuda : DeviceType::cpu, 0};
  std::optional<Roofs> roofs;
  if (!o.json && !o.list && o.save.empty()) {
    roofs = measure_roofs(device, DType::bf16);
    std::printf("%s product: %.1f GFLOP/s (%s)\n", cuda ? "bfloat16" : "float32",
                roofs->flops_per_second * 1e-9, device_text(device).c_str());
  }
  for (const TrainModel& model : selected_models(o, device)) {
    if (!o.save.empty()) return save(o, model);
    for (const TrainMode mode : model.modes) {
      if (!o.mode.empty() && name_of(mode) != o.mode) continue;
      if (o.list)
        std::printf("%s %s\n", model.name.c_str(), name_of(mode));
      else
        measure(o, model, mode, roofs);
    }
  }
}

}  // namespace
}  // namespace hone::kernels::bench

int main(int argc, char** argv) {
  try {
    hone::kernels::bench::run(hone::kernels::bench::parse(argc, argv));
  } catch (const hone::Error& e) {
    std::fprintf(stderr, "bench_train: %s\n", e.what());
    return static_cast<int>(e.code());
  }
}
