// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs a model over given tokens and writes logits, loss and gradients: what golden files compare.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "autograd/tape.h"
#include "data/safetensors.h"
#include "data/safetensors_writer.h"
#include "kernels/elementwise/elementwise.h"
#include "models/load_model.h"
#include "models/peft.h"
#include "models/weights.h"
#include "tensor/gpu.h"
#include "tools/evaluate_batch.h"
#include "tools/tool_main.h"
#include "tools/unknown_option.h"
#include "train/optimizer.h"
#include "train/step.h"

namespace hone {
namespace {

struct Options {
  std::string model, adapter, batch, out, routing;
  std::string device = "cpu", dtype = "float32", load_in_4bit;
  bool grads = false;
  int64_t train_steps = 0;
  double lr = 1e-3, weight_decay = 0, centre = 0;
};

// Collects tensors and writes them in one file: f32, or f64 for a f64 model.
class Results {
 public:
  explicit Results(DType dtype) : dtype_(dtype) {}
  void add(const std::string& name, const Tensor& t) {
    const Tensor host = t.to(kCpu);
    const bool half = host.dtype() == DType::bf16;
    tensors_.emplace_back(name, half ? kernels::cast(host, DType::f32) : host);
  }
  void add(const std::string& name, double value) {
    add(name, kernels::cast(Tensor::of(std::vector<double>{value}, {1}), dtype_));
  }
  void write(const std::string& path) const {
    std::vector<NamedBytes> named;
    for (const auto& [name, t] : tensors_) named.push_back(named_bytes(name, t));
    write_safetensors(path, named);
  }

