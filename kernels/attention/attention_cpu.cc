// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/attention/attention.h"
#include "kernels/attention/scratch.h"
#include "kernels/core/blocks.h"
#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/core/row_sum.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {
namespace {

constexpr int64_t kBlock = kAttentionBlock;

// A block of rows [begin, end) of the document [first, last).
struct Rows {
  int64_t begin, end;
  int64_t first, last;

  int64_t size() const { return end - begin; }
  // The block of the same document that starts at row `from`.
  Rows at(int64_t from) const { return {from, std::min(from + kBlock, last), first, last}; }
  // Where the block that contains `row` starts.
  int64_t start_of(int64_t row) const { return first + (row - first) / kBlock * kBlock; }
};

// The blocks of all documents by their numbers; those without rows are to be skipped.
class DocumentBlocks {
 public:
  explicit DocumentBlocks(const Tensor& cu_seqlens)
      : cu_(cu_seqlens.data<int32_t>()), blocks_(cu_seqlens, kBlock) {}
  Rows operator[](int64_t number) const {
    const RowBlock b = blocks_[number];
    return {b.begin, b.end, cu_[b.part], cu_[b.part + 1]};
  }

 private:
  const int32_t* cu_;
  RowBlocks blocks_;
};

// One (block, key head) of an attention: what is common to the three passes.
template <class T>
struct Group {
  using A = acc_t<T>;
  int64_t head;     // the key head
  int64_t queries;  // query heads that share it
  int64_t D;
  A scale;
  int64_t window;

  // Rows of one key head, widened: [size, D].
  MatrixRef<A> load_keys(const Tensor& x, const Rows& rows, A* to) const {
    return load(x, rows, head, 1, to);
  }
  // Rows of all query heads of the group, one head below the other: [queries * size, D].
  MatrixRef<A> load_queries(const Tensor& x, const Rows& rows, A* to) const {
    return load(x, rows, head * queries, queries, to);
  }
  MatrixRef<A> load(const Tensor& x, const Rows& rows, int64_t first_head, int64_t heads,
                    A* to) const {
    A* y = to;
    for (int64_t h = first_head; h < first_head + heads; ++h)
      for (int64_t n = rows.begin; n < rows.end; ++n) {
        const T* from = x.data<T>() + n * x.stride(0) + h * x.stride(1);
        for (int64_t d = 0; d < D; ++d) *y++ = A(from[d]);
      }
    return {to, heads * rows.size(), D, D};
  }
  // Writes [heads * size, D] back into a contiguous tensor.
  void store(MatrixRef<const A> from, const Rows& rows, int64_t first_head, const Tensor& x) const {
    const A* y = from.data;
    for (int64_t h = first_head; h < first_head + from.rows / rows.size(); ++h)
      for (int64_t n = rows.begin; n < rows.end; ++n) {
        T* to = x.data<T>() + n * x.stride(0) + h * x.stride(1);
        for (int64_t d = 0; d < D; ++d) to[d] = T(*y++);
      }
  }

