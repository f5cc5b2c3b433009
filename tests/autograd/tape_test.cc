// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/tape.h"

#include <doctest/doctest.h>

#include "autograd/checkpoint.h"
#include "autograd/gradcheck.h"
#include "autograd/saved.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

Tensor f64(std::vector<double> v) {
  const int64_t n = static_cast<int64_t>(v.size());
  return Tensor::of(v, {n});
}

// The smallest ops, written here so that the tape is tested by itself.
Var plus(const Var& a, const Var& b) {
  return record({a, b}, kernels::add(a.value(), b.value()),
                [ga = a.grad(), gb = b.grad()](const Tensor& dy) {
                  ga->add(dy);
                  gb->add(dy);  // the same buffer twice: neither may write to it
                });
}
Var times(const Var& a, const Var& b) {
  return record({a, b}, kernels::multiply(a.value(), b.value()),
                [x = Saved("times.a", a.value()), y = Saved("times.b", b.value()), ga = a.grad(),
                 gb = b.grad()](const Tensor& dy) {
                  if (ga->wanted()) ga->add(kernels::multiply(dy, y.get()));
                  if (gb->wanted()) gb->add(kernels::multiply(dy, x.get()));
                });
}
std::vector<Var> sum_and_product(const Var& a, const Var& b) {
  return record(
      {a, b}, {kernels::add(a.value(), b.value()), kernels::multiply(a.value(), b.value())},
      [x = a.value(), y = b.value(), ga = a.grad(), gb = b.grad()](std::span<const Tensor> dy) {
        if (dy[0].defined()) {
          ga->add(dy[0]);
          gb->add(dy[0]);
        }
        if (dy[1].defined()) {
          ga->add(kernels::multiply(dy[1], y));
          gb->add(kernels::multiply(dy[1], x));
        }
      });
}

TEST_CASE("tape: x + x + x has gradient 3, and a shared gradient buffer is never written") {
  const Var x(f64({2, 5}), true);
  Tape tape;
  const Var y = plus(plus(x, x), x);
  const Tensor seed = f64({1, 10});
  tape.backward(y, seed);
  CHECK(x.grad()->value().to_vector<double>() == std::vector<double>{3, 30});
  CHECK(seed.to_vector<double>() == std::vector<double>{1, 10});
}

TEST_CASE("tape: ops with several outputs get undefined gradients for unused ones") {
  const auto f = [](std::span<const Var> v) {
    std::vector<Var> ys = sum_and_product(v[0], v[1]);
    return std::vector<Var>{ys[0], times(ys[1], v[0])};
  };
  const auto r = gradcheck(f, {random_f64({7}, "a"), random_f64({7}, "b")});
  CHECK_MESSAGE(r.worst < 1e-7, r.where);
  CHECK(r.checked == 3 * 14);
}

TEST_CASE("tape: nothing is recorded without a tape, under NoGrad, or for constants") {
  const Var x(f64({1}), true), c(f64({2}));
  CHECK_FALSE(times(x, c).requires_grad());
  Tape tape;
  CHECK(times(x, c).requires_grad());
  CHECK_FALSE(times(c, c).requires_grad());
  {
    const NoGrad quiet;
    CHECK_FALSE(times(x, c).requires_grad());
  }
  CHECK(tape.size() == 1);
}

TEST_CASE("tape: what a node saved is freed as soon as it has run") {
  const int64_t before = memory_stats(kCpu).live;
  const Var x(Tensor::zeros({1000}, DType::f64), true);
  {
    Tape tape;
    Var y = x;
    for (int i = 0; i < 10; ++i) y = times(y, y);
    CHECK(memory_stats(kCpu).live - before == 11 * 8000);
    tape.backward(y, Tensor::zeros({1000}, DType::f64));
  }
  CHECK(memory_stats(kCpu).live - before <= 3 * 8000);  // x, its gradient, the last y's seed
}

TEST_CASE("tape: a chain of a million nodes neither recurses nor sorts") {
  const Var x(f64({1}), true);
  const Var one(f64({1}));
  Tape tape;
  Var y = x;
  for (int i = 0; i < 1000000; ++i) y = plus(y, one);
  tape.backward(y);
  CHECK(x.grad()->value().item<double>() == 1);
}

TEST_CASE("grad slot: a bound parameter accumulates in its arena and nowhere else") {
  Tensor arena = Tensor::zeros({2, 4}, DType::f64);
  const Var w(f64({1, 2, 3, 4}), true);
  w.grad()->bind(arena.rows(1, 2).view({4}));
  for (int pass = 0; pass < 2; ++pass) {
    Tape tape;
    tape.backward(plus(w, w), f64({1, 1, 1, 1}));
  }
  CHECK(arena.to_vector<double>() == std::vector<double>{0, 0, 0, 0, 4, 4, 4, 4});
  w.grad()->clear();  // the next write overwrites
  kernels::fill(arena, 99);
  const kernels::GradTarget t = w.grad()->target({4}, DType::f64, kCpu);
  CHECK_FALSE(t.accumulate);
  CHECK(t.tensor.shares_storage(arena));
  CHECK(w.grad()->target({4}, DType::f64, kCpu).accumulate);
}

