// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Heads of labels on models that had another: how they begin, and what becomes of them in files.
#include <doctest/doctest.h>

#include <numeric>

#include "data/json.h"
#include "kernels/elementwise/elementwise.h"
#include "models/load_model.h"
#include "models/merge.h"
#include "models/peft.h"
#include "models/save_model.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"

namespace hone {
namespace {

using nn::HeadKind;

HeadConfig head_of(HeadKind kind) {
  return {.kind = kind, .labels = kind == HeadKind::token_labels ? 2 : 1, .pad_token_id = 3};
}

LoadOptions with_head(const std::string& model, HeadKind kind) {
  return {.model = test::golden_model(model), .head = head_of(kind)};
}

// The labels of some tokens.
Tensor answers(const LoadedModel& m) {
  std::vector<int64_t> ids(12);
  std::iota(ids.begin(), ids.end(), 5);
  const Batch batch = make_label_batch(ids, {}, std::vector<int32_t>{0, 5, 12}, -1);
  const nn::ForwardContext context = m.model->context(batch);
  return m.model->answers(m.model->forward(batch, context, false).hidden.value());
}

TEST_CASE("label_head: on a language model's checkpoint it is new, and the old head is left out") {
  for (const char* model : {"llama", "qwen3_moe", "qwen3_5_dense_tied"}) {
    CAPTURE(std::string(model));
    const LoadedModel m = load_model(with_head(model, HeadKind::sequence_labels));
    CHECK(m.parameters.back().name == "score.weight");
    CHECK(m.parameters.back().shape == Shape{1, m.config.hidden_size});
    CHECK(answers(m).shape() == Shape{12, 1});
    // The seed decides how it begins.
    LoadOptions other = with_head(model, HeadKind::sequence_labels);
    CHECK(test::same_bits(answers(m), answers(load_model(other))));
    other.seed = 1;
    CHECK(test::rel_err(answers(m), answers(load_model(other))) > 1e-3);
  }
}

TEST_CASE("label_head: a model with a new head is saved as transformers' class for it") {
  for (const auto& [kind, name] :
       {std::pair{HeadKind::sequence_labels, "LlamaForSequenceClassification"},
        {HeadKind::token_labels, "LlamaForTokenClassification"}}) {
    const TemporaryDirectory dir;
    LoadOptions options = with_head("llama", kind);
    options.train_base = true;
    const LoadedModel m = load_model(options);
    save_model(dir / "out", m, options.model);
    const JsonValue json = load_json(dir / "out/config.json");
    CHECK(json.at("architectures").at(int64_t{0}).as_string() == name);
    CHECK(json.at("id2label").size() == m.config.head.labels);
    CHECK(json.get_int("pad_token_id") == 3);
    CHECK(json.get_int("hidden_size") == m.config.hidden_size);
    const LoadedModel again = load_model({.model = dir / "out"});
    CHECK(again.config.head.kind == kind);
    CHECK(again.config.head.labels == m.config.head.labels);
    CHECK(again.config.head.pad_token_id == 3);
    CHECK(test::same_bits(answers(again), answers(m)));
  }
}

TEST_CASE("label_head: an adapter brings the head that it was trained with") {
  for (const HeadKind kind : {HeadKind::sequence_labels, HeadKind::token_labels}) {
    const TemporaryDirectory dir;
    LoadOptions options = with_head("qwen3", kind);
    options.lora = LoraConfig{.target_modules = {"q_proj", "down_proj"}};
    const LoadedModel m = load_model(options);
    CHECK(m.arena->slot("score.weight").shape == Shape{m.config.head.labels, m.config.hidden_size});
    // B is zero in a new adapter.
    for (const auto& slot : m.arena->slots())
      if (slot.name.ends_with("lora_B.weight"))
        kernels::fill(nn::ParameterArena::slice(m.arena->master(), slot), 0.01);
    write_adapter(dir / "adapter", *m.lora, *m.arena, m.config);
    const JsonValue json = load_json(dir / "adapter/adapter_config.json");
    CHECK(json.get_string("task_type") ==
          (kind == HeadKind::token_labels ? "TOKEN_CLS" : "SEQ_CLS"));
    const LoadedModel again =
        load_model({.model = options.model, .adapter = dir / "adapter", .inference = true});
    CHECK(again.config.head.kind == kind);
    CHECK(test::rel_err(answers(again), answers(m)) < 1e-6);
    merge_adapter({.model = options.model, .adapter = dir / "adapter", .out = dir / "merged"});
    const LoadedModel merged = load_model({.model = dir / "merged"});
    CHECK(merged.config.head.kind == kind);
    CHECK(test::rel_err(answers(merged), answers(m)) < 1e-5);
  }
}

TEST_CASE("label_head: what transformers could not load is refused") {
  CHECK_THROWS_WITH_AS(load_model(with_head("olmoe", HeadKind::sequence_labels)),
                       doctest::Contains("no such class for OlmoeForCausalLM"), Error);
  CHECK_THROWS_WITH_AS(load_model(with_head("gemma3_text", HeadKind::token_labels)),
                       doctest::Contains("no such class for Gemma3ForCausalLM"), Error);
}

TEST_CASE("label_head: a sequence's last token is the last that is no padding") {
  const std::vector<int64_t> ids = {4, 7, 0, 0, 5, 0, 6, 0, 0};
  const Batch batch = make_label_batch(ids, {}, std::vector<int32_t>{0, 4, 7, 9}, 0);
  CHECK(batch.last_rows.to_vector<int32_t>() == std::vector<int32_t>{1, 6, 7});
  const Batch all = make_label_batch(ids, {}, std::vector<int32_t>{0, 4, 7, 9}, -1);
  CHECK(all.last_rows.to_vector<int32_t>() == std::vector<int32_t>{3, 6, 8});
}

TEST_CASE("label_head: labels of tokens are those of their own rows") {
  const std::vector<int64_t> ids = {4, 7, 5}, labels = {kIgnoreLabel, 1, 0};
  const Batch batch = make_label_batch(ids, labels, std::vector<int32_t>{0, 2, 3}, -1);
  CHECK(batch.targets.to_vector<int64_t>() == labels);
  CHECK(batch.labels == 2);
}

}  // namespace
}  // namespace hone
