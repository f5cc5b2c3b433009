// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/attention.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/tape.h"
#include "kernels/attention/attention.h"
#include "kernels/core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using test::random_tensor;
using test::rel_err;

Tensor f64(const Tensor& t) { return kernels::cast(t, DType::f64); }

// Starts of documents of these lengths.
Tensor cu_seqlens(const std::vector<int64_t>& lengths) {
  std::vector<int32_t> cu = {0};
  for (const int64_t n : lengths) cu.push_back(cu.back() + static_cast<int32_t>(n));
  return Tensor::of(cu, {static_cast<int64_t>(cu.size())});
}
int64_t total(const std::vector<int64_t>& lengths) {
  int64_t n = 0;
  for (const int64_t l : lengths) n += l;
  return n;
}

// Softmax over the visible keys, row by row, in double.
Tensor definition(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& cu, double scale,
                  int64_t window) {
  const int64_t H = q.dim(1), Hk = k.dim(1), D = q.dim(2);
  const Tensor q64 = f64(q), k64 = f64(k), v64 = f64(v), o = Tensor::zeros(q.shape(), DType::f64);
  const auto at = [D](const Tensor& t, int64_t n, int64_t h) {
    return t.data<double>() + (n * t.dim(1) + h) * D;
  };
  for (int64_t s = 0; s + 1 < cu.dim(0); ++s)
    for (int64_t i = cu.data<int32_t>()[s]; i < cu.data<int32_t>()[s + 1]; ++i)
      for (int64_t h = 0; h < H; ++h) {
        double sum = 0;
        const int64_t last = window == kernels::kWholeDocument ? cu.data<int32_t>()[s + 1] : i + 1;
        for (int64_t j = cu.data<int32_t>()[s]; j < last; ++j) {
          if (window > 0 && i - j >= window) continue;
          double dot = 0;
          for (int64_t d = 0; d < D; ++d) dot += at(q64, i, h)[d] * at(k64, j, h / (H / Hk))[d];
          const double p = std::exp(scale * dot);
          sum += p;
          for (int64_t d = 0; d < D; ++d) at(o, i, h)[d] += p * at(v64, j, h / (H / Hk))[d];
        }
        for (int64_t d = 0; d < D; ++d) at(o, i, h)[d] /= sum;
      }
  return o;
}

struct Case {
  std::vector<int64_t> lengths;
  int64_t heads, kv_heads, head_dim, window;
};
const Case kCases[] = {{{1}, 1, 1, 1, 0},
                       {{63, 1, 0, 64, 65}, 4, 2, 17, 0},
                       {{200}, 3, 1, 33, 0},
                       {{200, 5}, 2, 2, 8, 1},
                       {{70, 130}, 4, 1, 8, 64},
                       {{0, 150, 0, 0}, 2, 1, 5, 67},
                       {{130}, 2, 1, 3, 2},  // the first query of a block sees one key of the last
                       {{150}, 2, 1, 5, 500},
                       {{63, 1, 0, 64, 65}, 4, 2, 17, kernels::kWholeDocument},
                       {{200}, 2, 2, 72, kernels::kWholeDocument}};

TEST_CASE("attention: forward matches the definition") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-13}, {DType::f32, 1e-5}, {DType::bf16, 1.5e-2}})
    for (const Case& c : kCases) {
      const int64_t N = total(c.lengths);
      const Tensor q = random_tensor({N, c.heads, c.head_dim}, dtype, "q"),
                   k = random_tensor({N, c.kv_heads, c.head_dim}, dtype, "k"),
                   v = random_tensor({N, c.kv_heads, c.head_dim}, dtype, "v");
      const Tensor cu = cu_seqlens(c.lengths);
      const Var o = attention(Var(q), Var(k), Var(v), cu, 0.4, c.window);
      CHECK(rel_err(o.value(), definition(q, k, v, cu, 0.4, c.window)) < tolerance);
      const Var flat(v.view({N, c.kv_heads * c.head_dim}));
      CHECK(test::same_bits(o.value(), attention(Var(q), Var(k), flat, cu, 0.4, c.window).value()));
    }
}

TEST_CASE("attention: large scores neither overflow nor lose the sum") {
  const Tensor q = random_tensor({130, 1, 4}, DType::f32, "q", 100),
               k = random_tensor({130, 1, 4}, DType::f32, "k", 100),
               v = random_tensor({130, 1, 4}, DType::f32, "v");
  const Tensor cu = cu_seqlens({130});
  const auto out = kernels::attention_forward(q, k, v, cu, 1, 0);
  const auto exact = kernels::attention_forward(f64(q), f64(k), f64(v), cu, 1, 0);
  CHECK(rel_err(out.o, exact.o) < 1e-2);  // scores of 1e4 have an absolute error of 1e-3 in f32
  CHECK(rel_err(out.lse, exact.lse) < 1e-6);
}