TEST_CASE("grad slot: target() never hands out a buffer that someone else holds") {
  const Var x(f64({1, 1}), true);
  const Tensor outside = f64({5, 6});
  x.grad()->add(outside);
  const kernels::GradTarget t = x.grad()->target({2}, DType::f64, kCpu);
  CHECK(t.accumulate);
  kernels::cast_into(f64({1, 1}), t.tensor, true);
  CHECK(outside.to_vector<double>() == std::vector<double>{5, 6});
  CHECK(x.grad()->value().to_vector<double>() == std::vector<double>{6, 7});
}

TEST_CASE("checkpoint: same gradients, also for a frozen input below trained weights") {
  const Var w(f64({3, 4}), true);
  const auto block = [&w](std::span<const Var> in) {
    return std::vector<Var>{times(times(in[0], w), w)};
  };
  for (const bool input_trains : {false, true}) {
    const Var x(f64({5, 6}), input_trains);
    std::vector<Tensor> plain;
    for (const bool recompute : {false, true}) {
      w.grad()->clear();
      x.grad()->clear();
      Tape tape;
      const std::vector<Var> in{x};
      const Var y = recompute ? checkpoint("block", block, in, true)[0] : block(in)[0];
      tape.backward(y, f64({1, 1}));
      std::vector<Tensor> grads{w.grad()->value()};
      if (input_trains) grads.push_back(x.grad()->value());
      if (!recompute) plain = grads;
      for (size_t i = 0; i < grads.size(); ++i) CHECK(test::same_bits(grads[i], plain[i]));
    }
  }
}

TEST_CASE("checkpoint: kept tensors come back in order, through nesting too") {
  int computed = 0;
  const auto choose = [&] {
    ++computed;
    return std::vector<Tensor>{f64({static_cast<double>(computed)})};
  };
  const auto inner = [&](std::span<const Var> in) {
    return std::vector<Var>{times(in[0], Var(keep_through_recompute(choose)[0]))};
  };
  const auto outer = [&](std::span<const Var> in) {
    const Var a = times(in[0], Var(keep_through_recompute(choose)[0]));
    return checkpoint("inner", inner, std::vector<Var>{a}, false);
  };
  const Var x(f64({1}), true);
  Tape tape;
  const Var y = checkpoint("outer", outer, std::vector<Var>{x}, false)[0];
  CHECK(y.value().item<double>() == 2);
  tape.backward(y);
  CHECK(x.grad()->value().item<double>() == 2);
  CHECK(computed == 2);
}

TEST_CASE("saved: recompute holds the recipe instead of the bytes") {
  const SavePlan plan{{"op.y", SavePolicy::recompute}};
  const SavePlanScope scope(plan);
  const Tensor x = f64({1, 2});
  const Saved kept("op.x", x);
  int made = 0;
  const auto recipe = std::make_shared<const Recipe>([kept, &made] {
    ++made;
    return kernels::scale(kept.get(), 2);
  });
  std::weak_ptr<const Recipe> watched = recipe;
  {
    const Saved again("op.y", f64({9, 9}), recipe), by_another_op("op.y", f64({9, 9}), recipe);
    CHECK(again.bytes() == 0);
    CHECK(kept.bytes() == 16);
    CHECK(again.get().to_vector<double>() == std::vector<double>{2, 4});
    CHECK(by_another_op.get().to_vector<double>() == std::vector<double>{2, 4});
    CHECK(made == 1);  // for both
  }
  CHECK(watched.use_count() == 1);  // nothing else holds what was made
  const Saved other("op.z", x, std::make_shared<const Recipe>([] { return Tensor(); }));
  CHECK(other.bytes() == 16);  // not in the plan: kept
}

TEST_CASE("gradcheck: a wrong gradient is noticed") {
  const auto wrong = [](std::span<const Var> v) {
    return std::vector<Var>{record({v[0]}, kernels::multiply(v[0].value(), v[0].value()),
                                   [x = v[0].value(), g = v[0].grad()](const Tensor& dy) {
                                     g->add(kernels::multiply(dy, x));  // the 2 is missing
                                   })};
  };
  CHECK(gradcheck(wrong, {random_f64({5}, "x")}).worst > 0.1);
}

}  // namespace
}  // namespace hone
