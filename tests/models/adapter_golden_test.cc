// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Adapters that PEFT made (tests/goldens/adapters, tools/make_adapter_golden.py): what they compute, and
// that the same description chooses the same tensors under the same keys here.
#include <doctest/doctest.h>

#include <filesystem>

#include "autograd/tape.h"
#include "data/safetensors.h"
#include "kernels/elementwise/elementwise.h"
#include "models/load_model.h"
#include "models/peft.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"
#include "train/step.h"

namespace hone {
namespace {

struct Case {
  std::string name;
  std::vector<std::string> unfrozen = {};
};

const std::vector<Case> kCases = {
    {"regex"},
    {"layers"},
    {"all_linear"},
    {"one_stack"},
    {"dora"},
    {"dora_saved"},
    {"saved_head"},
    {"saved_tied"},
    {"unfrozen",
     {"model.layers.1.input_layernorm", "model.layers.0.self_attn.q_proj",
      "model\\.layers\\.0\\.mlp\\.up_proj\\.weight$"}},
    {"unfrozen_experts", {"model.layers.1.mlp.experts.gate_up_proj$", ".*1.self_attn.q_norm"}},
};

std::string folder_of(const std::string& name) {
  return std::filesystem::canonical("tests/goldens/adapters/" + name + "/adapter_config.json")
      .parent_path()
      .string();
}

// The case's model. base_model_name_or_path is its folder in tests/goldens/models.
LoadOptions options_of(const std::string& folder, DType dtype) {
  LoadOptions o;
  o.model = test::golden_model(load_lora_config(folder).base_model);
  o.dtype = dtype;
  return o;
}

Batch batch_of(const std::string& model) {
  const SafetensorsFile file = SafetensorsFile::open(model + "/golden.safetensors");
  const auto integers = [&](const char* name) {
    const Tensor t = load_tensor(file, name);
    if (t.dtype() == DType::i64) return t.to_vector<int64_t>();
    const std::vector<int32_t> narrow = t.to_vector<int32_t>();
    return std::vector<int64_t>(narrow.begin(), narrow.end());
  };
  const std::vector<int64_t> ends = integers("cu_seqlens");
  return make_batch(integers("input_ids"), integers("labels"),
                    std::vector<int32_t>(ends.begin(), ends.end()));
}

std::vector<std::string> names_of(const LoadedModel& m) {
  std::vector<std::string> names;
  for (const auto& slot : m.arena->slots()) names.push_back(slot.name);
  return names;
}

void check_close(const SafetensorsFile& golden, const std::string& name, const Tensor& got) {
  CAPTURE(name);
  REQUIRE(golden.contains(name));
  const Tensor want = kernels::cast(load_tensor(golden, name), DType::f64);
  REQUIRE(got.numel() == want.numel());
  CHECK(test::rel_err(got.view(want.shape()), want) < 1e-6);  // the golden values are float32
}

void check_numbers(const std::string& folder, const LoadedModel& m, const Batch& batch) {
  const SafetensorsFile golden = SafetensorsFile::open(folder + "/golden.safetensors");
  {
    const NoGrad no_grad;
    const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
    check_close(golden, "logits", m.model->logits(out.hidden.value()));
  }
  m.arena->clear_gradients();
  const Tensor labels = Tensor::scalar(static_cast<double>(batch.labels));
  const StepLosses losses = forward_backward(m, batch, labels, {});
  m.arena->finish_gradients();
  check_close(golden, "loss", losses.cross_entropy);
  const PeftLayout layout(names_of(m), m.config.name_infix);
  for (const auto& slot : m.arena->slots()) {
    const PeftTensor gradient =
        layout.to_peft(slot.name, nn::ParameterArena::slice(m.arena->gradient(), slot));
    check_close(golden, "grad.base_model.model." + gradient.key, gradient.value);
  }
  CHECK(golden.tensors().size() == m.arena->slots().size() + 2);
}

TEST_CASE("adapter goldens: logits, loss and every gradient are PEFT's") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const std::string folder = folder_of(c.name);
    LoadOptions o = options_of(folder, DType::f64);
    o.adapter = folder;
    check_numbers(folder, load_model(o), batch_of(o.model));
  }
}