TEST_CASE("gradcheck: attention") {
  for (const Case& c :
       {Case{{1}, 1, 1, 1, 0}, Case{{3, 0, 9}, 4, 2, 3, 0}, Case{{130}, 1, 1, 1, 0},
        Case{{66, 2}, 2, 1, 2, 0}, Case{{7, 6}, 3, 1, 5, 3}, Case{{130}, 1, 1, 1, 2},
        Case{{140}, 1, 1, 1, 65}, Case{{3, 0, 9}, 4, 2, 3, kernels::kWholeDocument},
        Case{{130}, 1, 1, 1, kernels::kWholeDocument}}) {
    const int64_t N = total(c.lengths);
    const Tensor cu = cu_seqlens(c.lengths);
    const auto r = gradcheck(
        [&](std::span<const Var> v) {
          return std::vector<Var>{attention(v[0], v[1], v[2], cu, 0.7, c.window)};
        },
        {random_f64({N, c.heads, c.head_dim}, "q"), random_f64({N, c.kv_heads, c.head_dim}, "k"),
         random_f64({N, c.kv_heads * c.head_dim}, "v")});
    CHECK_MESSAGE(r.worst < 1e-7, (cu.shape().str() + ": " + r.where));
  }
}

struct Gradients {
  Tensor o, dq, dk, dv;
};
Gradients run(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& dout,
              const Tensor& cu, int64_t window) {
  const auto out = kernels::attention_forward(q, k, v, cu, 0.3, window);
  const auto d = kernels::attention_backward(dout, q, k, v, out, cu, 0.3, window);
  return {out.o, d.dq, d.dk, d.dv};
}
bool same_bits(const Gradients& a, const Gradients& b) {
  return test::same_bits(a.o, b.o) && test::same_bits(a.dq, b.dq) && test::same_bits(a.dk, b.dk) &&
         test::same_bits(a.dv, b.dv);
}

TEST_CASE("attention: backward in f32 and bf16 is near that in double, strided or not") {
  for (const auto& [dtype, tolerance] : {std::pair{DType::f32, 1e-5}, {DType::bf16, 3e-2}})
    for (const Case& c : kCases) {
      const int64_t N = total(c.lengths), H = c.heads, Hk = c.kv_heads, D = c.head_dim;
      const Tensor cu = cu_seqlens(c.lengths), dout = random_tensor({N, H, D}, dtype, "do");
      // One matrix of all projections, as a fused projection gives it.
      const Tensor qkv = random_tensor({N, (H + 2 * Hk) * D}, dtype, "qkv").split(1, H + 2 * Hk);
      const Tensor q = qkv.narrow(1, 0, H), k = qkv.narrow(1, H, Hk), v = qkv.narrow(1, H + Hk, Hk);
      const Gradients g = run(q, k, v, dout, cu, c.window);
      const Gradients exact = run(f64(q), f64(k), f64(v), f64(dout), cu, c.window);
      CHECK(rel_err(g.dv, exact.dv) < tolerance);
      if (N == 1 || c.window == 1) continue;  // one key: dq = dk = 0, up to rounding
      CHECK(rel_err(g.dq, exact.dq) < tolerance);
      CHECK(rel_err(g.dk, exact.dk) < tolerance);
      CHECK(same_bits(g, run(kernels::contiguous(q), kernels::contiguous(k), kernels::contiguous(v),
                             dout, cu, c.window)));
    }
}

TEST_CASE("attention: a packed document gives the bits it gives alone, for any number of threads") {
  const std::vector<int64_t> lengths = {70, 0, 1, 129, 33};
  const Tensor cu = cu_seqlens(lengths);
  const int64_t N = total(lengths);
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const int64_t window : {int64_t{0}, int64_t{40}, kernels::kWholeDocument}) {
      const Tensor q = random_tensor({N, 4, 9}, dtype, "q"),
                   k = random_tensor({N, 2, 9}, dtype, "k"),
                   v = random_tensor({N, 2, 9}, dtype, "v"),
                   dout = random_tensor({N, 4, 9}, dtype, "do");
      const int threads = kernels::num_threads();
      kernels::set_num_threads(1);
      const Gradients packed = run(q, k, v, dout, cu, window);
      kernels::set_num_threads(2);
      CHECK(same_bits(packed, run(q, k, v, dout, cu, window)));
      kernels::set_num_threads(threads);
      for (size_t s = 0; s < lengths.size(); ++s) {
        const int64_t from = cu.data<int32_t>()[s], to = from + lengths[s];
        const Gradients alone = run(q.rows(from, to), k.rows(from, to), v.rows(from, to),
                                    dout.rows(from, to), cu_seqlens({lengths[s]}), window);
        CHECK(same_bits(alone, {packed.o.rows(from, to), packed.dq.rows(from, to),
                                packed.dk.rows(from, to), packed.dv.rows(from, to)}));
      }
    }
}

