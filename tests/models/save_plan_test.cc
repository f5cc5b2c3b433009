// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What backward keeps: no plan changes a bit, and each holds what it says.
#include "models/save_plan.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "autograd/ops/linear.h"
#include "autograd/ops/moe_route.h"
#include "autograd/tape.h"
#include "kernels/elementwise/elementwise.h"
#include "tensor/allocator.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"
#include "train/step.h"

namespace hone {
namespace {

using test::random_tensor;
using test::same_bits;
using test::tiny_config;

constexpr int64_t kRows = 150;

Batch some_batch() {
  const RandomStream random(3, "batch");
  std::vector<int64_t> ids;
  for (uint64_t i = 0; i < kRows; ++i) ids.push_back(random.bits(i) % 37u);
  return make_batch(ids, ids, std::vector<int32_t>{0, 5, 120, 121, kRows});
}

// Everything trains, or adapters with B that are not zero.
LoadedModel model_of(bool moe, bool lora, DType dtype) {
  LoadOptions o;
  o.model = "random:quickstart";
  o.config = tiny_config(moe);
  o.dtype = dtype;
  o.train_base = !lora;
  if (lora) {
    o.lora = LoraConfig{.r = 3, .alpha = 6, .all_linear = true};
    if (moe) o.lora->target_parameters = {"experts.gate_up_proj", "experts.down_proj"};
  }
  LoadedModel m = load_model(o);
  if (!lora) return m;
  copy_bytes(random_tensor(m.arena->master().shape(), DType::f32, "b", 0.3), m.arena->master());
  m.arena->refresh_shadow();
  return m;
}

struct Run {
  Tensor gradient;
  float loss;
};

Run run(const LoadedModel& m, const StepOptions& options) {
  const Batch batch = some_batch();
  m.arena->clear_gradients();
  const StepLosses losses =
      forward_backward(m, batch, Tensor::scalar(static_cast<float>(batch.labels)), options);
  m.arena->finish_gradients();
  return {kernels::contiguous(kernels::cast(m.arena->gradient(), DType::f64)),
          losses.cross_entropy.item<float>()};
}

TEST_CASE("save plan: the gradients have the same bits with and without it") {
  for (const bool moe : {false, true})
    for (const bool lora : {false, true})
      for (const DType dtype : {DType::f32, DType::bf16}) {
        CAPTURE(moe);
        CAPTURE(lora);
        CAPTURE(name_of(dtype));
        const LoadedModel m = model_of(moe, lora, dtype);
        const Tensor aux_weight = moe ? Tensor::scalar(0.1f) : Tensor();
        const Run kept = run(m, {.save_plan = false, .aux_weight = aux_weight});
        for (const bool recompute : {false, true}) {
          const Run planned =
              run(m, {.recompute = recompute, .save_plan = true, .aux_weight = aux_weight});
          CHECK(same_bits(planned.gradient, kept.gradient));
          CHECK(planned.loss == kept.loss);
        }
      }
}

TEST_CASE("save plan: the same for the text families, which holds less and changes no bit") {
  for (const char* family :
       {"llama", "qwen3", "qwen3_moe", "mixtral", "olmoe", "nemotron", "gemma3_text"}) {
    CAPTURE(std::string(family));
    LoadOptions o;
    o.model = test::golden_model(family);
    o.adapter = o.model + "/adapter";
    const LoadedModel m = load_model(o);
    const Run kept = run(m, {.save_plan = false});
    for (const bool recompute : {false, true}) {
      const Run planned = run(m, {.recompute = recompute, .save_plan = true});
      CHECK(same_bits(planned.gradient, kept.gradient));
      CHECK(planned.loss == kept.loss);
    }
  }
}

// Bytes that a forward pass under the plan leaves behind for backward, result included.
int64_t held_after_forward(const LoadedModel& m, const SavePlan& plan) {
  const Batch batch = some_batch();
  const SavePlanScope scope(plan);
  const nn::ForwardContext context = m.model->context(batch);
  const int64_t before = memory_stats(kCpu).live;
  const Tape tape;
  const DecoderOutput out = m.model->forward(batch, context, false);
  return memory_stats(kCpu).live - before;
}

// The table of models/save_plan.cc, in elements of a row.
int64_t saved_by_plan(const ModelConfig& c) {
  const DeltaNetConfig& d = c.delta_net;
  const int64_t keys = d.key_heads * d.key_dim, values = d.value_heads * d.value_dim;
  int64_t elements = 0;
  for (const LayerType layer : c.layers) {
    elements += 2 * c.hidden_size;                                      // both norms' outputs
    elements += c.is_moe() ? c.moe.shared_width : c.intermediate_size;  // SwiGLU's
    if (layer == LayerType::full_attention)
      elements += c.heads * c.head_dim + (c.heads + c.kv_heads) * c.head_dim;
    else
      elements += values + (2 * keys + values) + 2 * keys;
  }
  return elements;
}

TEST_CASE("save plan: a forward pass leaves less behind, by what the plan names") {
  for (const bool moe : {false, true})
    for (const DType dtype : {DType::f32, DType::bf16}) {
      CAPTURE(moe);
      const LoadedModel m = model_of(moe, /*lora=*/false, dtype);
      const int64_t kept = held_after_forward(m, {});
      const int64_t planned = held_after_forward(m, save_plan_of(m.config));
      CHECK(kept - planned == kRows * saved_by_plan(m.config) * size_of(dtype));
      CHECK(planned > 0);
    }
}

TEST_CASE("save plan: offload holds in host memory, where a CPU tensor is already") {
  const LoadedModel m = model_of(/*moe=*/true, /*lora=*/false, DType::f32);
  SavePlan offload = save_plan_of(m.config);
  for (auto& [name, policy] : offload) policy = SavePolicy::offload;
  CHECK(held_after_forward(m, offload) == held_after_forward(m, {}));
}

TEST_CASE("save plan: a frozen linear without LoRA saves nothing") {
  const Weight frozen(Var(random_tensor({6, 40}, DType::f32, "w")));
  for (const bool bias : {false, true}) {
    const Var b = bias ? Var(random_tensor({6}, DType::f32, "b")) : Var();
    Var x(random_tensor({50, 40}, DType::f32, "x"), true);
    const GradHandle gx = x.grad();
    const int64_t before = memory_stats(kCpu).live;
    Tape tape;
    const Var y = linear(x, frozen, nullptr, b);
    x = Var();  // its bytes go, as nothing else holds them
    CHECK(memory_stats(kCpu).live - before == y.value().nbytes() - 50 * 40 * 4);
    tape.backward(y, random_tensor({50, 6}, DType::f32, "dy"));
    CHECK(gx->value().shape() == Shape{50, 40});
  }
}

TEST_CASE("save plan: chosen experts and their weights are kept, whatever a plan says") {
  for (const bool renormalise : {false, true}) {
    const Var logits(random_tensor({20, 6}, DType::f32, "logits"), true);
    Tape tape;
    const SavePlan everything = {{"moe_route.logits", SavePolicy::recompute},
                                 {"moe_route.weights", SavePolicy::recompute},
                                 {"moe_route.ids", SavePolicy::recompute}};
    const SavePlanScope scope(everything);
    const MoeRoute route = moe_route(logits, 2, renormalise);
    CHECK(route.weights.recipe() == nullptr);
    CHECK(Saved("moe_route.weights", route.weights).bytes() == route.weights.value().nbytes());
    CHECK(Saved("moe_route.ids", Var(route.ids)).bytes() == route.ids.nbytes());
    // Backward uses the very ids: with other ones in their place the gradient is another.
    const Tensor dw = random_tensor({20, 2}, DType::f32, "dw");
    int32_t* id = route.ids.data<int32_t>();
    for (int64_t i = 0; i < route.ids.numel(); ++i) id[i] = static_cast<int32_t>(i % 2);
    tape.backward(route.weights, dw);
    const std::vector<float> g = logits.grad()->value().to_vector<float>();
    if (renormalise)
      for (size_t n = 0; n < 20; ++n) CHECK(g[6 * n + 5] == 0);
    CHECK(g[0] != 0);
  }
}

}  // namespace
}  // namespace hone
