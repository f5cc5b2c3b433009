// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Whole models: gradients against differences, documents that do not see each other, recomputation
// and threads that change no bit.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "autograd/saved.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "models/lora_config.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "train/step.h"

namespace hone {
namespace {

using test::build;
using test::rel_err;
using test::same_bits;
using test::tiny_config;

// Documents of the given lengths with pseudo-random tokens; every label counts.
Batch documents(const std::vector<int32_t>& lengths, int64_t vocab, uint32_t salt = 0) {
  std::vector<int64_t> ids;
  std::vector<int32_t> cu_seqlens{0};
  for (const int32_t n : lengths) {
    const RandomStream random(salt, "document of " + std::to_string(n));
    for (int32_t i = 0; i < n; ++i)
      ids.push_back(random.bits(static_cast<uint64_t>(i)) % static_cast<uint32_t>(vocab));
    cu_seqlens.push_back(cu_seqlens.back() + n);
  }
  return make_batch(ids, ids, cu_seqlens);
}

// A number of labels as the loss takes it.
Tensor count(const Batch& batch, DType dtype) {
  return kernels::cast(Tensor::scalar(static_cast<double>(batch.labels)),
                       kernels::accumulator_dtype(dtype));
}

double loss_of(const LoadedModel& m, const Batch& batch, bool aux) {
  const NoGrad no_grad;
  const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
  double loss = m.model->loss(out, batch, count(batch, DType::f64)).value().item<double>();
  if (aux) loss += m.config.moe.aux_loss_coef * m.model->aux_loss(out, {}).value().item<double>();
  return loss;
}

nn::BuildOptions with_lora(nn::BuildOptions options, const std::shared_ptr<LoraTargets>& targets) {
  targets->install(options);
  return options;
}

LoraConfig lora_everywhere(bool moe) {
  LoraConfig c;
  c.r = 3;
  c.alpha = 6;
  c.all_linear = true;
  if (moe)
    c.target_parameters = {"mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.gate.weight"};
  return c;
}

// B starts at zero, which would hide A's gradient.
Tensor nonzero_b(const nn::WeightRequest& r) {
  return r.name.find("lora_B") == std::string::npos
             ? Tensor()
             : nn::initial_value(r.shape, nn::Init::normal(0.3), 11, r.name);
}

// d loss / d (each parameter tensor), along one random direction each, against a difference in f64.
void check_gradients(const LoadedModel& m, const Batch& batch, bool aux, bool recompute) {
  m.arena->clear_gradients();
  forward_backward(m, batch, count(batch, DType::f64),
                   {.recompute = recompute,
                    .aux_weight = aux ? Tensor::scalar(m.config.moe.aux_loss_coef) : Tensor()});
  m.arena->finish_gradients();
  for (const auto& slot : m.arena->slots()) {
    CAPTURE(slot.name);
    const Tensor p = nn::ParameterArena::slice(m.arena->master(), slot);
    const Tensor g = nn::ParameterArena::slice(m.arena->gradient(), slot);
    const RandomStream random(5, slot.name);
    const int64_t n = p.numel();
    std::vector<double> before = p.to_vector<double>(), direction;
    double along = 0;
    for (int64_t i = 0; i < n; ++i) {
      direction.push_back(random.normal(static_cast<uint64_t>(i)));
      along += direction.back() * g.data<double>()[i];
    }
    const double h = 1e-6;
    double difference = 0;
    for (const double sign : {1.0, -1.0}) {
      for (size_t i = 0; i < before.size(); ++i)
        p.data<double>()[i] = before[i] + sign * h * direction[i];
      difference += sign * loss_of(m, batch, aux) / (2 * h);
    }
    std::copy(before.begin(), before.end(), p.data<double>());
    CHECK(std::abs(along - difference) <= 1e-6 * std::max(0.01, std::abs(difference)));
  }
}

TEST_CASE("model: gradients of all parameters of a dense and a MoE hybrid, in f64") {
  for (const bool moe : {false, true})
    for (const bool recompute : {false, true}) {
      CAPTURE(moe);
      const LoadedModel m =
          build(tiny_config(moe), {.dtype = DType::f64, .train_base = true}, nullptr);
      check_gradients(m, documents({9, 1, 5}, 37), moe, recompute);
    }
}

TEST_CASE("model: gradients of adapters everywhere, over dense and 4-bit weights, in f64") {
  const auto targets = std::make_shared<LoraTargets>(lora_everywhere(true));
  for (const auto& quantise : {std::optional<QuantType>(), std::optional(QuantType::nf4)}) {
    const nn::BuildOptions options{.dtype = DType::f64, .quantise = quantise};
    check_gradients(build(tiny_config(true), with_lora(options, targets), nonzero_b),
                    documents({9, 1, 5}, 37), false, true);
  }
}

// All gradients of one accumulated step over `rows`.
Tensor gradients(const LoadedModel& m, const std::vector<Batch>& rows, bool recompute = false,
                 bool save_plan = true) {
  Batch all;
  for (const Batch& b : rows) all.labels += b.labels;
  const Tensor labels = count(all, DType::f32);
  m.arena->clear_gradients();
  for (const Batch& b : rows)
    forward_backward(m, b, labels, {.recompute = recompute, .save_plan = save_plan});
  m.arena->finish_gradients();
  return kernels::cast(m.arena->gradient(), m.arena->gradient().dtype());
}

TEST_CASE("model: packed equals unpacked, also with slow decay where a leak shows") {
  for (const bool moe : {false, true}) {
    // With A_log = -3 the state loses 5 % a token: a third of it is left 20 tokens later.
    const auto slow = [](const nn::WeightRequest& r) {
      if (!r.name.ends_with("A_log")) return Tensor();
      Tensor t = Tensor::empty(r.shape, DType::f32);
      kernels::fill(t, -3);
      return t;
    };
    const LoadedModel m = build(tiny_config(moe), {.train_base = true}, slow);
    const std::vector<int32_t> lengths{1, 63, 70, 2, 130};
    std::vector<Batch> alone;
    for (const int32_t n : lengths) alone.push_back(documents({n}, 37));
    const Tensor packed = gradients(m, {documents(lengths, 37)});
    const Tensor separate = gradients(m, alone);
    for (const auto& slot : m.arena->slots()) {
      CAPTURE(slot.name);
      CHECK(rel_err(nn::ParameterArena::slice(packed, slot),
                    nn::ParameterArena::slice(separate, slot)) < 1e-6);
    }
  }
}

TEST_CASE("model: recomputation, threads and repetition change no bit") {
  const auto targets = std::make_shared<LoraTargets>(lora_everywhere(true));
  const LoadedModel m =
      build(tiny_config(true), with_lora({.quantise = QuantType::nf4}, targets), nonzero_b);
  const std::vector<Batch> rows{documents({40, 90}, 37)};
  const Tensor reference = gradients(m, rows);
  CHECK(same_bits(gradients(m, rows), reference));
  CHECK(same_bits(gradients(m, rows, /*recompute=*/true), reference));
  const int threads = kernels::num_threads();
  for (const int n : {1, 2, 3}) {
    kernels::set_num_threads(n);
    CHECK(same_bits(gradients(m, rows), reference));
  }
  kernels::set_num_threads(threads);
}

TEST_CASE("model: a save plan trades memory for recomputation and changes no bit") {
  const LoadedModel m = build(tiny_config(false), {.train_base = true});
  const std::vector<Batch> rows{documents({40, 90}, 37)};
  const auto peak = [&](const SavePlan& plan, Tensor& result) {
    const SavePlanScope scope(plan);
    reset_peak_memory(kCpu);
    const int64_t before = memory_stats(kCpu).live;
    result = gradients(m, rows, /*recompute=*/false, /*save_plan=*/false);
    return memory_stats(kCpu).peak - before;
  };
  Tensor kept, recomputed, offloaded;
  const int64_t bytes = peak({}, kept);
  // Inputs of linears that follow a norm, a gate or SwiGLU are made again.
  CHECK(peak({{"linear.x", SavePolicy::recompute}}, recomputed) < bytes);
  CHECK(same_bits(recomputed, kept));
  peak({{"linear.x", SavePolicy::offload}}, offloaded);
  CHECK(same_bits(offloaded, kept));
}

TEST_CASE("model: a description on the meta device has the same parameters and allocates nothing") {
  LoadOptions options;
  options.model = "random:Qwen3.5-397B-A17B";
  options.dtype = DType::bf16;
  options.quantise = QuantType::nf4;
  options.lora = lora_everywhere(true);
  const int64_t before = memory_stats(kCpu).live;
  const LoadedModel m = describe_model(options);
  CHECK(memory_stats(kCpu).live == before);
  int64_t base = 0, bytes = 0;
  for (const nn::Parameter& p : m.parameters) {
    if (p.trainable) continue;
    base += p.shape.numel();
    bytes += p.bytes;
  }
  CHECK(base > 390'000'000'000);
  CHECK(base < 400'000'000'000);
  CHECK(bytes < 0.55 * static_cast<double>(base));  // about 4.13 bits each
}

// Names within a layer of the parameters that are 4-bit, and of all others.
struct Quantised {
  std::set<std::string> yes, no;
};
Quantised quantised(const ModelConfig& config) {
  nn::Builder meta = nn::Builder::meta({.quantise = QuantType::nf4});
  const CausalLm model(meta, config);
  Quantised names;
  for (const nn::Parameter& p : meta.parameters()) {
    const std::string layers = "model.layers.";
    std::string name = p.name;
    if (name.starts_with(layers)) name = name.substr(name.find('.', layers.size()) + 1);
    (p.quantised ? names.yes : names.no).insert(name);
  }
  return names;
}

TEST_CASE("model: 4-bit are the linears and expert stacks, nothing else") {
  const std::set<std::string> mixers = {
      "linear_attn.in_proj_qkv.weight", "linear_attn.in_proj_z.weight",
      "linear_attn.out_proj.weight",    "self_attn.q_proj.weight",
      "self_attn.k_proj.weight",        "self_attn.v_proj.weight",
      "self_attn.o_proj.weight"};
  std::set<std::string> dense = mixers, moe = mixers;
  dense.insert({"mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight"});
  moe.insert({"mlp.experts.gate_up_proj", "mlp.experts.down_proj",
              "mlp.shared_expert.gate_proj.weight", "mlp.shared_expert.up_proj.weight",
              "mlp.shared_expert.down_proj.weight", "mlp.shared_expert_gate.weight"});
  for (const bool is_moe : {false, true}) {
    CAPTURE(is_moe);
    const Quantised found = quantised(tiny_config(is_moe));
    const std::set<std::string>& expected = is_moe ? moe : dense;
    CHECK(found.yes == expected);
    for (const std::string& name : expected) CHECK_FALSE(found.no.contains(name));
  }
}

TEST_CASE("model: dropout acts in training alone") {
  const Batch batch = documents({9, 1, 5}, 37);
  const auto hidden = [&](double dropout, bool training) {
    LoraConfig config = lora_everywhere(false);
    config.dropout = dropout;
    const auto targets = std::make_shared<LoraTargets>(config);
    const LoadedModel m = build(tiny_config(true), with_lora({}, targets), nonzero_b);
    nn::ForwardContext context = m.model->context(batch);
    context.training = training;
    context.seed_and_pass = Tensor::zeros({2}, DType::i64);
    const NoGrad no_grad;
    return m.model->forward(batch, context, false).hidden.value();
  };
  const Tensor plain = hidden(0, false);
  CHECK(same_bits(hidden(0.5, false), plain));
  CHECK(same_bits(hidden(0, true), plain));
  CHECK(rel_err(hidden(0.5, true), plain) > 1e-2);
}

// Of a size and an epsilon that do not amplify rounding: where a delta net's output is nearly zero,
// its norm multiplies the error by 1 / rms, and gradients of tiny_config() are then noise.
ModelConfig well_conditioned(bool moe) {
  ModelConfig c = tiny_config(moe);
  c.norm_eps = 0.1;
  c.hidden_size = 48;
  c.initializer_range = 0.15;
  c.delta_net.key_dim = c.delta_net.value_dim = 16;
  return c;
}

// A rounding to bf16 is an error of up to 0.004, and there are some dozens one after another: 0.017
// in norm for the worst tensor. A flipped sign gives 2, a term that is left out about 1.
TEST_CASE("D9: gradients of a bf16 step stay near those of f64 with the same weights") {
  const auto rounded = [](const nn::WeightRequest& r) {
    const Tensor fresh = nn::initial_value(r.shape, r.init, 7, r.name);
    return kernels::cast(kernels::cast(fresh, DType::bf16), DType::f32);
  };
  const Batch batch = documents({9, 30, 1, 24}, 37);
  for (const bool moe : {false, true}) {
    CAPTURE(moe);
    const ModelConfig config = well_conditioned(moe);
    const LoadedModel narrow = build(config, {.dtype = DType::bf16, .train_base = true}, rounded);
    const LoadedModel wide = build(config, {.dtype = DType::f64, .train_base = true}, rounded);
    StepOptions options;
    {  // both take the experts that f64 chooses: a tie that rounding breaks is no error
      const NoGrad no_grad;
      options.replay_ids = wide.model->forward(batch, wide.model->context(batch), false).router_ids;
    }
    for (const LoadedModel* m : {&narrow, &wide}) {
      m->arena->clear_gradients();
      forward_backward(*m, batch, count(batch, m == &wide ? DType::f64 : DType::f32), options);
      m->arena->finish_gradients();
    }
    for (const auto& slot : wide.arena->slots()) {
      CAPTURE(slot.name);
      const double error = rel_err(
          nn::ParameterArena::slice(narrow.arena->gradient(), narrow.arena->slot(slot.name)),
          nn::ParameterArena::slice(wide.arena->gradient(), slot));
      CHECK(error < 0.05);
      CHECK(error > 1e-4);  // it was bf16
    }
  }
}

}  // namespace
}  // namespace hone
