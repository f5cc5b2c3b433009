// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A training step can be captured as a graph and replayed with other tokens: what it launches and
// allocates does not depend on them, and until the update is done the host looks at nothing that the
// device made. The last is seen by running the step on the meta device, where no
// value exists: a look at one throws or crashes.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "autograd/tape.h"
#include "kernels/core/launch_trace.h"
#include "kernels/elementwise/elementwise.h"
#include "tensor/step_record.h"
#include "tests/models/tiny_model.h"
#include "tests/support/compare.h"
#include "train/optimizer.h"
#include "train/step.h"

namespace hone {
namespace {

struct Variant {
  const char* name;
  bool train_base, recompute, eight_bit;
  DType dtype;
  double dropout;
};

const std::vector<Variant> kVariants = {
    {"LoRA", false, false, false, DType::f32, 0},
    {"LoRA with dropout, checkpointed, 8-bit AdamW", false, true, true, DType::bf16, 0.25},
    {"full, 8-bit AdamW", true, false, true, DType::f32, 0},
    {"full, checkpointed", true, true, false, DType::bf16, 0},
};

LoadOptions tiny_moe(const Variant& v) {
  LoadOptions options;
  options.model = "random:quickstart";
  options.config = test::tiny_config(/*moe=*/true);
  options.dtype = v.dtype;
  options.seed = 5;
  options.train_base = v.train_base;
  if (v.train_base) return options;
  options.lora = LoraConfig{.r = 3, .alpha = 6, .dropout = v.dropout, .all_linear = true};
  if (v.dropout == 0)
    options.lora->target_parameters = {"experts.gate_up_proj", "experts.down_proj"};
  return options;
}

AdamW::Settings optimizer_of(const Variant& v) {
  return {.weight_decay = 0.1, .max_grad_norm = 1, .eight_bit = v.eight_bit};
}

// Every token chooses experts 0 and 1: equal logits, and ties go to the lowest index.
void route_all_to_the_first(LoadedModel& model) {
  int changed = 0;
  for (const nn::Parameter& p : model.parameters)
    if (p.name.ends_with("mlp.gate.weight")) {
      kernels::fill(p.var.value(), 0);
      ++changed;
    }
  REQUIRE(changed == 3);
  if (model.arena->contains("model.layers.0.mlp.gate.weight"))
    for (const auto& slot : model.arena->slots())
      if (slot.name.ends_with("mlp.gate.weight"))
        kernels::fill(nn::ParameterArena::slice(model.arena->master(), slot), 0);
}

// What differs from step to step.
struct StepData {
  std::vector<Batch> batches;
  int64_t seed, aux_rows;
  double learning_rate;
};

// 40 rows in four documents that end at `ends`; rows from `labels_from` on have labels.
Batch batch(const char* stream, const std::vector<int32_t>& ends, int64_t labels_from) {
  const RandomStream random(9, stream);
  std::vector<int64_t> ids(40), labels(40);
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = random.bits(i) % 37;
    labels[i] = static_cast<int64_t>(i) < labels_from ? kIgnoreLabel : ids[i];
  }
  std::vector<int32_t> cu_seqlens{0};
  cu_seqlens.insert(cu_seqlens.end(), ends.begin(), ends.end());
  return make_batch(ids, labels, cu_seqlens);
}

StepData ordinary() {
  return {{batch("a", {7, 19, 30, 40}, 5), batch("b", {20, 21, 40, 40}, 0)}, 1, 40, 1e-3};
}
// Other tokens, and rows that are padding for the balancing loss. Documents and labels are as many:
// scratch of the CPU's products grows with the number of labels.
StepData extreme() {
  return {{batch("c", {7, 19, 30, 40}, 5), batch("d", {20, 21, 40, 40}, 0)}, -7, 3, 0.25};
}

struct Recorded {
  std::vector<const void*> launches;
  std::vector<Lifetime> allocations;
};

void set_scalars(const PassScalars& s, const StepData& data, int64_t pass) {
  int64_t labels = 0;
  for (const Batch& b : data.batches) labels += b.labels;
  *s.num_items.data<float>() = static_cast<float>(labels);
  *s.aux_weight.data<float>() = 0.125f * static_cast<float>(data.seed);
  s.aux_rows.data<int32_t>()[0] = 0;
  s.aux_rows.data<int32_t>()[1] = static_cast<int32_t>(data.aux_rows);
  s.seed_and_pass.data<int64_t>()[0] = data.seed;
  s.seed_and_pass.data<int64_t>()[1] = pass;
}

// A step, recorded afresh.
template <class Passes>
Recorded record(Device device, LoadedModel& model, AdamW& optimizer, double learning_rate,
                Passes&& passes) {
  release_step_arena(device);
  Recorded found;
  {
    const StepScope scope(device, 1);
    const kernels::LaunchTrace trace;
    model.arena->clear_gradients();
    passes();
    model.arena->finish_gradients();
    const double norm = optimizer.step(learning_rate);
    CHECK((norm > 0 || device == kMeta));
    found.launches = trace.launches();
  }
  found.allocations = last_recorded_step(device);
  return found;
}

StepOptions options_of(const Variant& v, const PassScalars& scalars) {
  return {.recompute = v.recompute,
          .aux_weight = scalars.aux_weight,
          .aux_rows = scalars.aux_rows,
          .seed_and_pass = scalars.seed_and_pass};
}

Recorded record_step(const Variant& v, LoadedModel& model, AdamW& optimizer, const StepData& data) {
  const PassScalars scalars = PassScalars::make(kCpu);
  return record(kCpu, model, optimizer, data.learning_rate, [&] {
    for (size_t i = 0; i < data.batches.size(); ++i) {
      set_scalars(scalars, data, static_cast<int64_t>(i));
      forward_backward(model, data.batches[i], scalars.num_items, options_of(v, scalars));
    }
  });
}

// The same step where there are no values to look at.
Recorded record_shapes(const Variant& v) {
  LoadedModel model = describe_model(tiny_moe(v));
  AdamW optimizer(*model.arena, optimizer_of(v));
  const PassScalars scalars = PassScalars::make(kMeta);
  const Batch shapes = describe_batch(40, 4);
  return record(kMeta, model, optimizer, 0, [&] {
    for (int i = 0; i < 2; ++i)
      forward_backward(model, shapes, scalars.num_items, options_of(v, scalars));
  });
}

void check_same(const std::vector<Lifetime>& a, const std::vector<Lifetime>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    REQUIRE(a[i].bytes == b[i].bytes);
    REQUIRE(a[i].born == b[i].born);
    REQUIRE(a[i].died == b[i].died);
  }
}

