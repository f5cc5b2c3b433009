// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a thread of the CPU kernels of this folder needs beside its operands: laid out here, sized in
// delta_rule.cc, used in chunked_cpu.cc and recurrent_cpu.cc. F = float or double.
//
// The states at chunk starts, or before every token, which backward computes again, are not a
// thread's: all together they are one tensor, whose size the documents do not change.
#pragma once

#include "kernels/delta_rule/chunk.h"
#include "kernels/delta_rule/operands.h"

namespace hone::kernels {

// Elements of one state in a tensor of them.
constexpr int64_t state_stride(const DeltaSizes& z) { return (z.Dk * z.Dv + 15) / 16 * 16; }

template <class F>
struct ChunkedForwardMemory {
  ChunkedForwardMemory(Scratch<F>& scratch, const DeltaSizes& z)
      : S(matrix(scratch, z.Dk, z.Dv)), O(matrix(scratch, kDeltaChunk, z.Dv)), rest(scratch) {
    Chunk<F>(scratch, kDeltaChunk, z.Dk, z.Dv);
  }
  MatrixRef<F> S, O;
  Scratch<F> rest;  // for a chunk
};

template <class F>
struct ChunkedBackwardMemory {
  ChunkedBackwardMemory(Scratch<F>& scratch, const DeltaSizes& z)
      : start(matrix(scratch, z.Dk, z.Dv)),
        gradients(matrix(scratch, z.G, state_stride(z))),
        rest(scratch) {
    Chunk<F>(scratch, kDeltaChunk, z.Dk, z.Dv);
    ChunkGrads<F>(scratch, kDeltaChunk, z.Dk, z.Dv);
  }
  MatrixRef<F> start;      // the state at the document's start
  MatrixRef<F> gradients;  // row i: of the state of value head i of the group
  Scratch<F> rest;         // for a chunk and its gradients
};

// States at the starts of chunks but a document's first: [numbers, Hv, state_stride]. The state
// after chunk c of a document that begins at row b has the number b / 64 + c: a document of n rows
// has (n - 1) / 64 of them, so they stay below those of the next document.
inline Shape chunk_states_shape(const DeltaSizes& z) {
  return {z.N / kDeltaChunk, z.Hv, state_stride(z)};
}

// One token of one value head, and what it writes.
template <class F>
struct Token {
  Token(Scratch<F>& scratch, const DeltaSizes& z)
      : q(scratch.vector(z.Dk)),
        k(scratch.vector(z.Dk)),
        v(scratch.vector(z.Dv)),
        e(scratch.vector(z.Dv)),
        d(scratch.vector(z.Dv)) {}
  F *q, *k, *v;   // inputs, q scaled
  F decay, beta;  // e^g
  F *e, *d;       // [Dv]
};

template <class F>
struct RecurrentForwardMemory {
  RecurrentForwardMemory(Scratch<F>& scratch, const DeltaSizes& z)
      : token(scratch, z), S(matrix(scratch, z.Dk, z.Dv)), o(matrix(scratch, 1, z.Dv)) {}
  Token<F> token;
  MatrixRef<F> S, o;
};

template <class F>
struct RecurrentBackwardMemory {
  RecurrentBackwardMemory(Scratch<F>& scratch, const DeltaSizes& z)
      : token(scratch, z),
        L(matrix(scratch, z.G, state_stride(z))),
        decayed(matrix(scratch, z.Dk, z.Dv)),
        after(matrix(scratch, z.Dk, z.Dv)),
        grad_o(matrix(scratch, 1, z.Dv)),
        dq(matrix(scratch, 1, z.Dk)),
        dk(matrix(scratch, 1, z.Dk)),
        dv(matrix(scratch, 1, z.Dv)),
        dd(scratch.vector(z.Dv)),
        dr(scratch.vector(z.Dv)),
        part(scratch.vector(z.Dk)) {}
  Token<F> token;
  MatrixRef<F> L;               // row i: L of value head i of the group
  MatrixRef<F> decayed, after;  // Sd, S
  MatrixRef<F> grad_o, dq, dk, dv;
  F *dd, *dr, *part;
};

// The states before every token: [N, Hv, state_stride].
inline Shape token_states_shape(const DeltaSizes& z) { return {z.N, z.Hv, state_stride(z)}; }

// State [Dk, Dv] of a tensor of states, or of the rows of a matrix of them.
template <class F>
MatrixRef<F> state_of(const Tensor& states, int64_t number, int64_t head, const DeltaSizes& z) {
  return {states.data<F>() + number * states.stride(0) + head * states.stride(1), z.Dk, z.Dv, z.Dv};
}
template <class F>
MatrixRef<F> state_of(MatrixRef<F> states, int64_t row, const DeltaSizes& z) {
  return {states.data + row * states.stride, z.Dk, z.Dv, z.Dv};
}

}  // namespace hone::kernels
