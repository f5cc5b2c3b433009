// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/merge.h"

#include <doctest/doctest.h>

#include "data/checkpoint_files.h"
#include "data/file.h"
#include "models/load_model.h"
#include "models/peft.h"
#include "models/save_model.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"

namespace hone {
namespace {

std::string adapter_golden(const std::string& name) {
  return std::filesystem::canonical("tests/goldens/adapters/" + name + "/adapter_config.json")
      .parent_path()
      .string();
}

Tensor logits_of(const LoadOptions& options) {
  LoadOptions o = options;
  o.inference = true;
  o.dtype = DType::f64;
  const LoadedModel m = load_model(o);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 20; ++i) ids.push_back((7 * i + 3) % m.config.vocab_size);
  const std::vector<int32_t> ends{0, 11, 20};
  const Batch batch = make_batch(ids, ids, ends);
  const DecoderOutput out = m.model->forward(batch, m.model->context(batch), false);
  return m.model->logits(out.hidden.value());
}

TEST_CASE("merge: computes what base and adapter do, for every kind of adapter") {
  for (const char* name : {"regex", "layers", "all_linear", "one_stack", "dora", "dora_saved",
                           "saved_head", "saved_tied", "unfrozen", "unfrozen_experts"}) {
    CAPTURE(name);
    const std::string adapter = adapter_golden(name);
    const std::string model = test::golden_model(load_lora_config(adapter).base_model);
    const TemporaryDirectory dir;
    merge_adapter({.model = model, .adapter = adapter, .out = dir / "merged"});
    const Tensor wanted = logits_of({.model = model, .adapter = adapter});
    CHECK(test::rel_err(logits_of({.model = dir / "merged"}), wanted) < 1e-6);
    CHECK(test::rel_err(logits_of({.model = model}), wanted) > 1e-2);
  }
}

TEST_CASE("merge: types, names and shards are the base's; parts of other models are passed on") {
  const std::string model = test::golden_model("qwen3_5_moe_vl_sharded"),
                    adapter = test::golden_model("qwen3_5_moe") + "/adapter";
  const TemporaryDirectory dir;
  merge_adapter({.model = model, .adapter = adapter, .out = dir / "merged", .shard_bytes = 50'000});
  const ModelFiles base = ModelFiles::open(model), merged = ModelFiles::open(dir / "merged");
  CHECK(merged.files().size() > 3);
  REQUIRE(merged.tensors().size() == base.tensors().size());
  int64_t kept = 0;
  for (const auto& [name, file] : base.tensors()) {
    CAPTURE(name);
    REQUIRE(merged.contains(name));
    CHECK(merged.info(name).type == base.info(name).type);
    CHECK(merged.info(name).shape == base.info(name).shape);
    kept += test::same_bits(load_tensor(base, name), load_tensor(merged, name));
  }
  CHECK(kept > 10);  // norms, embeddings, vision tower
  CHECK(kept < static_cast<int64_t>(base.tensors().size()) - 10);
  CHECK(read_file(dir / "merged/config.json", ErrorCode::kModel) ==
        read_file(model + "/config.json", ErrorCode::kModel));
  CHECK(test::rel_err(logits_of({.model = dir / "merged"}),
                      logits_of({.model = model, .adapter = adapter})) < 1e-6);
}

TEST_CASE("merge: into weights in 16 bits, rounded once") {
  const std::string golden = test::golden_model("qwen3");
  const TemporaryDirectory dir;
  LoadOptions o = {.model = golden, .train_base = true, .dtype = DType::bf16};
  save_model(dir / "base", load_model(o), golden);
  merge_adapter({.model = dir / "base", .adapter = golden + "/adapter", .out = dir / "merged"});
  const ModelFiles merged = ModelFiles::open(dir / "merged");
  for (const auto& [name, file] : merged.tensors())
    CHECK(merged.info(name).type == StoredType::bf16);
  // Each weight is the nearest bf16 to what the same base gives in f32.
  o.model = dir / "base";
  o.dtype = DType::f32;
  save_model(dir / "wide", load_model(o), dir / "base");
  merge_adapter({.model = dir / "wide", .adapter = golden + "/adapter", .out = dir / "exact"});
  const ModelFiles exact = ModelFiles::open(dir / "exact");
  for (const auto& [name, file] : merged.tensors()) {
    CAPTURE(name);
    CHECK(test::same_bits(load_tensor(merged, name),
                          kernels::cast(load_tensor(exact, name), DType::bf16)));
  }
}

TEST_CASE("merge: into what 4-bit weights stand for") {
  for (const char* name : {"qwen3_5_moe", "nemotron"}) {
    CAPTURE(name);
    const std::string model = test::golden_model(name);
    const TemporaryDirectory dir;
    const MergeOptions options = {.model = model,
                                  .adapter = model + "/adapter",
                                  .out = dir / "merged",
                                  .quantise = QuantType::nf4};
    merge_adapter(options);
    LoadOptions quantised = {
        .model = model, .adapter = options.adapter, .quantise = QuantType::nf4};
    quantised.inference = true;
    const Tensor wanted = logits_of(quantised);
    CHECK(test::rel_err(logits_of({.model = options.out}), wanted) < 1e-6);
    CHECK(test::rel_err(logits_of({.model = model, .adapter = options.adapter}), wanted) > 1e-2);
  }
}

TEST_CASE("merge: never over its inputs") {
  const std::string golden = test::golden_model("qwen3");
  for (const std::string& out : {golden, golden + "/adapter"})
    check_contains(
        error_of(
            ErrorCode::kUsage,
            [&] { merge_adapter({.model = golden, .adapter = golden + "/adapter", .out = out}); }),
        "is an input");
}

}  // namespace
}  // namespace hone