  // The first block of keys that a block of queries sees.
  int64_t first_keys(const Rows& q) const {
    return window <= 0 ? q.first : q.start_of(std::max(q.first, q.begin - window + 1));
  }
  // The row after the last key that a block of queries sees.
  int64_t last_keys(const Rows& q) const { return window == kWholeDocument ? q.last : q.end; }
  // The first row that sees a block of keys, and the one after the last.
  int64_t first_queries(const Rows& k) const {
    return window == kWholeDocument ? k.first : k.begin;
  }
  int64_t last_queries(const Rows& k) const {
    return window <= 0 ? k.last : std::min(k.last, k.end - 1 + window);
  }
  // Columns [begin, end) of a block of keys that row r of a block of queries sees.
  struct Span {
    int64_t begin, end;
  };
  Span visible(const Rows& q, int64_t r, const Rows& k) const {
    if (window == kWholeDocument) return {0, k.size()};
    const int64_t i = q.begin + r % q.size();
    const int64_t from = window == 0 ? k.begin : std::clamp(i - window + 1, k.begin, k.end);
    const int64_t to = std::min(k.end, i + 1);
    return {from - k.begin, std::max(from, to) - k.begin};
  }
};

template <class A>
MatrixRef<const A> read(MatrixRef<A> m) {
  return {m.data, m.rows, m.columns, m.stride};
}
template <class A>
void product(MatrixRef<A> a, Transpose ta, MatrixRef<A> b, Transpose tb, A alpha, A beta,
             MatrixRef<A> c, A* scratch) {
  gemm_serial(Cpu<kIsa>{}, read(a), ta, read(b), tb, alpha, beta, c, scratch);
}

// Sets row[j] = f(j) for what is seen, and 0 for the rest.
template <class A, class Span, class F>
void map_visible(A* row, Span see, int64_t columns, F&& f) {
  std::fill(row, row + see.begin, A(0));
#pragma omp simd
  for (int64_t j = see.begin; j < see.end; ++j) row[j] = f(j);
  std::fill(row + see.end, row + columns, A(0));
}

// Takes a row of scores into the running softmax {m, l}: the row becomes exp(S - m), and o, summed
// so far, is rescaled.
template <class A, class Span>
void add_scores(A* row, Span see, int64_t columns, A& m, A& l, A* o, int64_t D) {
  const A top = largest(row + see.begin, see.end - see.begin, m);
  const A keep = m == top ? A(1) : exponential(m - top);
  map_visible(row, see, columns, [&](int64_t j) { return exponential(row[j] - top); });
  const A sum = total<A>(row + see.begin, see.end - see.begin);
  l = l * keep + sum;
  m = top;
  if (keep != A(1))
    for (int64_t d = 0; d < D; ++d) o[d] *= keep;
}

template <class T>
void forward_block(const Group<T>& g, const Tensor& q, const Tensor& k, const Tensor& v,
                   const Rows& rows, const AttentionForwardScratch<acc_t<T>>& s,
                   const AttentionOutput& out) {
  using A = acc_t<T>;
  const int64_t R = g.queries * rows.size(), D = g.D;
  const MatrixRef<A> Q = g.load_queries(q, rows, s.Q), O = {s.O, R, D, D};
  std::fill(s.O, s.O + R * D, A(0));
  std::fill(s.m, s.m + R, -std::numeric_limits<A>::infinity());
  std::fill(s.l, s.l + R, A(0));
  for (int64_t from = g.first_keys(rows); from < g.last_keys(rows); from += kBlock) {
    const Rows seen = rows.at(from);
    const MatrixRef<A> K = g.load_keys(k, seen, s.K), V = g.load_keys(v, seen, s.V);
    const MatrixRef<A> S = {s.S, R, seen.size(), seen.size()};
    product(Q, Transpose::no, K, Transpose::yes, g.scale, A(0), S, s.product);
    for (int64_t r = 0; r < R; ++r)
      add_scores(s.S + r * S.stride, g.visible(rows, r, seen), S.columns, s.m[r], s.l[r],
                 s.O + r * D, D);
    product(S, Transpose::no, V, Transpose::no, A(1), A(1), O, s.product);
  }
  for (int64_t r = 0; r < R; ++r) {
    for (int64_t d = 0; d < D; ++d) s.O[r * D + d] /= s.l[r];
    const int64_t n = rows.begin + r % rows.size(), h = g.head * g.queries + r / rows.size();
    out.lse.data<A>()[n * out.lse.dim(1) + h] = s.m[r] + std::log(s.l[r]);
  }
  g.store(read(O), rows, g.head * g.queries, out.o);
}

// What the two backward passes share.
template <class T>
struct Backward {
  using A = acc_t<T>;
  Group<T> g;
  const Tensor &q, &k, &v, &dout, &lse, &delta;

  struct Tile {
    explicit Tile(const AttentionBackwardScratch<A>& s) : buffers(s) {}
    const AttentionBackwardScratch<A>& buffers;
    MatrixRef<A> Q = {}, dO = {}, K = {}, V = {}, P = {}, dS = {};
  };
  void load_queries(const Rows& rows, Tile& t) const {
    t.Q = g.load_queries(q, rows, t.buffers.Q);
    t.dO = g.load_queries(dout, rows, t.buffers.dO);
  }
  void load_keys(const Rows& rows, Tile& t) const {
    t.K = g.load_keys(k, rows, t.buffers.K);
    t.V = g.load_keys(v, rows, t.buffers.V);
  }
  // P and dS of the loaded queries and keys.
  void scores(const Rows& queries, const Rows& keys, Tile& t) const {
    t.P = {t.buffers.P, t.Q.rows, keys.size(), keys.size()};
    t.dS = {t.buffers.dS, t.Q.rows, keys.size(), keys.size()};
    product(t.Q, Transpose::no, t.K, Transpose::yes, g.scale, A(0), t.P, t.buffers.product);
    product(t.dO, Transpose::no, t.V, Transpose::yes, A(1), A(0), t.dS, t.buffers.product);
    for (int64_t r = 0; r < t.P.rows; ++r) {
      const int64_t n = queries.begin + r % queries.size();
      const int64_t at = n * lse.dim(1) + g.head * g.queries + r / queries.size();
      const A log_sum = lse.data<A>()[at], d = delta.data<A>()[at];
      const auto see = g.visible(queries, r, keys);
      A *p = t.P.data + r * t.P.stride, *ds = t.dS.data + r * t.dS.stride;
      map_visible(p, see, t.P.columns, [&](int64_t j) { return exponential(p[j] - log_sum); });
      map_visible(ds, see, t.P.columns, [&](int64_t j) { return p[j] * (ds[j] - d); });
    }
  }

