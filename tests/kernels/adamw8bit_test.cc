// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/adamw8bit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/core/parallel.h"
#include "kernels/nf4/code_table.h"
#include "kernels/nf4/dynamic_map.h"
#include "tests/kernels/bnb_golden.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::AdamW8bitState;
using test::random_tensor;
using test::same_bits;

void set(const kernels::StepScalars& scalars, double lr, int64_t step) {
  *scalars.learning_rate.data<float>() = static_cast<float>(lr);
  *scalars.step.data<int64_t>() = step;
}

TEST_CASE("adamw8bit: twenty steps equal bitsandbytes' CUDA kernel bit for bit") {
  const SafetensorsFile file = test::bnb_golden("adamw8bit");
  const Tensor gradients = load_tensor(file, "gradients");
  const int64_t n = gradients.dim(1);
  for (const std::string name :
       {"f32", "f32_decay", "f32_fast", "bf16", "bf16_decay", "f16_decay"}) {
    const Tensor p = load_tensor(file, name + "/initial");
    const auto hyper = load_tensor(file, name + "/hyper").to_vector<double>();
    const kernels::AdamWSettings settings{.beta1 = hyper[1],
                                          .beta2 = hyper[2],
                                          .eps = hyper[3],
                                          .weight_decay = hyper[4],
                                          .decayed = n};
    const AdamW8bitState state = AdamW8bitState::zeros(n, kCpu);
    const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
    int compared = 0;
    for (int64_t t = 1; t <= gradients.dim(0); ++t) {
      set(scalars, hyper[0], t);
      const Tensor grad = gradients.rows(t - 1, t).view({n});
      kernels::adamw8bit_step(p, kernels::cast(grad, p.dtype()), state, {}, scalars, settings);
      const std::string at = "." + std::to_string(t);
      if (!file.contains(name + "/param" + at)) continue;
      CAPTURE(name);
      CAPTURE(t);
      CHECK(same_bits(p, load_tensor(file, name + "/param" + at)));
      CHECK(same_bits(state.c1, load_tensor(file, name + "/state1" + at)));
      CHECK(same_bits(state.c2, load_tensor(file, name + "/state2" + at)));
      CHECK(same_bits(state.absmax1, load_tensor(file, name + "/absmax1" + at)));
      CHECK(same_bits(state.absmax2, load_tensor(file, name + "/absmax2" + at)));
      ++compared;
    }
    CHECK(compared == 4);
  }
}

TEST_CASE("adamw8bit: clip, decay of the leading elements, shadow and threads") {
  const int64_t n = 1500, decayed = 700;
  const kernels::AdamWSettings settings{.weight_decay = 0.5, .decayed = decayed};
  const Tensor initial = random_tensor({n}, DType::f32, "p");
  const Tensor grad = random_tensor({n}, DType::f32, "g");
  const auto run = [&](int threads, float clip, const Tensor& g, const Tensor& shadow) {
    kernels::set_num_threads(threads);
    const Tensor p = kernels::scale(initial, 1.0);
    const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
    *scalars.clip.data<float>() = clip;
    const AdamW8bitState state = AdamW8bitState::zeros(n, kCpu);
    for (int64_t t = 1; t <= 3; ++t) {
      set(scalars, 0.01, t);
      kernels::adamw8bit_step(p, g, state, shadow, scalars, settings);
    }
    kernels::set_num_threads(1);
    return p;
  };
  const Tensor shadow = Tensor::empty({n}, DType::bf16);
  const Tensor p = run(1, 0.25f, grad, shadow);
  CHECK(same_bits(shadow, kernels::cast(p, DType::bf16)));
  CHECK(same_bits(p, run(2, 0.25f, kernels::scale(grad, 1.0), shadow)));
  CHECK(same_bits(p, run(1, 1.0f, kernels::scale(grad, 0.25), shadow)));
  // The moving averages of a constant gradient: each step moves a parameter by lr towards -g.
  for (int64_t i = 0; i < n; ++i) {
    double q = initial.data<float>()[i];
    const double step = grad.data<float>()[i] > 0 ? -0.01 : 0.01;
    for (int t = 0; t < 3; ++t) q = (q + step) * (i < decayed ? 1 - 0.01 * 0.5 : 1);
    if (std::abs(grad.data<float>()[i]) > 0.2f)  // smaller ones lose digits in 8 bits
      CHECK(p.data<float>()[i] == doctest::Approx(q).epsilon(1e-2).scale(0.05));
  }
}

