// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>

#include "kernels/core/parallel.h"
#include "kernels/moe/grouped_gemm.h"
#include "kernels/moe/grouped_gram.h"
#include "kernels/moe/lora.h"
#include "tests/kernels/moe_reference.h"
#include "tests/support/on_gpu.h"

namespace hone::kernels {
namespace {

using test::arranged;
using test::expert_gram;
using test::expert_product;
using test::MoeShape;
using test::random_experts;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

constexpr RowsBy kAllRows[] = {RowsBy::token, RowsBy::assignment, RowsBy::expert};

int64_t rows_by(RowsBy by, const MoeShape& s) { return by == RowsBy::token ? s.T : s.T * s.k; }

TEST_CASE("grouped_gemm: matches a loop over positions, gathering and scattering") {
  for (const MoeShape& s : test::moe_shapes()) {
    CAPTURE(s.name);
    const ExpertOrder order = moe_sort(random_experts(s.T, s.k, s.E), s.E);
    const Tensor stack = random_tensor({s.E, s.out, s.in}, DType::f32, "w");
    for (const auto& [dtype, tolerance] : test::kMoeTolerances)
      for (const Transpose op : {Transpose::yes, Transpose::no}) {
        const Tensor w =
            cast(stack, dtype)
                .view(op == Transpose::yes ? Shape{s.E, s.out, s.in} : Shape{s.E, s.in, s.out});
        for (const RowsBy x_by : kAllRows) {
          const Tensor x = random_tensor({rows_by(x_by, s), s.in}, dtype, "x");
          const Tensor expected = expert_product(x, x_by, w, op, order);
          for (const RowsBy y_by : {RowsBy::assignment, RowsBy::expert}) {
            const Tensor y = Tensor::empty({s.T * s.k, s.out}, dtype);
            fill(y, std::numeric_limits<double>::quiet_NaN());  // beta = 0 must not read it
            grouped_gemm(x, x_by, w, op, 1, 0, order, y, y_by);
            CHECK(rel_err(y, arranged(expected, y_by, order)) < tolerance);
          }
        }
      }
  }
}

TEST_CASE("grouped_gemm: alpha and beta") {
  const ExpertOrder order = moe_sort(random_experts(19, 2, 4), 4);
  const Tensor x = random_tensor({19, 7}, DType::f64, "x"),
               w = random_tensor({4, 5, 7}, DType::f64, "w"),
               before = random_tensor({38, 5}, DType::f64, "y");
  const Tensor y = cast(before, DType::f64);
  grouped_gemm(x, RowsBy::token, w, Transpose::yes, -1.5, 0.25, order, y, RowsBy::assignment);
  const Tensor product = arranged(expert_product(x, RowsBy::token, w, Transpose::yes, order),
                                  RowsBy::assignment, order);
  CHECK(rel_err(y, add(scale(product, -1.5), scale(before, 0.25))) < 1e-14);
}

TEST_CASE("grouped_gemm: some consecutive experts leave the rows of the others alone") {
  const ExpertOrder order = moe_sort(random_experts(50, 2, 6), 6);
  const Tensor x = random_tensor({50, 8}, DType::f32, "x"),
               w = random_tensor({6, 9, 8}, DType::f32, "w");
  const Tensor whole = Tensor::empty({100, 9}, DType::f32), parts = Tensor::empty_like(whole);
  grouped_gemm(x, RowsBy::token, w, Transpose::yes, 1, 0, order, whole, RowsBy::expert);
  fill(parts, -1);
  const auto run = [&](int64_t begin, int64_t end) {
    grouped_gemm(x, RowsBy::token, w.rows(begin, end), Transpose::yes, 1, 0,
                 {order.order, order.inverse, order.offsets.rows(begin, end + 1)}, parts,
                 RowsBy::expert);
  };
  run(2, 4);
  const int32_t* offsets = order.offsets.data<int32_t>();
  for (int64_t p = 0; p < 100; ++p)
    CHECK((parts.data<float>()[p * 9] == -1) == (p < offsets[2] || p >= offsets[4]));
  run(0, 2);
  run(4, 6);
  CHECK(same_bits(parts, whole));
}

TEST_CASE("grouped_gemm: a token's rows have the same bits whatever else the experts do") {
  const int64_t T = 203, k = 2, E = 3;  // blocks of 64 rows, cut at other places below
  const Tensor ids = random_experts(T, k, E);
  const Tensor w = random_tensor({E, 300, 72}, DType::f32, "w");
  const Tensor x = random_tensor({T, 72}, DType::f32, "x");
  const auto run = [&](int64_t begin, int64_t end) {
    const Tensor y = Tensor::empty({(end - begin) * k, 300}, DType::f32);
    grouped_gemm(x.rows(begin, end), RowsBy::token, w, Transpose::yes, 1, 0,
                 moe_sort(ids.rows(begin, end), E), y, RowsBy::assignment);
    return y;
  };
  const Tensor together = run(0, T);
  for (const auto& [begin, end] : {std::pair{0, 1}, {1, 18}, {18, 130}, {130, 203}})
    CHECK(same_bits(run(begin, end), together.rows(begin * k, end * k)));
}

TEST_CASE("grouped_gram: matches a loop over positions") {
  for (const MoeShape& s : test::moe_shapes()) {
    CAPTURE(s.name);
    const ExpertOrder order = moe_sort(random_experts(s.T, s.k, s.E), s.E);
    for (const auto& [dtype, tolerance] : test::kMoeTolerances)
      for (const RowsBy u_by : kAllRows)
        for (const RowsBy v_by : {RowsBy::token, RowsBy::expert}) {
          const Tensor u = random_tensor({rows_by(u_by, s), s.R}, dtype, "u"),
                       v = random_tensor({rows_by(v_by, s), s.in}, dtype, "v");
          const Tensor g = Tensor::empty({s.E, s.R, s.in}, accumulator_dtype(dtype));
          fill(g, std::numeric_limits<double>::quiet_NaN());
          grouped_gram(u, u_by, v, v_by, 2, order, {g, false});
          const Tensor expected = scale(expert_gram(u, u_by, v, v_by, order), 2);
          // Inputs are exact and the sums f32: bf16 does no worse than f32.
          CHECK(rel_err(g, expected) < std::min(tolerance, 1e-5));
        }
  }
  const ExpertOrder order = moe_sort(random_experts(70, 2, 3), 3);  // tiles beyond the first
  const Tensor u = random_tensor({140, 131}, DType::f64, "u"),
               v = random_tensor({70, 259}, DType::f64, "v");
  const Tensor g = random_tensor({3, 131, 259}, DType::f64, "g"), before = cast(g, DType::f64);
  grouped_gram(u, RowsBy::expert, v, RowsBy::token, 0.5, order, {g, true});
  const Tensor product = expert_gram(u, RowsBy::expert, v, RowsBy::token, order);
  CHECK(rel_err(g, add(before, scale(product, 0.5))) < 1e-13);
}

TEST_CASE("D10: experts without tokens get exact zeros over a poisoned destination") {
  const ExpertOrder order = moe_sort(Tensor::zeros({16, 1}, DType::i32), 8);
  const Tensor u = random_tensor({16, 3}, DType::bf16, "u"),
               v = random_tensor({16, 20}, DType::bf16, "v");
  const Tensor g = Tensor::empty({8, 3, 20}, DType::f32);
  fill(g, std::numeric_limits<double>::quiet_NaN());
  grouped_gram(u, RowsBy::expert, v, RowsBy::token, 1, order, {g, false});
  CHECK(same_bits(g.rows(1, 8), Tensor::zeros({7, 3, 20}, DType::f32)));
  CHECK(rel_err(g, expert_gram(u, RowsBy::expert, v, RowsBy::token, order)) < 1e-5);
  grouped_gram(u, RowsBy::expert, v, RowsBy::token, 1, order, {});  // unwanted: nothing happens
}

TEST_CASE("D8: offsets into a stack of more than 2^31 elements are 64-bit") {
  static_assert(stack_offset(255, 1024, 1 << 14) == 255ll << 24);
  static_assert(stack_offset(int64_t{1} << 20, 1 << 12, 1 << 12) == int64_t{1} << 44);

  // The last of 2^21 + 1 experts of 1024 elements, in 4 GiB of which two pages are touched.
  const int64_t E = (int64_t{1} << 21) + 1, in = 32, out = 32;
  const Tensor w = Tensor::empty({E, out, in}, DType::bf16);
  const Tensor last = random_tensor({1, out, in}, DType::bf16, "last");
  copy_bytes(last, w.rows(E - 1, E));
  const Tensor ids = Tensor::of(std::vector<int32_t>(5, static_cast<int32_t>(E - 1)), {5, 1});
  const Tensor x = random_tensor({5, in}, DType::bf16, "x");
  const Tensor y = Tensor::empty({5, out}, DType::bf16), expected = Tensor::empty_like(y);
  grouped_gemm(x, RowsBy::token, w, Transpose::yes, 1, 0, moe_sort(ids, E), y, RowsBy::expert);
  grouped_gemm(x, RowsBy::token, last, Transpose::yes, 1, 0,
               moe_sort(Tensor::zeros({5, 1}, DType::i32), 1), expected, RowsBy::expert);
  CHECK(same_bits(y, expected));
}

TEST_CASE("D7: grouped products need shapes alone on the meta device") {
  const auto meta = [](const Shape& s, DType t) { return Tensor::empty(s, t, kMeta); };
  const ExpertOrder order = moe_sort(meta({2048, 8}, DType::i32), 512);
  grouped_gemm(meta({2048, 4096}, DType::bf16), RowsBy::token, meta({512, 4096, 4096}, DType::bf16),
               Transpose::yes, 1, 0, order, meta({16384, 4096}, DType::bf16), RowsBy::expert);
  grouped_gram(meta({16384, 4096}, DType::bf16), RowsBy::expert, meta({2048, 4096}, DType::bf16),
               RowsBy::token, 1, order, {meta({512, 4096, 4096}, DType::f32), false});
}

TEST_CASE("grouped products: the same bits with one and two threads") {
  const ExpertOrder order = moe_sort(random_experts(300, 4, 7), 7);
  const Tensor x = random_tensor({300, 90}, DType::bf16, "x"),
               w = random_tensor({7, 310, 90}, DType::bf16, "w");
  const int before = num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    const Tensor y = Tensor::empty({1200, 310}, DType::bf16);
    const Tensor g = Tensor::empty({7, 310, 90}, DType::f32);
    grouped_gemm(x, RowsBy::token, w, Transpose::yes, 1, 0, order, y, RowsBy::expert);
    grouped_gram(y, RowsBy::expert, x, RowsBy::token, 1, order, {g, false});
    results.push_back({y, g});
  }
  set_num_threads(before);
  for (size_t i = 0; i < 2; ++i) CHECK(same_bits(results[0][i], results[1][i]));
}

TEST_CASE("grouped products: bad operands are refused") {
  const ExpertOrder order = moe_sort(random_experts(6, 2, 3), 3);
  const Tensor x = random_tensor({6, 4}, DType::f32, "x"), y = Tensor::empty({12, 5}, DType::f32);
  const auto run = [&](const Shape& w, DType t, RowsBy y_by) {
    grouped_gemm(x, RowsBy::token, random_tensor(w, t, "w"), Transpose::yes, 1, 0, order, y, y_by);
  };
  CHECK_THROWS_WITH_AS(run({3, 4, 5}, DType::f32, RowsBy::expert),
                       doctest::Contains("w [3, 4, 5] must be a contiguous [3, 5, 4]"), Error);
  CHECK_THROWS_WITH_AS(run({2, 5, 4}, DType::f32, RowsBy::expert),
                       doctest::Contains("w [2, 5, 4] must be a contiguous [3, 5, 4]"), Error);
  CHECK_THROWS_WITH_AS(run({3, 5, 4}, DType::bf16, RowsBy::expert),
                       doctest::Contains("w is bfloat16, the rows are float32"), Error);
  CHECK_THROWS_WITH_AS(run({3, 5, 4}, DType::f32, RowsBy::token),
                       doctest::Contains("one row per token"), Error);
  CHECK_THROWS_WITH_AS(grouped_gram(x, RowsBy::expert, y, RowsBy::expert, 1, order,
                                    {Tensor::empty({3, 4, 5}, DType::f32), false}),
                       doctest::Contains("u [6, 4] does not have the rows of 12 assignments"),
                       Error);
}

TEST_CASE("cuda: grouped products match the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    int64_t T, k, E, in, out, R;
  };
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c :
         {GpuCase{1, 1, 1, 1, 1, 1}, GpuCase{63, 2, 5, 17, 9, 3}, GpuCase{500, 2, 3, 64, 200, 16},
          GpuCase{130, 4, 16, 72, 136, 8}, GpuCase{300, 1, 2, 128, 256, 64}})
      for (const bool to_one : {false, true})  // all rows to one expert, none to the others
        for (const Transpose op : {Transpose::yes, Transpose::no})
          for (const RowsBy x_by : kAllRows) {
            const Tensor ids =
                to_one ? Tensor::zeros({c.T * c.k, 1}, DType::i32) : random_experts(c.T, c.k, c.E);
            const int64_t rows = x_by == RowsBy::token && !to_one ? c.T : c.T * c.k;
            const auto shape = [&](int64_t out, int64_t in) {
              return op == Transpose::yes ? Shape{c.E, out, in} : Shape{c.E, in, out};
            };
            const auto run = [&](const std::vector<Tensor>& t) {
              const ExpertOrder order = moe_sort(t[0], c.E);
              const Tensor y = cast(t[3], dtype), fresh = Tensor::empty_like(y),
                           fused = Tensor::empty_like(y), split = Tensor::empty_like(y),
                           rank = Tensor::empty({c.T * c.k, c.R}, dtype, y.device());
              grouped_gemm(t[1], x_by, t[2], op, 0.5, 1, order, y, RowsBy::assignment);
              grouped_gemm(t[1], x_by, t[2], op, 1, 0, order, fresh, RowsBy::expert);
              grouped_lora(t[1], x_by, t[2], op, t[4], t[5], 1.5, order, fused, RowsBy::expert,
                           rank, LoraForm::fused);
              grouped_lora(t[1], x_by, t[2], op, t[4], t[5], 1.5, order, split, RowsBy::assignment,
                           rank, LoraForm::split);
              const DType sums = accumulator_dtype(dtype);
              const auto zeros = [&](int64_t m, int64_t n) {
                const Tensor g = Tensor::empty({c.E, m, n}, sums, y.device());
                fill(g, 0.25);
                return g;
              };
              const GradTarget dw{zeros(c.out, c.in), true}, da{zeros(c.R, c.in)},
                  db{zeros(c.out, c.R)};
              grouped_gram(fresh, RowsBy::expert, t[1], x_by, 0.5, order, dw);
              grouped_gram(rank, RowsBy::expert, t[1], x_by, 2, order, da);
              grouped_gram(fresh, RowsBy::assignment, rank, RowsBy::expert, 1, order, db);
              return std::vector<Tensor>{order.order, order.inverse, order.offsets, y,
                                         fresh,       rank,          fused,         split,
                                         dw.tensor,   da.tensor,     db.tensor};
            };
            test::check_gpu_matches(std::to_string(c.T) + " tokens, " + std::to_string(c.E) +
                                        " experts, " + name_of(dtype),
                                    {ids, random_tensor({rows, c.in}, dtype, "x"),
                                     random_tensor(shape(c.out, c.in), dtype, "w"),
                                     random_tensor({c.T * c.k, c.out}, dtype, "y"),
                                     random_tensor(shape(c.R, c.in), dtype, "a"),
                                     random_tensor(shape(c.out, c.R), dtype, "b")},
                                    run, 8);
          }
}

}  // namespace
}  // namespace hone::kernels