  void collect_dq(const Rows& rows, const AttentionBackwardScratch<A>& scratch,
                  const Tensor& dq) const {
    Tile t(scratch);
    load_queries(rows, t);
    const MatrixRef<A> dQ = {scratch.gradients, t.Q.rows, g.D, g.D};
    A keep = 0;
    for (int64_t from = g.first_keys(rows); from < g.last_keys(rows); from += kBlock) {
      const Rows keys = rows.at(from);
      load_keys(keys, t);
      scores(rows, keys, t);
      product(t.dS, Transpose::no, t.K, Transpose::no, g.scale, keep, dQ, t.buffers.product);
      keep = 1;
    }
    g.store(read(dQ), rows, g.head * g.queries, dq);
  }
  void collect_dk_dv(const Rows& rows, const AttentionBackwardScratch<A>& scratch, const Tensor& dk,
                     const Tensor& dv) const {
    Tile t(scratch);
    load_keys(rows, t);
    const MatrixRef<A> dK = {scratch.gradients, rows.size(), g.D, g.D};
    const MatrixRef<A> dV = {scratch.gradients + kBlock * g.D, rows.size(), g.D, g.D};
    A keep = 0;
    for (int64_t from = g.first_queries(rows); from < g.last_queries(rows); from += kBlock) {
      const Rows queries = rows.at(from);
      load_queries(queries, t);
      scores(queries, rows, t);
      product(t.dS, Transpose::yes, t.Q, Transpose::no, g.scale, keep, dK, t.buffers.product);
      product(t.P, Transpose::yes, t.dO, Transpose::no, A(1), keep, dV, t.buffers.product);
      keep = 1;
    }
    g.store(read(dK), rows, g.head, dk);
    g.store(read(dV), rows, g.head, dv);
  }
};

// delta[n,h] = sum_d dout[n,h,d] o[n,h,d]; all contiguous.
template <class T>
void row_dots(const Tensor& dout, const Tensor& o, const Tensor& delta) {
  using A = acc_t<T>;
  const int64_t D = o.dim(2);
  parallel_for(delta.numel(), grain_for(2 * D), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T *x = dout.data<T>() + i * D, *y = o.data<T>() + i * D;
      A sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t d = 0; d < D; ++d) sum += A(x[d]) * A(y[d]);
      delta.data<A>()[i] = sum;
    }
  });
}

}  // namespace

template <Isa I>
void attention_forward(Cpu<I>, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& cu_seqlens, double scale, int64_t window,
                       const Tensor& scratch, const AttentionOutput& out) {
  visit_float(q.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t Hk = k.dim(1), D = q.dim(2), queries = q.dim(1) / Hk;
    const DocumentBlocks blocks(cu_seqlens);
    const auto one_item = [&](int64_t item, int64_t, int worker) {
      const Rows rows = blocks[item / Hk];
      if (rows.size() == 0) return;
      Scratch<A> buffer(worker_part<A>(scratch, worker));
      const AttentionForwardScratch<A> s(buffer, {queries, D});
      const Group<T> g = {item % Hk, queries, D, static_cast<A>(scale), window};
      forward_block(g, q, k, v, rows, s, out);
    };
    parallel_for(attention_blocks(q, cu_seqlens) * Hk, 1, one_item, scratch.dim(0));
  });
}

template <Isa I>
void attention_backward(Cpu<I>, const Tensor& dout, const Tensor& q, const Tensor& k,
                        const Tensor& v, const AttentionOutput& out, const Tensor& cu_seqlens,
                        double scale, int64_t window, const Tensor& delta, const Tensor& scratch,
                        const AttentionGradients& gradients) {
  visit_float(q.dtype(), [&]<class T>() {
    using A = acc_t<T>;
    const int64_t Hk = k.dim(1), D = q.dim(2), queries = q.dim(1) / Hk;
    const DocumentBlocks blocks(cu_seqlens);
    row_dots<T>(dout, out.o, delta);
    // Even items collect dq, odd ones dk and dv.
    const auto one_item = [&](int64_t item, int64_t, int worker) {
      const Rows rows = blocks[item / 2 / Hk];
      if (rows.size() == 0) return;
      Scratch<A> buffer(worker_part<A>(scratch, worker));
      const AttentionBackwardScratch<A> s(buffer, {queries, D});
      const Group<T> g = {item / 2 % Hk, queries, D, static_cast<A>(scale), window};
      const Backward<T> backward = {g, q, k, v, dout, out.lse, delta};
      if (item % 2 == 0)
        backward.collect_dq(rows, s, gradients.dq);
      else
        backward.collect_dk_dv(rows, s, gradients.dk, gradients.dv);
    };
    parallel_for(2 * attention_blocks(q, cu_seqlens) * Hk, 1, one_item, scratch.dim(0));
  });
}

template void attention_forward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                const Tensor&, double, int64_t, const Tensor&,
                                const AttentionOutput&);
template void attention_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const Tensor&,
                                 const Tensor&, const AttentionOutput&, const Tensor&, double,
                                 int64_t, const Tensor&, const Tensor&, const AttentionGradients&);

}  // namespace hone::kernels
