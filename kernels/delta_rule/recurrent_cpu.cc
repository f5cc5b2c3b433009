// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The delta rule token by token. Backward walks the tokens in reverse with L = dLoss/dS after token
// t, where Sd = e^g S is the decayed state, e = v - Sd^T k and d = beta e:
//
//   L  += q do^T          dq = S do
//   dd  = L^T k           dk = L d + Sd dr          dr = -beta dd
//   dv  = beta dd         dbeta = dd . e
//   L  += k dr^T          dg = <L, Sd>              L <- e^g L
//
// It keeps the state before every token, N * Hv * Dk * Dv numbers: the oracle for the chunked form,
// not a way to train.
#include <algorithm>
#include <cmath>

#include "kernels/core/exponential.h"
#include "kernels/core/isa.h"
#include "kernels/core/parallel.h"
#include "kernels/delta_rule/operands.h"
#include "kernels/delta_rule/working_memory.h"

namespace hone::kernels {
namespace {

// y = S^T x.
template <class F>
void read_state(MatrixRef<F> S, const F* x, F* y) {
  std::fill(y, y + S.columns, F(0));
  for (int64_t i = 0; i < S.rows; ++i)
    for (int64_t j = 0; j < S.columns; ++j) y[j] += S.data[i * S.stride + j] * x[i];
}

// y = S x.
template <class F>
void read_rows(MatrixRef<F> S, const F* x, F* y) {
  for (int64_t i = 0; i < S.rows; ++i) {
    F sum = 0;
    for (int64_t j = 0; j < S.columns; ++j) sum += S.data[i * S.stride + j] * x[j];
    y[i] = sum;
  }
}

// S += x y^T.
template <class F>
void add_outer(const F* x, const F* y, MatrixRef<F> S) {
  for (int64_t i = 0; i < S.rows; ++i)
    for (int64_t j = 0; j < S.columns; ++j) S.data[i * S.stride + j] += x[i] * y[j];
}

template <class F>
F dot(const F* x, const F* y, int64_t n) {
  F sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

template <class T, class F>
void load(const DeltaRuleInput& in, const DeltaSizes& z, int64_t h, int64_t t, Token<F>& x) {
  copy_scaled(head_rows<T>(in.q, h / z.G, t, 1), query_scale<F>(z),
              MatrixRef<F>{x.q, 1, z.Dk, z.Dk});
  copy_scaled(head_rows<T>(in.k, h / z.G, t, 1), F(1), MatrixRef<F>{x.k, 1, z.Dk, z.Dk});
  copy_scaled(head_rows<T>(in.v, h, t, 1), F(1), MatrixRef<F>{x.v, 1, z.Dv, z.Dv});
  x.decay = exponential(in.g.data<F>()[t * z.Hv + h]);
  x.beta = in.beta.data<F>()[t * z.Hv + h];
}

template <class F>
void decay_state(MatrixRef<F> S, F decay) {
  for (int64_t i = 0; i < S.rows * S.columns; ++i) S.data[i] *= decay;
}

// Sets e and d from the decayed state, then S += k d^T.
template <class F>
void write_state(const Token<F>& x, MatrixRef<F> S) {
  read_state(S, x.k, x.e);
  for (int64_t j = 0; j < S.columns; ++j) {
    x.e[j] = x.v[j] - x.e[j];
    x.d[j] = x.beta * x.e[j];
  }
  add_outer(x.k, x.d, S);
}

template <class T, class F = acc_t<T>>
void forward_head(const DeltaRuleInput& in, const DeltaSizes& z, int64_t s, int64_t h,
                  const DeltaRuleOutput& out, RecurrentForwardMemory<F>& f) {
  load_state(in.initial_state, s, h, f.S);
  const Document document = z.document(in, s);
  for (int64_t t = document.begin; t < document.end; ++t) {
    load<T>(in, z, h, t, f.token);
    decay_state(f.S, f.token.decay);
    write_state(f.token, f.S);
    read_state(f.S, f.token.q, f.o.data);
    copy_scaled(f.o, F(1), head_rows<T>(out.o, h, t, 1));
  }
  store_state(f.S, out.final_state, s, h);
}

// y += x.
template <class F>
void add_to(const F* x, MatrixRef<F> y) {
  for (int64_t i = 0; i < y.columns; ++i) y.data[i] += x[i];
}

// One token of one value head: b.dq and b.dk are added to, dv, dg and dbeta written, L moved on.
template <class T, class F>
void backward_token(const DeltaRuleInput& in, const DeltaSizes& z, int64_t h, int64_t t,
                    const Tensor& grad_o, RecurrentBackwardMemory<F>& b, MatrixRef<F> before,
                    MatrixRef<F> L, const DeltaRuleGrads& out) {
  Token<F>& x = b.token;
  load<T>(in, z, h, t, x);
  copy_scaled(head_rows<T>(grad_o, h, t, 1), F(1), b.grad_o);
  copy_scaled(before, x.decay, b.decayed);
  copy_scaled(b.decayed, F(1), b.after);
  write_state(x, b.after);

  add_outer(x.q, b.grad_o.data, L);
  read_rows(b.after, b.grad_o.data, b.part);
  add_to(b.part, b.dq);
  read_state(L, x.k, b.dd);
  read_rows(L, x.d, b.part);
  add_to(b.part, b.dk);
  for (int64_t j = 0; j < z.Dv; ++j) {
    b.dv.data[j] = x.beta * b.dd[j];
    b.dr[j] = -b.dv.data[j];
  }
  read_rows(b.decayed, b.dr, b.part);
  add_to(b.part, b.dk);
  add_outer(x.k, b.dr, L);
  out.dbeta.data<F>()[t * z.Hv + h] = dot(b.dd, x.e, z.Dv);
  out.dg.data<F>()[t * z.Hv + h] = dot(L.data, b.decayed.data, z.Dk * z.Dv);
  decay_state(L, x.decay);
  copy_scaled(b.dv, F(1), head_rows<T>(out.dv, h, t, 1));
}

template <class T, class F = acc_t<T>>
void backward_group(const Tensor& grad_o, const Tensor& grad_final_state, const DeltaRuleInput& in,
                    const DeltaSizes& z, int64_t s, int64_t hk, const DeltaRuleGrads& out,
                    const Tensor& states, RecurrentBackwardMemory<F>& b) {
  const Document document = z.document(in, s);
  const auto before = [&](int64_t t, int64_t i) { return state_of<F>(states, t, hk * z.G + i, z); };
  for (int64_t i = 0; i < z.G; ++i) {
    load_state(grad_final_state, s, hk * z.G + i, state_of(b.L, i, z));
    load_state(in.initial_state, s, hk * z.G + i, b.after);
    for (int64_t t = document.begin; t < document.end; ++t) {
      copy_scaled(b.after, F(1), before(t, i));
      load<T>(in, z, hk * z.G + i, t, b.token);
      decay_state(b.after, b.token.decay);
      write_state(b.token, b.after);
    }
  }
  for (int64_t t = document.end - 1; t >= document.begin; --t) {
    std::fill(b.dq.data, b.dq.data + z.Dk, F(0));
    std::fill(b.dk.data, b.dk.data + z.Dk, F(0));
    for (int64_t i = 0; i < z.G; ++i)
      backward_token<T>(in, z, hk * z.G + i, t, grad_o, b, before(t, i), state_of(b.L, i, z), out);
    copy_scaled(b.dq, query_scale<F>(z), head_rows<T>(out.dq, hk, t, 1));
    copy_scaled(b.dk, F(1), head_rows<T>(out.dk, hk, t, 1));
  }
  for (int64_t i = 0; i < z.G; ++i)
    store_state(state_of(b.L, i, z), out.dinitial_state, s, hk * z.G + i);
}

}  // namespace

template <Isa I>
void recurrent_forward(Cpu<I>, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                       const Tensor& scratch) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const auto one_head = [&](int64_t task, int64_t, int worker) {
      Scratch<F> buffer(worker_part<F>(scratch, worker));
      RecurrentForwardMemory<F> memory(buffer, z);
      forward_head<T>(in, z, task / z.Hv, task % z.Hv, out, memory);
    };
    parallel_for(z.documents * z.Hv, 1, one_head, scratch.dim(0));
  });
}

template <Isa I>
void recurrent_backward(Cpu<I>, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                        const Tensor& scratch) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    const DeltaSizes z(in);
    const auto one_group = [&](int64_t task, int64_t, int worker) {
      Scratch<F> buffer(worker_part<F>(scratch, worker));
      RecurrentBackwardMemory<F> memory(buffer, z);
      backward_group<T>(grad_o, grad_final_state, in, z, task / z.Hk, task % z.Hk, out, states,
                        memory);
    };
    parallel_for(z.documents * z.Hk, 1, one_group, scratch.dim(0));
  });
}

template void recurrent_forward(Cpu<kIsa>, const DeltaRuleInput&, const DeltaRuleOutput&,
                                const Tensor&);
template void recurrent_backward(Cpu<kIsa>, const Tensor&, const Tensor&, const DeltaRuleInput&,
                                 const DeltaRuleGrads&, const Tensor&, const Tensor&);

}  // namespace hone::kernels
