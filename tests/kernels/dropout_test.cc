// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/dropout.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/dropout/dropout.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::DropoutStream;

TEST_CASE("dropout: every element is 0 or x / (1 - p), as its own random number says") {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const double p : {0.0, 0.1, 0.75}) {
      const RandomStream random(5, "layer.3", 7);
      const Tensor x = test::random_tensor({3, 1111}, dtype, "x");
      const std::vector<double> from = kernels::cast(x, DType::f64).to_vector<double>();
      const Tensor y = kernels::dropout(x, p, DropoutStream::of(5, "layer.3", 7));
      const Tensor expected = Tensor::zeros(x.shape(), DType::f64);
      for (size_t i = 0; i < from.size(); ++i)
        if (random.uniform(i) >= p) expected.data<double>()[i] = from[i] / (1 - p);
      CHECK(test::rel_err(y, expected) < (dtype == DType::bf16 ? 8e-3 : 1e-6));
      const std::vector<double> to = kernels::cast(y, DType::f64).to_vector<double>();
      const double zeros = static_cast<double>(std::count(to.begin(), to.end(), 0.0));
      CHECK(zeros / 3333 == doctest::Approx(p).epsilon(0.1));
    }
}

TEST_CASE("dropout: seed and pass are read when the kernel runs, not when the op is recorded") {
  const Tensor x = test::random_tensor({999}, DType::f32, "x");
  const DropoutStream stream = DropoutStream::of(1, "a", 0);
  const auto replay = [&](int64_t seed, int64_t pass) {
    stream.seed_and_pass.data<int64_t>()[0] = seed;
    stream.seed_and_pass.data<int64_t>()[1] = pass;
    return kernels::dropout(x, 0.5, stream);
  };
  for (const auto& [seed, pass] : {std::pair<int64_t, int64_t>{1, 0}, {1, 3}, {7, 3}, {-1, 1}})
    CHECK(test::same_bits(replay(seed, pass),
                          kernels::dropout(x, 0.5,
                                           DropoutStream::of(static_cast<uint64_t>(seed), "a",
                                                             static_cast<uint64_t>(pass)))));
  CHECK_FALSE(test::same_bits(replay(1, 0), replay(1, 1)));
  CHECK_THROWS_WITH_AS(kernels::dropout(x, 0.5, DropoutStream{}),
                       doctest::Contains("needs seed and pass"), Error);
}

TEST_CASE("gradcheck: dropout") {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{3, 33}, Shape{2, 3, 5}, Shape{0, 4}})
    for (const double p : {0.0, 0.5}) {
      const auto r = gradcheck(
          [&](std::span<const Var> v) {
            return std::vector<Var>{dropout(v[0], p, DropoutStream::of(2, "m"))};
          },
          {random_f64(shape, "x")});
      CHECK_MESSAGE(r.worst < 1e-7, (shape.str() + ": " + r.where));
    }
}

TEST_CASE("dropout: keyed by path and step, not by threads; nothing is saved") {
  const Tensor x = test::random_tensor({20000}, DType::f32, "x");
  const Tensor y = kernels::dropout(x, 0.5, DropoutStream::of(1, "a", 0));
  CHECK(!test::same_bits(y, kernels::dropout(x, 0.5, DropoutStream::of(1, "b", 0))));
  CHECK(!test::same_bits(y, kernels::dropout(x, 0.5, DropoutStream::of(1, "a", 1))));
  const int threads = kernels::num_threads();
  kernels::set_num_threads(threads + 1);
  CHECK(test::same_bits(y, kernels::dropout(x, 0.5, DropoutStream::of(1, "a", 0))));
  kernels::set_num_threads(threads);

  Tensor alone = random_f64({9}, "x");
  Tape tape;
  const Var dropped = dropout(Var(alone, true), 0.5, DropoutStream::of(1, "a"));
  CHECK(tape.size() == 1);
  CHECK(alone.unique());
  CHECK_THROWS_WITH_AS(dropout(Var(alone), 1.0, DropoutStream()),
                       doctest::Contains("not in [0, 1)"), Error);
}

TEST_CASE("cuda: dropout gives the CPU's bits") {
  if (!test::have_gpu()) return;
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const Shape& shape : {Shape{1}, Shape{63, 17}, Shape{500, 128}, Shape{0, 8}})
      for (const double p : {0.0, 0.1, 0.75}) {
        const auto run = [&](const std::vector<Tensor>& t) {
          return std::vector<Tensor>{kernels::dropout(t[0], p, {t[1], hash_path("layer.3")})};
        };
        test::check_gpu_matches(shape.str(),
                                {test::random_tensor(shape, dtype, "x"),
                                 DropoutStream::of(5, "layer.3", 7).seed_and_pass},
                                run, 0);
      }
}

}  // namespace
}  // namespace hone
