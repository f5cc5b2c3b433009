// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a thread needs for one block of rows and one key head of an attention. Matrices of queries
// have the rows of all query heads that share the key head, one head below the other.
// A = float or double.
#pragma once

#include <algorithm>

#include "kernels/core/blocks.h"
#include "kernels/core/scratch.h"
#include "kernels/gemm/gemm.h"

namespace hone::kernels {

inline constexpr int64_t kAttentionBlock = 64;  // rows of a document that are worked on together

// Blocks of q's rows, with numbers that have none (blocks.h).
inline int64_t attention_blocks(const Tensor& q, const Tensor& cu_seqlens) {
  return block_numbers(q.dim(0), cu_seqlens.dim(0) - 1, kAttentionBlock);
}

struct AttentionTile {
  int64_t queries;  // query heads of a key head
  int64_t D;

  int64_t query_rows() const { return queries * kAttentionBlock; }
  // Scratch of the products between them.
  template <class A>
  int64_t product_scratch() const {
    const int64_t most = std::max({query_rows(), D, kAttentionBlock});
    return gemm_scratch<A>(most, most, most);
  }
};

template <class A>
struct AttentionForwardScratch {
  AttentionForwardScratch(Scratch<A>& s, const AttentionTile& t)
      : Q(s.vector(t.query_rows() * t.D)),
        O(s.vector(t.query_rows() * t.D)),
        K(s.vector(kAttentionBlock * t.D)),
        V(s.vector(kAttentionBlock * t.D)),
        S(s.vector(t.query_rows() * kAttentionBlock)),
        m(s.vector(t.query_rows())),
        l(s.vector(t.query_rows())),
        product(s.vector(t.product_scratch<A>())) {}

  A *Q, *O;  // [query rows, D]
  A *K, *V;  // [block, D]
  A* S;      // [query rows, block]: scores
  A *m, *l;  // [query rows]: the running softmax
  A* product;
};

template <class A>
struct AttentionBackwardScratch {
  AttentionBackwardScratch(Scratch<A>& s, const AttentionTile& t)
      : Q(s.vector(t.query_rows() * t.D)),
        dO(s.vector(t.query_rows() * t.D)),
        K(s.vector(kAttentionBlock * t.D)),
        V(s.vector(kAttentionBlock * t.D)),
        P(s.vector(t.query_rows() * kAttentionBlock)),
        dS(s.vector(t.query_rows() * kAttentionBlock)),
        gradients(s.vector((t.query_rows() + kAttentionBlock) * t.D)),
        product(s.vector(t.product_scratch<A>())) {}

  A *Q, *dO;     // [query rows, D]
  A *K, *V;      // [block, D]
  A *P, *dS;     // [query rows, block]
  A* gradients;  // dQ [query rows, D], or dK and dV [block, D]
  A* product;
};

}  // namespace hone::kernels