// Large and small tensors with and without decay, as an arena has them, and a gap.
TEST_CASE("adamw8bit: one launch over an arena equals a launch per run of equal moments") {
  using Run = AdamW8bitState::Run;
  const std::vector<Run> runs = {
      {0, 5120, true}, {5120, 5888, false}, {6144, 9216, true}, {9216, 9500, false}};
  const int64_t n = runs.back().end, decayed = 5888;
  const AdamW8bitState state = AdamW8bitState::zeros(runs, kCpu);
  CHECK(state.c1.numel() == 5120 + 3072);
  CHECK(state.absmax2.numel() == 32);
  CHECK(state.v.numel() == 768 + 284);
  std::vector<AdamW8bitState> alone;
  std::vector<std::pair<Tensor, Tensor>> full;
  for (const Run& run : runs) {
    const int64_t size = run.end - run.begin;
    alone.push_back(AdamW8bitState::zeros(size, kCpu));
    full.emplace_back(Tensor::zeros({size}, DType::f32), Tensor::zeros({size}, DType::f32));
  }
  const Tensor p = random_tensor({n}, DType::f32, "p"), q = kernels::scale(p, 1.0);
  const Tensor p_shadow = Tensor::zeros({n}, DType::bf16), q_shadow = Tensor::zeros_like(p_shadow);
  const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
  *scalars.clip.data<float>() = 0.5f;
  for (int64_t t = 1; t <= 4; ++t) {
    set(scalars, 0.01, t);
    const Tensor g = random_tensor({n}, DType::f32, "g" + std::to_string(t));
    kernels::set_num_threads(t % 2 == 0 ? 2 : 1);
    kernels::adamw8bit_step(p, g, state, p_shadow, scalars,
                            {.weight_decay = 0.25, .decayed = decayed});
    kernels::set_num_threads(1);
    for (size_t r = 0; r < runs.size(); ++r) {
      const auto part = [&](const Tensor& x) { return x.rows(runs[r].begin, runs[r].end); };
      const kernels::AdamWSettings settings{.weight_decay = 0.25,
                                            .decayed = runs[r].end <= decayed ? runs[r].end : 0};
      if (runs[r].eight_bit)
        kernels::adamw8bit_step(part(q), part(g), alone[r], part(q_shadow), scalars, settings);
      else
        kernels::adamw_step(part(q), part(g), full[r].first, full[r].second, part(q_shadow),
                            scalars, settings);
    }
  }
  CHECK(same_bits(p, q));
  CHECK(same_bits(p_shadow, q_shadow));
  for (size_t r = 0; r < runs.size(); ++r) {
    const AdamW8bitState moments = state.moments_of(runs, r);
    CHECK(same_bits(runs[r].eight_bit ? moments.c2 : moments.v,
                    runs[r].eight_bit ? alone[r].c2 : full[r].second));
  }
  // The gap belongs to no parameter.
  CHECK(same_bits(p_shadow.rows(5888, 6144), Tensor::zeros({256}, DType::bf16)));
}

TEST_CASE("adamw8bit: runs that share a block, or do not ascend, are refused") {
  using Run = AdamW8bitState::Run;
  const auto zeros = [](const std::vector<Run>& runs) { AdamW8bitState::zeros(runs, kCpu); };
  CHECK_NOTHROW(zeros({}));
  CHECK_NOTHROW(zeros({{0, 100, false}, {256, 300, false}, {512, 600, true}}));
  CHECK_THROWS_WITH_AS(zeros({{0, 100, true}, {256, 512, true}}),
                       doctest::Contains("8-bit blocks of 256 may not cross them"), Error);
  CHECK_THROWS_WITH_AS(zeros({{0, 512, true}, {256, 600, false}}),
                       doctest::Contains("elements [256, 600) after 512"), Error);
  CHECK_THROWS_WITH_AS(zeros({{128, 256, false}}), doctest::Contains("[128, 256)"), Error);
  const std::vector<Run> mixed = {{0, 256, true}, {256, 300, false}};
  const Tensor p = Tensor::zeros({300}, DType::bf16);
  CHECK_THROWS_WITH_AS(
      kernels::adamw8bit_step(p, p, AdamW8bitState::zeros(mixed, kCpu), {},
                              kernels::StepScalars::make(kCpu), {}),
      doctest::Contains("p, of which some has f32 moments, should be float32 [300]"), Error);
}

