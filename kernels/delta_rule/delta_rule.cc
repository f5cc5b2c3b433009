// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule/delta_rule.h"

#include "kernels/core/documents.h"
#include "kernels/delta_rule/working_memory.h"

namespace hone::kernels {
namespace {

// Of the final or initial states.
Shape state_shape(const DeltaRuleInput& in) {
  return {in.cu_seqlens.dim(0) - 1, in.v.dim(1), in.q.dim(2), in.v.dim(2)};
}

void check_state(const Tensor& state, const DeltaRuleInput& in, const char* name) {
  if (!state.defined()) return;
  check(state.shape() == state_shape(in) && state.dtype() == in.g.dtype() && state.is_contiguous(),
        "gated_delta_rule: ", name, " ", state.shape(), " ", name_of(state.dtype()), " must be ",
        state_shape(in), " ", name_of(in.g.dtype()));
}

void check_operands(const DeltaRuleInput& in) {
  for (const Tensor* t : {&in.q, &in.k, &in.v})
    check(t->rank() == 3 && (t->dim(2) <= 1 || t->stride(2) == 1), "gated_delta_rule: ", t->shape(),
          " must be [N, H, D] with contiguous heads");
  check(in.k.shape() == in.q.shape() && in.v.dim(0) == in.q.dim(0), "gated_delta_rule: q ",
        in.q.shape(), ", k ", in.k.shape(), " and v ", in.v.shape(), " do not fit");
  check(in.q.dim(1) >= 1 && in.v.dim(1) % in.q.dim(1) == 0, "gated_delta_rule: ", in.v.dim(1),
        " value heads are not a multiple of ", in.q.dim(1), " key heads");
  check(in.k.dtype() == in.q.dtype() && in.v.dtype() == in.q.dtype(), "gated_delta_rule: q is ",
        name_of(in.q.dtype()), ", k ", name_of(in.k.dtype()), ", v ", name_of(in.v.dtype()));
  const Shape gates{in.v.dim(0), in.v.dim(1)};
  const DType wide = accumulator_dtype(in.v.dtype());
  for (const Tensor* t : {&in.g, &in.beta})
    check(t->shape() == gates && t->dtype() == wide && t->is_contiguous(),
          "gated_delta_rule: gate ", t->shape(), " ", name_of(t->dtype()), " must be ", gates, " ",
          name_of(wide));
  check_documents("gated_delta_rule", in.cu_seqlens, in.q.dim(0));
  check_state(in.initial_state, in, "initial state");
}

// For a loop over documents and heads.
template <template <class> class Memory>
Tensor scratch_for(const DeltaRuleInput& in, int64_t heads) {
  const DeltaSizes z(in);
  int64_t elements = 0;
  visit_accumulator(in.v.dtype(), [&]<class F>() {
    Scratch<F> counter;
    Memory<F>(counter, z);
    elements = counter.used();
  });
  return worker_scratch(z.documents * heads, elements, in.g.dtype(), in.v.device());
}

double forward_flops(int64_t n, const DeltaHeads& heads, DeltaForm form) {
  const double C = kDeltaChunk, Dk = static_cast<double>(heads.key_dim),
               Dv = static_cast<double>(heads.value_dim);
  // For each row and value head, token by token: decay, S^T k, the outer product and S^T q.
  if (form == DeltaForm::recurrent) return static_cast<double>(n * heads.value_heads) * 7 * Dk * Dv;
  // In chunks: K K^T, Q K^T and W; U and P V'; the three products with S; Tm.
  const double per_row = 2 * C * (3 * Dk + 2 * Dv) + 6 * Dk * Dv + C * C / 3;
  return static_cast<double>(n * heads.value_heads) * per_row;
}

}  // namespace

DeltaRuleOutput gated_delta_rule_forward(const DeltaRuleInput& in, DeltaForm form,
                                         bool want_final_state) {
  check_operands(in);
  DeltaRuleOutput out;
  out.o = Tensor::empty(in.v.shape(), in.v.dtype(), in.v.device());
  if (want_final_state)
    out.final_state = Tensor::empty(state_shape(in), in.g.dtype(), in.v.device());
  const bool chunked = form == DeltaForm::chunked;
  const Tensor scratch = chunked ? scratch_for<ChunkedForwardMemory>(in, in.v.dim(1))
                                 : scratch_for<RecurrentForwardMemory>(in, in.v.dim(1));
  visit_device(in.v.device(), [&](auto device) {
    chunked ? chunked_forward(device, in, out, scratch)
            : recurrent_forward(device, in, out, scratch);
  });
  return out;
}

DeltaRuleGrads gated_delta_rule_backward(const Tensor& grad_o, const Tensor& grad_final_state,
                                         const DeltaRuleInput& in, DeltaForm form) {
  check_operands(in);
  check(grad_o.shape() == in.v.shape() && grad_o.dtype() == in.v.dtype() && grad_o.is_contiguous(),
        "gated_delta_rule: grad_o ", grad_o.shape(), " ", name_of(grad_o.dtype()),
        " must be contiguous and like v ", in.v.shape(), " ", name_of(in.v.dtype()));
  check_state(grad_final_state, in, "gradient of the final state");
  DeltaRuleGrads out{Tensor::empty_like(in.q),    Tensor::empty_like(in.k),
                     Tensor::empty_like(in.v),    Tensor::empty_like(in.g),
                     Tensor::empty_like(in.beta), Tensor()};
  if (in.initial_state.defined()) out.dinitial_state = Tensor::empty_like(in.initial_state);
  const bool chunked = form == DeltaForm::chunked;
  const DeltaSizes z(in);
  Tensor states;  // the CPU's; CUDA kernels keep their own
  if (!is_gpu(in.v.device()))
    states = scratch_tensor(chunked ? chunk_states_shape(z) : token_states_shape(z), in.g.dtype(),
                            in.v.device());
  const Tensor scratch = chunked ? scratch_for<ChunkedBackwardMemory>(in, in.q.dim(1))
                                 : scratch_for<RecurrentBackwardMemory>(in, in.q.dim(1));
  visit_device(in.v.device(), [&](auto device) {
    chunked ? chunked_backward(device, grad_o, grad_final_state, in, out, states, scratch)
            : recurrent_backward(device, grad_o, grad_final_state, in, out, states, scratch);
  });
  return out;
}

Cost gated_delta_rule_forward_cost(int64_t n, const DeltaHeads& heads, DType t, DeltaForm form) {
  const double rows = static_cast<double>(n);
  const double values = rows * static_cast<double>(heads.value_width());
  const double gates = 2 * rows * static_cast<double>(heads.value_heads);
  return {(rows * static_cast<double>(heads.qkv_width()) + values) * size_of(t) +
              gates * size_of(accumulator_dtype(t)),
          forward_flops(n, heads, form)};
}

Cost gated_delta_rule_backward_cost(int64_t n, const DeltaHeads& heads, DType t, DeltaForm form) {
  const double rows = static_cast<double>(n);
  const double values = rows * static_cast<double>(heads.value_width());
  const double gates = 4 * rows * static_cast<double>(heads.value_heads);
  // Forward again up to the states, then two products for each one of forward.
  return {(2 * rows * static_cast<double>(heads.qkv_width()) + values) * size_of(t) +
              gates * size_of(accumulator_dtype(t)),
          3 * forward_flops(n, heads, form)};
}

}  // namespace hone::kernels
