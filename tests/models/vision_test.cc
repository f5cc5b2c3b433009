// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A vision-language model: where images stand, what of the tower trains, what is saved, what it takes.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data/checkpoint_files.h"
#include "data/safetensors.h"
#include "models/image_positions.h"
#include "models/load_model.h"
#include "models/save_model.h"
#include "tests/data/temporary_directory.h"
#include "tests/support/compare.h"
#include "tests/support/goldens.h"
#include "train/memory_plan.h"
#include "train/optimizer.h"
#include "train/step.h"

namespace hone {
namespace {

const std::string kVision = "model.visual.";

std::string golden() { return test::golden_model("qwen3_5_vision"); }

LoadOptions with_vision(std::vector<std::string> unfrozen = {}) {
  LoadOptions o;
  o.model = golden();
  o.vision = true;
  o.train_base = true;
  o.unfrozen = std::move(unfrozen);
  return o;
}

std::vector<int64_t> integers(const SafetensorsFile& file, const std::string& name) {
  const Tensor t = load_tensor(file, name);
  if (t.dtype() == DType::i64) return t.view({t.numel()}).to_vector<int64_t>();
  const std::vector<int32_t> narrow = t.to_vector<int32_t>();
  return {narrow.begin(), narrow.end()};
}

// The golden file's own row: two documents, three images.
Batch golden_batch(const ModelConfig& config) {
  const SafetensorsFile file = SafetensorsFile::open(golden() + "/golden.safetensors");
  const std::vector<int64_t> ends = integers(file, "cu_seqlens"),
                             grid = integers(file, "image_grid_thw");
  Batch batch = make_batch(integers(file, "input_ids"), integers(file, "labels"),
                           std::vector<int32_t>(ends.begin(), ends.end()));
  std::vector<ImageGrid> grids;
  for (size_t i = 0; i < grid.size(); i += 3) grids.push_back({grid[i], grid[i + 1], grid[i + 2]});
  attach_images(batch, *config.vision, load_tensor(file, "pixel_values"), grids, "golden");
  return batch;
}

Tensor count(const Batch& batch) { return Tensor::scalar(static_cast<float>(batch.labels)); }

StepLosses run(const LoadedModel& m, bool recompute = false) {
  const Batch batch = golden_batch(m.config);
  m.arena->clear_gradients();
  const StepLosses losses = forward_backward(m, batch, count(batch), {.recompute = recompute});
  m.arena->finish_gradients();
  return losses;
}

int64_t slots_of_vision(const LoadedModel& m) {
  int64_t n = 0;
  for (const auto& slot : m.arena->slots()) n += slot.name.starts_with(kVision);
  return n;
}

// A small image model's numbers: tokens 9 (image) and 8 (video), 2 x 2 patches a token.
VisionConfig small_config() {
  VisionConfig c;
  c.channels = c.temporal_patch_size = c.patch_size = 1;
  c.positions_per_side = 3;
  c.image_token_id = 9;
  c.video_token_id = 8;
  return c;
}

Batch attach(const std::vector<int64_t>& ids, const std::vector<int32_t>& ends,
             const std::vector<ImageGrid>& grids) {
  Batch batch = make_batch(ids, {}, ends);
  int64_t patches = 0;
  for (const ImageGrid& g : grids) patches += g.patches();
  attach_images(batch, small_config(), Tensor::zeros({patches, 1}, DType::f32), grids, "row 7");
  return batch;
}

TEST_CASE("image positions: text counts on, images spread over two axes, documents begin anew") {
  const Batch b = attach({1, 9, 9, 2, 9, 3, 9, 9}, {0, 6, 8}, {{1, 2, 4}, {1, 2, 2}, {1, 4, 2}});
  CHECK(b.positions.shape() == Shape{3, 8});
  CHECK(b.positions.to_vector<int32_t>() == std::vector<int32_t>{0, 1, 1, 3, 4, 5, 0, 0,  //
                                                                 0, 1, 1, 3, 4, 5, 0, 1,  //
                                                                 0, 1, 2, 3, 4, 5, 0, 0});
  CHECK(b.vision.rows.to_vector<int64_t>() == std::vector<int64_t>{1, 2, 4, 6, 7});
  CHECK(b.vision.cu_seqlens.to_vector<int32_t>() == std::vector<int32_t>{0, 8, 12, 20});
}

TEST_CASE("vision input: patches by blocks, learned positions between their neighbours") {
  const Batch b = attach({9, 9}, {0, 2}, {{1, 2, 4}});
  CHECK(b.vision.positions.to_vector<int32_t>() ==
        std::vector<int32_t>{0, 0, 0, 1, 1, 0, 1, 1, 0, 2, 0, 3, 1, 2, 1, 3});
  // Column 1 of 4 lies at 2/3 on three entries; row 1 of 2 on the last one.
  CHECK(b.vision.corners.rows(3, 4).to_vector<int64_t>() == std::vector<int64_t>{6, 7, 6, 7});
  const std::vector<float> weights = b.vision.corner_weights.rows(3, 4).to_vector<float>();
  CHECK(weights[0] == doctest::Approx(1.0 / 3));
  CHECK(weights[1] == doctest::Approx(2.0 / 3));
  CHECK(weights[2] == 0);
}

TEST_CASE("image positions: images and their tokens must be as many") {
  CHECK_THROWS_WITH_AS(attach({1, 9, 2}, {0, 3}, {{1, 2, 4}}),
                       doctest::Contains("row 7: an image of 1 x 2 tokens has only 1 image tokens"),
                       Error);
  CHECK_THROWS_WITH_AS(attach({9, 9}, {0, 1, 2}, {{1, 2, 4}}),
                       doctest::Contains("has only 1 image tokens"), Error);
  CHECK_THROWS_WITH_AS(attach({1, 9, 9}, {0, 3}, {{1, 2, 2}}),
                       doctest::Contains("token 2 is an image token (id 9), but there are only 1"),
                       Error);
  CHECK_THROWS_WITH_AS(
      attach({1, 2}, {0, 2}, {{1, 2, 2}}),
      doctest::Contains("1 images, but the text has image tokens (id 9) of only 0"), Error);
  CHECK_THROWS_WITH_AS(attach({1, 8}, {0, 2}, {}), doctest::Contains("token 1 is a video token"),
                       Error);
  CHECK_THROWS_WITH_AS(attach({9}, {0, 1}, {{2, 2, 2}}),
                       doctest::Contains("an image of 2 x 2 x 2 patches; expected 1 x rows"),
                       Error);
  Batch batch = make_batch(std::vector<int64_t>{9}, {}, std::vector<int32_t>{0, 1});
  const std::vector<ImageGrid> grids{{1, 2, 2}};
  CHECK_THROWS_WITH_AS(
      attach_images(batch, small_config(), Tensor::zeros({3, 1}, DType::f32), grids, "row 7"),
      doctest::Contains("pixels are [3, 1] float32; 1 images of 4 patches in all need [4, 1]"),
      Error);
}

TEST_CASE("vision: recomputing blocks changes no bit") {
  const LoadedModel m = load_model(with_vision());
  const Tensor loss = run(m).cross_entropy;
  const Tensor gradient = kernels::cast(m.arena->gradient(), DType::f32);
  const Tensor again = run(m, /*recompute=*/true).cross_entropy;
  CHECK(test::same_bits(again, loss));
  CHECK(test::same_bits(m.arena->gradient(), gradient));
}

TEST_CASE("vision: a frozen tower keeps no gradient, and the text's are the same") {
  const LoadedModel all = load_model(with_vision()),
                    text = load_model(with_vision({"model.language_model", "lm_head"}));
  CHECK(slots_of_vision(all) > 30);
  CHECK(slots_of_vision(text) == 0);
  CHECK(test::same_bits(run(all).cross_entropy, run(text).cross_entropy));
  int64_t compared = 0;
  for (const auto& slot : text.arena->slots())
    for (const auto& other : all.arena->slots())
      if (other.name == slot.name) {
        ++compared;
        CHECK(test::same_bits(nn::ParameterArena::slice(text.arena->gradient(), slot),
                              nn::ParameterArena::slice(all.arena->gradient(), other)));
      }
  CHECK(compared == static_cast<int64_t>(text.arena->slots().size()));
}

TEST_CASE("vision: only the tower trains") {
  const LoadedModel m = load_model(with_vision({"model.visual"}));
  CHECK(slots_of_vision(m) == static_cast<int64_t>(m.arena->slots().size()));
  run(m);
  for (const auto& slot : m.arena->slots()) {
    CAPTURE(slot.name);
    const Tensor g = nn::ParameterArena::slice(m.arena->gradient(), slot);
    CHECK(test::rel_err(g, Tensor::zeros_like(g)) > 0);
  }
}

TEST_CASE("vision: LoRA on the tower's linears by their names in transformers") {
  LoadOptions o = with_vision();
  o.train_base = false;
  o.lora = LoraConfig{.r = 2, .alpha = 4, .target_modules = {"qkv", "linear_fc1"}};
  const LoadedModel m = load_model(o);
  // qkv and linear_fc1 of two blocks, and the merger's.
  CHECK(slots_of_vision(m) == 2 * (2 * 2 + 1));
  CHECK(slots_of_vision(m) == static_cast<int64_t>(m.arena->slots().size()));
  run(m);
}

TEST_CASE("vision: without images it is a text model, and a text model takes none") {
  LoadOptions o = with_vision();
  o.vision = false;
  const LoadedModel m = load_model(o);
  CHECK(slots_of_vision(m) == 0);
  CHECK(m.note.find("text only") != std::string::npos);
  o.vision = true;
  o.model = test::golden_model("qwen3_5_dense");
  CHECK_THROWS_WITH_AS(load_model(o), doctest::Contains("images need a vision-language model"),
                       Error);
}

TEST_CASE("vision: saved with and without the tower, under its own names") {
  const TemporaryDirectory dir;
  for (const bool vision : {true, false}) {
    LoadOptions o = with_vision();
    o.vision = vision;
    const LoadedModel m = load_model(o);
    const Tensor last = m.parameters.back().var.value();
    last.view({last.numel()}).data<float>()[0] += 1;
    const std::string out = dir / (vision ? "all" : "text");
    save_model(out, m, golden());
    const ModelFiles before = ModelFiles::open(golden()), after = ModelFiles::open(out);
    CHECK(after.tensors().size() == before.tensors().size());
    int64_t changed = 0;
    for (const auto& [name, file] : before.tensors()) {
      CAPTURE(name);
      REQUIRE(after.contains(name));
      const bool same = test::same_bits(load_tensor(before, name), load_tensor(after, name));
      changed += !same;
      if (!same) CHECK(name.starts_with(kVision) == vision);
    }
    CHECK(changed == 1);
  }
}

TEST_CASE("vision: the memory plan is what a step with images takes") {
  for (const bool frozen : {false, true})
    for (const bool recompute : {false, true}) {
      const LoadOptions load = frozen ? with_vision({"model.language_model"}) : with_vision();
      TrainerSettings settings;
      settings.recompute = recompute;
      const ModelConfig config = load_model_config(golden());
      RowShape row;
      {
        const Batch batch = golden_batch(config);
        row = {batch.rows(), batch.cu_seqlens.numel() - 1, batch.vision.patches(),
               batch.vision.cu_seqlens.numel() - 1};
      }
      const MemoryPlan plan = predict_memory(load, settings, {{row}, {}});

      release_step_arena(kCpu);
      const MemoryStats before = memory_stats(kCpu);
      const LoadedModel m = load_model(load);
      AdamW optimizer(*m.arena, settings.optimizer);
      const PassScalars scalars = PassScalars::make(kCpu);
      CHECK(plan.resident_bytes == memory_stats(kCpu).live - before.live);
      reset_peak_memory(kCpu);
      m.arena->clear_gradients();
      {
        const StepScope scope(kCpu, 0);
        const Batch batch = golden_batch(m.config);
        scalars.num_items.set_item(static_cast<float>(batch.labels));
        forward_backward(m, batch, scalars.num_items, {.recompute = recompute});
      }
      CHECK(plan.peak_bytes == memory_stats(kCpu).peak - before.live);
    }
}

}  // namespace
}  // namespace hone