TEST_CASE("adamw8bit: a gradient that is not finite leaves its parameter alone") {
  const Tensor p = Tensor::of(std::vector<float>{1, 2, 3}, {3});
  const Tensor grad = Tensor::of(std::vector<float>{INFINITY, 1, NAN}, {3});
  const AdamW8bitState state = AdamW8bitState::zeros(3, kCpu);
  const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
  set(scalars, 0.5, 1);
  kernels::adamw8bit_step(p, grad, state, {}, scalars, {.weight_decay = 0.1, .decayed = 3});
  CHECK(p.data<float>()[0] == 1);
  CHECK(p.data<float>()[1] == doctest::Approx(1.5 * 0.95));
  CHECK(p.data<float>()[2] == 3);
  CHECK(state.nbytes() == 3 + 3 + 4 + 4);
  CHECK_THROWS_AS(
      kernels::adamw8bit_step(p, Tensor::zeros({4}, DType::f32), state, {}, scalars, {}), Error);
}

// Every bucket's ends and every threshold with its neighbours: between them codes do not change.
template <bool with_signs>
void check_code_table(const kernels::DynamicMap& map) {
  using Table = kernels::CodeTable<with_signs>;
  Table table;
  for (int i = 0; i < 256; ++i) table.fill(map.data(), i);
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> numbers = {0, -0.0f, infinity, std::numeric_limits<float>::quiet_NaN()};
  for (int b = Table::kFirst; b <= Table::kLast + 1; ++b)
    numbers.push_back(std::bit_cast<float>(b << Table::kDropped));
  for (int i = 0; i < 255; ++i) numbers.push_back((map[i] + map[i + 1]) * 0.5f);
  int64_t wrong = 0;
  for (const float x : numbers)
    for (const float near : {x, std::nextafter(x, infinity), std::nextafter(x, -infinity)})
      for (const float signed_x : {near, -near})
        if (with_signs || !(signed_x < 0))
          wrong += table.code(signed_x) != kernels::nearest_code(map, signed_x);
  CHECK(wrong == 0);
}

TEST_CASE("code_table: the codes of a search") {
  check_code_table<true>(kernels::signed_dynamic_map());
  check_code_table<false>(kernels::unsigned_dynamic_map());
}

TEST_CASE("cuda: 8-bit AdamW gives the CPU's bits over some steps") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f32, DType::bf16, DType::f16})
    for (const bool mixed : {false, true}) {
      if (mixed && dtype != DType::f32) continue;
      const int64_t n = 5000;
      const AdamW8bitState::Run runs[] = {{0, 1024, true}, {1024, 2000, false}, {2048, 5000, true}};
      const auto run = [&](const std::vector<Tensor>& t) {
        const Device device = t[0].device();
        const Tensor p = kernels::cast(t[0], dtype),
                     shadow = Tensor::zeros({n}, DType::bf16, device);
        const AdamW8bitState state =
            mixed ? AdamW8bitState::zeros(runs, device) : AdamW8bitState::zeros(n, device);
        for (int64_t step = 1; step <= 3; ++step) {
          const kernels::StepScalars scalars{Tensor::scalar(0.01f, device),
                                             Tensor::scalar(step, device),
                                             Tensor::scalar(0.9f, device)};
          kernels::adamw8bit_step(p, t[static_cast<size_t>(step)], state, shadow, scalars,
                                  {.weight_decay = 0.1, .decayed = 3000});
        }
        // The f32 moments are not compared bit by bit: their square roots are not approximate.
        if (mixed) return std::vector<Tensor>{p.narrow(0, 0, 1024), state.c1, state.c2};
        return std::vector<Tensor>{p, state.c1, state.c2, state.absmax1, state.absmax2, shadow};
      };
      test::check_gpu_matches(
          name_of(dtype),
          {random_tensor({n}, dtype, "p"), random_tensor({n}, DType::f32, "g1"),
           random_tensor({n}, DType::f32, "g2"), random_tensor({n}, DType::f32, "g3")},
          run, 0);
      // All magnitudes that have codes, and what is not finite.
      Tensor wild = random_tensor({n}, DType::f32, "wild");
      for (int64_t i = 0; i < n; ++i)
        wild.data<float>()[i] = std::ldexp(wild.data<float>()[i], -static_cast<int>(i % 29));
      wild.data<float>()[7] = std::numeric_limits<float>::infinity();
      wild.data<float>()[4097] = std::numeric_limits<float>::quiet_NaN();
      std::fill_n(wild.data<float>() + 256, 256, 0.0f);
      test::check_gpu_matches(std::string(name_of(dtype)) + ", wild",
                              {random_tensor({n}, dtype, "p"), wild, wild, wild}, run, 0);
    }
}

}  // namespace
}  // namespace hone