TEST_CASE("D7: a step's launches and allocations do not depend on tokens or routing") {
  for (const Variant& v : kVariants) {
    CAPTURE(v.name);
    LoadedModel usual = load_model(tiny_moe(v)), skewed = load_model(tiny_moe(v));
    route_all_to_the_first(skewed);
    const Recorded shapes = record_shapes(v);
    std::vector<Recorded> found;
    for (LoadedModel* model : {&usual, &skewed}) {
      AdamW optimizer(*model->arena, optimizer_of(v));
      for (const StepData& data : {ordinary(), extreme()})
        found.push_back(record_step(v, *model, optimizer, data));
    }
    CHECK(found[0].launches.size() > 200);
    // It ran to its end. Scratch that kernels of the CPU allocate themselves is not seen there.
    CHECK(shapes.allocations.size() > 200);
    CHECK(shapes.launches.empty());
    CHECK(found[0].allocations.size() > 200);
    for (const Recorded& r : found) {
      CHECK((r.launches == found[0].launches));
      check_same(r.allocations, found[0].allocations);
    }
  }
}

TEST_CASE("D7: every token of the skewed model goes to the first two experts") {
  LoadedModel model = load_model(tiny_moe(kVariants[0]));
  route_all_to_the_first(model);
  const NoGrad no_grad;
  const Batch b = ordinary().batches[0];
  const DecoderOutput out = model.model->forward(b, model.model->context(b), false);
  REQUIRE(out.router_ids.size() == 3);
  for (const Tensor& ids : out.router_ids)
    for (const int32_t e : ids.to_vector<int32_t>()) CHECK(e < 2);
}

TEST_CASE("D7: other shapes and other settings are other launches and allocations") {
  const Variant& v = kVariants[0];
  LoadedModel model = load_model(tiny_moe(v));
  AdamW optimizer(*model.arena, {});
  StepData data = ordinary();
  const Recorded two = record_step(v, model, optimizer, data);
  data.batches.pop_back();
  const Recorded one = record_step(v, model, optimizer, data);
  CHECK(one.launches.size() < two.launches.size());
  CHECK(one.allocations.size() < two.allocations.size());
  Variant checkpointed = v;
  checkpointed.recompute = true;
  CHECK(record_step(checkpointed, model, optimizer, data).launches.size() > one.launches.size());
}

}  // namespace
}  // namespace hone
