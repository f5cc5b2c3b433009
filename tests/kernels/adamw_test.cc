// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/adamw.h"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/core/parallel.h"
#include "kernels/optimizer/global_norm.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;

// torch.optim.AdamW written out for one number, in double.
struct ScalarAdamW {
  double m = 0, v = 0;
  double step(double p, double g, double lr, double decay, int t) {
    p -= lr * decay * p;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double denominator = std::sqrt(v) / std::sqrt(1 - std::pow(0.999, t)) + 1e-8;
    return p - lr / (1 - std::pow(0.9, t)) * m / denominator;
  }
};

TEST_CASE("adamw: twenty steps of each element follow the scalar recurrence") {
  const int64_t n = 1001, decayed = 700;
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor p = random_tensor({n}, dtype, "p");
    const Tensor m = Tensor::zeros({n}, dtype), v = Tensor::zeros({n}, dtype);
    const Tensor shadow = Tensor::empty({n}, DType::bf16);
    std::vector<ScalarAdamW> oracle(static_cast<size_t>(n));
    std::vector<double> q = kernels::cast(p, DType::f64).to_vector<double>();
    const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
    *scalars.clip.data<float>() = 0.5f;
    for (int t = 1; t <= 20; ++t) {
      const Tensor g = random_tensor({n}, dtype, "g" + std::to_string(t), 0.1);
      *scalars.learning_rate.data<float>() = 0.0078125f * static_cast<float>(t);
      *scalars.step.data<int64_t>() = t;
      kernels::adamw_step(p, g, m, v, shadow, scalars, {.weight_decay = 0.25, .decayed = decayed});
      const std::vector<double> g64 = kernels::cast(g, DType::f64).to_vector<double>();
      for (size_t i = 0; i < q.size(); ++i)
        q[i] = oracle[i].step(q[i], 0.5 * g64[i], 0.0078125 * t,
                              static_cast<int64_t>(i) < decayed ? 0.25 : 0, t);
    }
    CHECK(test::rel_err(p, Tensor::of(q, {n})) < (dtype == DType::f64 ? 1e-14 : 1e-6));
    CHECK(test::same_bits(shadow, kernels::cast(p, DType::bf16)));
  }
}

TEST_CASE("clip_factor: the norm over many blocks, with any number of threads") {
  const int64_t n = 3 * kernels::kNormBlock + 17;
  const Tensor g = random_tensor({n}, DType::f32, "g");
  double sum = 0;
  for (float x : g.to_vector<float>()) sum += static_cast<double>(x) * x;
  const Tensor norm = Tensor::zeros({}, DType::f32);
  const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
  const Tensor &clip = scalars.clip, &step = scalars.step;
  kernels::set_num_threads(2);
  kernels::clip_factor(g, {}, 2.0, norm, scalars);
  const float two = norm.item<float>();
  CHECK(two == doctest::Approx(std::sqrt(sum)).epsilon(1e-7));
  CHECK(clip.item<float>() == doctest::Approx(2.0 / std::sqrt(sum)).epsilon(1e-6));
  kernels::set_num_threads(1);
  kernels::clip_factor(g, {}, 1e9, norm, scalars);
  CHECK(norm.item<float>() == two);
  CHECK(clip.item<float>() == 1);
  kernels::clip_factor(g, {}, 0, norm, scalars);
  CHECK(clip.item<float>() == 1);
  CHECK(step.item<int64_t>() == 3);
  g.data<float>()[70000] = NAN;
  kernels::clip_factor(g, {}, 1, norm, scalars);
  CHECK(std::isnan(norm.item<float>()));
  CHECK(std::isnan(clip.item<float>()));  // AdamW changes nothing then
  CHECK(step.item<int64_t>() == 3);
  g.data<float>()[70000] = 1e30f;
  kernels::clip_factor(g, {}, 1, norm, scalars);
  CHECK(clip.item<float>() == doctest::Approx(1e-30));
  CHECK(step.item<int64_t>() == 4);
}

TEST_CASE("clip_factor: a loss that is not finite is a step that is not taken") {
  const Tensor g = random_tensor({100}, DType::f32, "g"), norm = Tensor::zeros({}, DType::f32);
  const kernels::StepScalars scalars = kernels::StepScalars::make(kCpu);
  for (const double bad : {HUGE_VAL, -HUGE_VAL, double{NAN}})
    for (size_t at = 0; at < 3; ++at) {
      std::vector<double> losses = {0.5, 7, 0};
      kernels::clip_factor(g, Tensor::of(losses, {3}), 1, norm, scalars);
      CHECK(std::isfinite(scalars.clip.item<float>()));
      const int64_t taken = scalars.step.item<int64_t>();
      losses[at] = bad;
      kernels::clip_factor(g, Tensor::of(losses, {3}), 1, norm, scalars);
      CHECK(std::isfinite(norm.item<float>()));
      CHECK(std::isnan(scalars.clip.item<float>()));
      CHECK(scalars.step.item<int64_t>() == taken);
    }
}

TEST_CASE("cuda: AdamW and clipping match the CPU") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32})
    for (const int64_t n : {1, 63, 5000, 200000})
      for (const char* bad : {"nothing", "a gradient", "a loss"}) {
        const bool finite = bad == std::string("nothing");
        const Tensor grad = test::random_tensor({n}, dtype, "g");
        const Tensor losses = test::random_tensor({2}, DType::f64, "losses");
        if (bad == std::string("a gradient")) kernels::fill(grad.narrow(0, n / 2, 1), HUGE_VAL);
        if (bad == std::string("a loss")) kernels::fill(losses.narrow(0, 1, 1), NAN);
        const auto run = [&](const std::vector<Tensor>& t) {
          const Device device = t[0].device();
          const kernels::StepScalars scalars{Tensor::scalar(0.01f, device),
                                             Tensor::scalar(int64_t{3}, device),
                                             Tensor::empty({}, DType::f32, device)};
          const Tensor norm = Tensor::empty({}, DType::f32, device);
          const Tensor p = kernels::cast(t[0], dtype), m = kernels::cast(t[2], dtype),
                       v = kernels::multiply(t[2], t[2]), shadow = kernels::cast(p, DType::bf16);
          kernels::clip_factor(t[1], losses.to(device), 0.5, norm, scalars);
          kernels::adamw_step(p, t[1], m, v, shadow, scalars,
                              {.weight_decay = 0.1, .decayed = n / 2});
          if (!finite) return std::vector<Tensor>{p, m, v, shadow, scalars.step};
          return std::vector<Tensor>{p, m, v, shadow, scalars.step, norm, scalars.clip};
        };
        test::check_gpu_matches(
            std::to_string(n) + " parameters, not finite: " + bad,
            {test::random_tensor({n}, dtype, "p"), grad, test::random_tensor({n}, dtype, "m", 0.1)},
            run, 2);
      }
}

}  // namespace
}  // namespace hone