void check_same_file(const std::string& ours, const std::string& theirs, bool same_values) {
  const auto got = SafetensorsFile::open(ours + "/adapter_model.safetensors");
  const auto want = SafetensorsFile::open(theirs + "/adapter_model.safetensors");
  CHECK(got.tensors().size() == want.tensors().size());
  for (const auto& [name, info] : want.tensors()) {
    CAPTURE(name);
    REQUIRE(got.contains(name));
    CHECK(got.info(name).shape == info.shape);
    if (same_values) CHECK(test::same_bits(load_tensor(got, name), load_tensor(want, name)));
  }
}

TEST_CASE("adapter goldens: written back under PEFT's keys, bit for bit") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const std::string folder = folder_of(c.name);
    LoadOptions o = options_of(folder, DType::f32);
    o.adapter = folder;
    const LoadedModel m = load_model(o);
    const TemporaryDirectory dir;
    write_adapter(dir.path(), *m.lora, *m.arena, m.config);
    check_same_file(dir.path(), folder, /*same_values=*/true);
  }
}

TEST_CASE("adapter goldens: the same description chooses the same tensors") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const std::string folder = folder_of(c.name);
    LoadOptions o = options_of(folder, DType::f32);
    o.lora = load_lora_config(folder);
    o.unfrozen = c.unfrozen;
    const LoadedModel m = load_model(o);
    const TemporaryDirectory dir;
    write_adapter(dir.path(), *m.lora, *m.arena, m.config);
    check_same_file(dir.path(), folder, /*same_values=*/false);
    for (const nn::Parameter& p : m.parameters) CHECK(p.trainable == p.var.requires_grad());
    // What it describes is read back as it was.
    const LoraConfig again = load_lora_config(dir.path());
    CHECK(again.layers_to_transform == o.lora->layers_to_transform);
    CHECK(again.layers_pattern == o.lora->layers_pattern);
    CHECK(again.exclude_modules == o.lora->exclude_modules);
    CHECK(again.exclude_modules_regex == o.lora->exclude_modules_regex);
    CHECK(again.modules_to_save == o.lora->modules_to_save);
    CHECK(again.ensure_weight_tying == o.lora->ensure_weight_tying);
  }
}

TEST_CASE("adapter goldens: fresh DoRA changes nothing, its lengths are those of the weights") {
  LoadOptions o;
  o.model = test::golden_model("llama");
  o.dtype = DType::f64;
  const auto logits = [&] {
    const LoadedModel m = load_model(o);
    const Batch batch = batch_of(o.model);
    const NoGrad no_grad;
    const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
    return m.model->logits(out.hidden.value());
  };
  const Tensor base = logits();
  o.lora = LoraConfig{.r = 3, .alpha = 6, .dora = true, .all_linear = true};
  CHECK(test::rel_err(logits(), base) < 1e-12);
  o.quantise = QuantType::nf4;
  const Tensor quantised = logits();
  o.lora->dora = false;
  CHECK(test::rel_err(quantised, logits()) < 1e-12);
  CHECK(test::rel_err(quantised, base) > 1e-3);
}

TEST_CASE("adapter goldens: in bf16 the lengths of DoRA keep their f32") {
  LoadOptions o;
  o.model = test::golden_model("llama");
  o.adapter = folder_of("dora");
  o.dtype = DType::bf16;
  const LoadedModel m = load_model(o);
  int64_t lengths = 0;
  for (const auto& slot : m.arena->slots()) {
    const bool is_length = slot.name.ends_with(".lora_magnitude_vector");
    CHECK(slot.var.dtype() == (is_length ? DType::f32 : DType::bf16));
    lengths += is_length;
  }
  CHECK(lengths == 6);
  const TemporaryDirectory dir;
  write_adapter(dir.path(), *m.lora, *m.arena, m.config);
  check_same_file(dir.path(), o.adapter, /*same_values=*/true);
}

TEST_CASE("adapter goldens: frozen for inference, the same logits") {
  for (const char* name : {"dora", "saved_head", "saved_tied", "unfrozen", "unfrozen_experts"}) {
    CAPTURE(name);
    const std::string folder = folder_of(name);
    LoadOptions o = options_of(folder, DType::f64);
    o.adapter = folder;
    o.inference = true;
    const LoadedModel m = load_model(o);
    CHECK(m.arena == nullptr);
    const Batch batch = batch_of(o.model);
    const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
    check_close(SafetensorsFile::open(folder + "/golden.safetensors"), "logits",
                m.model->logits(out.hidden.value()));
  }
}

}  // namespace
}  // namespace hone