TEST_CASE("attention: bad operands are refused with their shapes named") {
  const Tensor q = random_f64({4, 3, 2}, "q"), k = random_f64({4, 2, 2}, "k");
  const Tensor one = random_f64({4, 1, 2}, "one");
  CHECK_THROWS_WITH_AS(kernels::attention_forward(q, k, k, cu_seqlens({4}), 1, 0),
                       doctest::Contains("3 query heads cannot share 2 key heads"), Error);
  CHECK_THROWS_WITH_AS(kernels::attention_forward(q, one, k, cu_seqlens({4}), 1, 0),
                       doctest::Contains("q [4, 3, 2], k [4, 1, 2] and v [4, 2, 2] do not fit"),
                       Error);
  CHECK_THROWS_WITH_AS(
      kernels::attention_forward(q, one, one, cu_seqlens({3}), 1, 0),
      doctest::Contains("must rise from 0 to the number of rows, 4; it goes from 0 to 3"), Error);
  CHECK_THROWS_WITH_AS(kernels::attention_forward(
                           q, one, one, Tensor::of(std::vector<int32_t>{0, 3, 2, 4}, {4}), 1, 0),
                       doctest::Contains("must rise from 0 to the number of rows, 4"), Error);
}

TEST_CASE("cuda: attention matches the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    std::vector<int32_t> ends;
    int64_t H, Hk, D, window;
  };
  const GpuCase cases[] = {{{0, 1}, 1, 1, 1, 0},
                           {{0, 63}, 3, 1, 17, 0},
                           {{0, 1, 1, 2, 130, 193, 500, 500}, 4, 2, 64, 0},
                           {{0, 200, 333}, 6, 2, 128, 0},
                           {{0, 300}, 2, 1, 256, 0},
                           {{0, 5, 150}, 2, 2, 72, 0},
                           {{0, 7, 400}, 4, 4, 32, 70},
                           {{0, 260}, 2, 1, 256, 33},
                           // Many query heads to a key head: blocks of keys are shared.
                           {{0, 70, 70, 71, 330}, 16, 2, 256, 0},
                           {{0, 20, 300}, 9, 1, 128, 100},
                           {{0, 0}, 2, 1, 64, 0},
                           // Images: every patch sees all of its own.
                           {{0, 5, 150}, 2, 2, 72, kernels::kWholeDocument},
                           {{0, 64, 64, 257, 400}, 2, 2, 64, kernels::kWholeDocument},
                           {{0, 70, 333}, 4, 2, 128, kernels::kWholeDocument},
                           {{0, 300}, 2, 1, 256, kernels::kWholeDocument}};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c : cases) {
      const int64_t N = c.ends.back();
      const auto run = [&](const std::vector<Tensor>& t) {
        const Tensor q = t[0].split(1, c.H).narrow(2, 0, c.D);  // beside a gate
        const auto out = kernels::attention_forward(q, t[1], t[2], t[4], 0.3, c.window);
        const auto d = kernels::attention_backward(t[3], q, t[1], t[2], out, t[4], 0.3, c.window);
        return std::vector<Tensor>{out.o, out.lse, d.dq, d.dk, d.dv};
      };
      test::check_gpu_matches(
          std::to_string(N) + " rows, heads of " + std::to_string(c.D) + ", " + name_of(dtype),
          {test::random_tensor({N, c.H * 2 * c.D}, dtype, "q"),
           test::random_tensor({N, c.Hk, c.D}, dtype, "k"),
           test::random_tensor({N, c.Hk, c.D}, dtype, "v"),
           test::random_tensor({N, c.H, c.D}, dtype, "dout"),
           Tensor::of(c.ends, {static_cast<int64_t>(c.ends.size())})},
          run, 8);
    }
}

TEST_CASE("cuda: attention: a packed document gives the bits it gives alone") {
  if (!test::have_gpu()) return;
  const std::vector<int64_t> lengths = {70, 0, 1, 129, 33, 200};
  const int64_t N = total(lengths), D = 256;
  const Tensor cu = cu_seqlens(lengths);
  for (const int64_t window : {int64_t{0}, int64_t{90}, kernels::kWholeDocument})
    for (const int64_t H : {2, 8}) {
      const auto on_gpu = [&](int64_t heads, const char* name) {
        return random_tensor({N, heads, D}, DType::bf16, name).to(test::kGpu);
      };
      const Tensor q = on_gpu(H, "q"), k = on_gpu(1, "k"), v = on_gpu(1, "v"),
                   dout = on_gpu(H, "do");
      const Gradients packed = run(q, k, v, dout, cu.to(test::kGpu), window);
      for (size_t s = 0; s < lengths.size(); ++s) {
        const int64_t from = cu.data<int32_t>()[s], to = from + lengths[s];
        const auto part = [&](const Tensor& t) { return t.rows(from, to).to(kCpu); };
        const Gradients alone =
            run(q.rows(from, to), k.rows(from, to), v.rows(from, to), dout.rows(from, to),
                cu_seqlens({lengths[s]}).to(test::kGpu), window);
        CHECK(
            same_bits({part(packed.o), part(packed.dq), part(packed.dk), part(packed.dv)},
                      {alone.o.to(kCpu), alone.dq.to(kCpu), alone.dk.to(kCpu), alone.dv.to(kCpu)}));
      }
    }
}

}  // namespace
}  // namespace hone