 private:
  DType dtype_;
  std::vector<std::pair<std::string, Tensor>> tensors_;
};

Device device_of(const LoadedModel& m) { return m.parameters.front().var.device(); }

std::vector<Tensor> read_routing(const Options& o, const LoadedModel& m, int64_t rows) {
  std::vector<Tensor> replay;
  if (o.routing.empty()) return replay;
  if (!m.config.is_moe()) fail(ErrorCode::kUsage, "--routing: ", o.model, " has no experts");
  const SafetensorsFile file = SafetensorsFile::open(o.routing);
  const Shape shape{rows, m.config.moe.experts_per_token};
  for (int64_t layer = 0; m.config.is_moe() && layer < m.config.num_layers(); ++layer) {
    const std::string name = "routing." + std::to_string(layer);
    if (!file.contains(name) || file.info(name).shape != shape)
      fail(ErrorCode::kDataset, o.routing, ": tensor ", name, " of shape ", shape.str(),
           " is missing; it must come from evaluate on the same batch and model");
    const std::vector<int64_t> ids = integers(file, name);
    for (const int64_t id : ids)
      if (id < 0 || id >= m.config.moe.experts)
        fail(ErrorCode::kDataset, o.routing, ": tensor ", name, " names expert ", id, " of ",
             m.config.moe.experts);
    replay.push_back(Tensor::of(std::vector<int32_t>(ids.begin(), ids.end()), shape, device_of(m)));
  }
  return replay;
}

// The dtype that this model's losses are summed in.
DType sum_dtype(const LoadedModel& m) {
  return kernels::accumulator_dtype(m.parameters.front().var.dtype());  // of the embedding
}

Tensor count(const LoadedModel& m, int64_t labels) {
  return kernels::cast(Tensor::scalar(static_cast<double>(labels)), sum_dtype(m)).to(device_of(m));
}

double value_of(const Tensor& scalar) {
  return kernels::cast(scalar.to(kCpu), DType::f64).item<double>();
}

// Rows of one document as a batch of their own view of the loss: its mean cross entropy.
double last_sequence_loss(const LoadedModel& m, const DecoderOutput& out, const Batch& batch,
                          int64_t begin) {
  const Tensor targets = batch.targets.rows(begin, batch.rows());
  int64_t labels = 0;
  for (const int64_t t : targets.to_vector<int64_t>()) labels += t != kIgnoreLabel;
  DecoderOutput last;
  last.hidden = Var(out.hidden.value().rows(begin, batch.rows()));
  Batch rows = batch;
  rows.targets = targets;
  return value_of(m.model->loss(last, rows, count(m, labels)).value());
}

// The share of tokens whose label is the likeliest, or of pairs whose first answer scores higher.
double accuracy_of(const Tensor& answers, const EvaluateBatch& input) {
  const Tensor y = kernels::cast(answers, DType::f64);
  const double* at = y.data<double>();
  const int64_t labels = y.dim(1);
  double right = 0;
  if (labels == 1) {
    for (int64_t p = 0; p < input.items; ++p) right += at[2 * p] > at[2 * p + 1];
    return right / static_cast<double>(input.items);
  }
  const std::vector<int64_t> targets = input.batch.targets.to(kCpu).to_vector<int64_t>();
  for (size_t n = 0; n < targets.size(); ++n, at += labels)
    right += targets[n] != kIgnoreLabel && std::max_element(at, at + labels) - at == targets[n];
  return right / static_cast<double>(input.items);
}

// What the head says of tokens or of documents: logits, and accuracy where there is a truth.
void write_answers(const LoadedModel& m, const EvaluateBatch& input, const Tensor& hidden,
                   Results& results) {
  const LabelHead* head = m.model->label_head();
  if (head == nullptr) {
    results.add("logits", m.model->logits(hidden));
    return;
  }
  const Tensor answers = head->answers(hidden, input.batch);
  results.add("logits", answers.view({answers.numel()}));
  if (input.has_labels && input.items > 0) results.add("accuracy", accuracy_of(answers, input));
}

// Logits, loss, auxiliary loss and routing of a forward pass.
void write_forward(const LoadedModel& m, const EvaluateBatch& input,
                   const std::vector<Tensor>& replay, Results& results) {
  const NoGrad no_grad;
  const Batch& batch = input.batch;
  nn::ForwardContext context = m.model->context(batch);
  context.replay_ids = replay;
  const DecoderOutput out = m.model->forward(batch, context, false);
  write_answers(m, input, out.hidden.value(), results);
  if (batch.vision.defined()) {
    results.add("image_features", m.model->image_features(batch, context, false).value());
    const std::vector<int32_t> positions = batch.positions.to_vector<int32_t>();
    results.add("position_ids", Tensor::of(std::vector<int64_t>(positions.begin(), positions.end()),
                                           {3, 1, batch.rows()}));
  }
  for (size_t layer = 0; layer < out.router_ids.size(); ++layer)
    results.add("routing." + std::to_string(layer), out.router_ids[layer]);
  if (!input.has_labels) return;
  const Tensor loss = m.model->loss(out, batch, count(m, input.items)).value();
  results.add("loss", value_of(loss));
  if (!m.config.is_moe() || m.config.head.has_labels()) return;
  const int64_t documents = batch.cu_seqlens.numel() - 1;
  const int64_t begin = batch.cu_seqlens.to(kCpu).data<int32_t>()[documents - 1];
  const std::vector<int32_t> last{static_cast<int32_t>(begin), static_cast<int32_t>(batch.rows())};
  const double aux = value_of(m.model->aux_loss(out, Tensor::of(last, {2}, device_of(m))).value());
  results.add("last_seq.aux_loss", aux);
  results.add("last_seq.loss_with_aux",
              last_sequence_loss(m, out, batch, begin) + m.config.moe.aux_loss_coef * aux);
}

void write_gradients(const LoadedModel& m, Results& results) {
  std::vector<std::string> names;
  for (const auto& slot : m.arena->slots()) names.push_back(slot.name);
  const PeftLayout layout(names, m.config.name_infix);
  for (const auto& slot : m.arena->slots()) {
    const Tensor g = nn::ParameterArena::slice(m.arena->gradient(), slot);
    // A copy: --train-steps will overwrite the arena.
    const Tensor own = kernels::cast(g, g.dtype()).to(kCpu);
    if (!m.lora) {
      // As transformers names it: of the text model alone, or of the one with images.
      results.add(
          "grad." + (m.config.vision ? module_name(slot.name, m.config.name_infix) : slot.name),
          own);
      continue;
    }
    const PeftTensor peft = layout.to_peft(slot.name, own);
    results.add("grad.base_model.model." + peft.key, peft.value);
  }
}

double full_batch_gradients(const LoadedModel& m, const EvaluateBatch& input,
                            const std::vector<Tensor>& replay) {
  m.arena->clear_gradients();
  StepOptions options;
  options.replay_ids = replay;
  if (m.config.moe.aux_loss && !m.config.head.has_labels())
    options.aux_weight =
        kernels::cast(Tensor::scalar(m.config.moe.aux_loss_coef), sum_dtype(m)).to(device_of(m));
  const StepLosses losses = forward_backward(m, input.batch, count(m, input.items), options);
  m.arena->finish_gradients();
  return value_of(losses.cross_entropy);
}

void train(const Options& o, const LoadedModel& m, const EvaluateBatch& input,
           const std::vector<Tensor>& replay, Results& results) {
  AdamW adamw(*m.arena, {.weight_decay = o.weight_decay});
  std::vector<double> losses;
  for (int64_t step = 0; step < o.train_steps; ++step) {
    losses.push_back(full_batch_gradients(m, input, replay));
    const double norm = adamw.step(o.lr);
    if (!std::isfinite(losses.back()) || !std::isfinite(norm))
      fail(ErrorCode::kNonFinite, "--train-steps: at step ", step + 1, " the loss is ",
           losses.back(), " and the norm of the gradients ", norm, "; try a smaller --lr than ",
           o.lr);
  }
  results.add("losses", kernels::cast(Tensor::of(losses, {o.train_steps}), sum_dtype(m)));
}

// The output must not replace a file that the model, adapter, batch or routing came from.
void refuse_overwriting_input(const Options& o) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path out(o.out);
  std::vector<fs::path> inputs = {o.batch, o.routing, fs::path(o.model) / out.filename()};
  if (!o.adapter.empty()) inputs.push_back(fs::path(o.adapter) / out.filename());
  for (const fs::path& input : inputs)
    if (fs::equivalent(out, input, ignored))
      fail(ErrorCode::kUsage, "--out ", o.out, " is an input of this run; choose another file");
}

LoadedModel load(const Options& o) {
  LoadOptions load;
  load.model = o.model;
  load.adapter = o.adapter;
  if (o.device == "cuda") load.device = {DeviceType::cuda, 0};
  load.train_base = o.adapter.empty() && (o.grads || o.train_steps > 0);
  load.vision = has_images(o.batch);
  load.dtype = o.dtype == "float32" ? DType::f32 : o.dtype == "bfloat16" ? DType::bf16 : DType::f64;
  if (!o.load_in_4bit.empty())
    load.quantise = o.load_in_4bit == "nf4" ? QuantType::nf4 : QuantType::fp4;
  if (load.quantise && load.train_base)
    fail(ErrorCode::kUsage, "--load-in-4bit with --grads or --train-steps needs --adapter: ",
         "4-bit weights do not train");
  if (o.centre != 0) {
    load.config = load_model_config(o.model);
    if (!scores_answers(*load.config))
      fail(ErrorCode::kUsage, "--center-rewards-coefficient: ", o.model, " is no reward model");
    load.config->head.centre = o.centre;
  }
  return load_model(load);
}

int run(const Options& o) {
  if (o.device == "cuda" && gpu_count() == 0)
    fail(ErrorCode::kDevice, "--device cuda: ", why_no_gpu(), "; use cpu");
  refuse_overwriting_input(o);
  const LoadedModel m = load(o);
  if (!m.note.empty()) std::fprintf(stderr, "%s\n", m.note.c_str());
  EvaluateBatch input = read_evaluate_batch(o.batch, m.config, sum_dtype(m));
  if (m.config.vision) read_images(o.batch, m.config, input.batch);
  input.batch = input.batch.to(device_of(m));
  const bool backward = o.grads || o.train_steps > 0;
  if (backward && (!input.has_labels || input.items == 0))
    fail(ErrorCode::kDataset, o.batch,
         scores_answers(m.config)
             ? ": no pairs of documents; --grads and --train-steps need an even number of them"
             : ": no labels that count; --grads and --train-steps need them");
  const std::vector<Tensor> replay = read_routing(o, m, input.batch.rows());

  Results results(sum_dtype(m));
  write_forward(m, input, replay, results);
  if (o.grads) {
    full_batch_gradients(m, input, replay);
    write_gradients(m, results);
  }
  if (o.train_steps > 0) train(o, m, input, replay, results);
  results.write(o.out);
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Options o;
  CLI::App app{"Runs a model over given tokens and writes logits, loss, routing and gradients."};
  app.add_option("--model", o.model, "model directory, or random:<preset>")->required();
  app.add_option("--batch", o.batch,
                 "safetensors file with input_ids, optional labels (-100: ignored), cu_seqlens and "
                 "margins, and images as pixel_values with image_grid_thw")
      ->required();
  app.add_option("--out", o.out, "safetensors file to write")->required();
  app.add_option("--adapter", o.adapter, "PEFT adapter directory to attach");
  app.add_flag("--grads", o.grads, "write grad.<name> of every trainable parameter");
  app.add_option("--train-steps", o.train_steps, "full-batch AdamW steps; writes losses")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40));
  app.add_option("--lr", o.lr, "learning rate of --train-steps")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--weight-decay", o.weight_decay, "weight decay of --train-steps")
      ->capture_default_str();
  app.add_option("--center-rewards-coefficient", o.centre,
                 "of a reward model's loss: weight of the squared sums of a pair's scores")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--routing", o.routing, "replay routing.<layer> of such a file");
  app.add_option("--device", o.device, "cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--dtype", o.dtype, "of weights and activations; float64 is for checks")
      ->check(CLI::IsMember({"float32", "bfloat16", "float64"}))
      ->capture_default_str();
  app.add_option("--load-in-4bit", o.load_in_4bit, "quantise frozen weights")
      ->check(CLI::IsMember({"nf4", "fp4"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return finish_parsing(app, e);
  }
  return run(o);
}

}  // namespace
}  // namespace hone

int main(int argc, char** argv) { return hone::tool_main(argc, argv, hone::parse_and_run); }
