// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// From tensors to what the tensor core kernels take; in CUDA sources.
#pragma once

#include <cmath>

#include "kernels/delta_rule/state_backward.cuh"

namespace hone::kernels {

// Whether rows can be copied in 16-byte pieces.
inline bool is_tensor_core_input(const DeltaRuleInput& in) {
  return in.v.dtype() == DType::bf16 && are_head_vectors(8, {in.q, in.k, in.v});
}

inline delta::Operands tensor_core_operands(const DeltaRuleInput& in) {
  delta::Operands o = {};
  o.q = Heads<bf16>(in.q), o.k = Heads<bf16>(in.k), o.v = Heads<bf16>(in.v);
  o.g = in.g.data<float>(), o.beta = in.beta.data<float>();
  o.chunks = {in.cu_seqlens.data<int32_t>(), in.cu_seqlens.dim(0) - 1, kDeltaChunk};
  o.initial_state = data_or_null<float>(in.initial_state);
  o.N = in.q.dim(0), o.Hv = in.v.dim(1), o.G = o.Hv / in.q.dim(1);
  o.Dk = in.q.dim(2), o.Dv = in.v.dim(2);
  o.query_scale = 1.f / std::sqrt(static_cast<float>(o.Dk));
  return o;
}

inline void set_results(delta::Operands& o, const DeltaRuleOutput& out) {
  o.o = out.o.data<bf16>();
  o.final_state = data_or_null<float>(out.final_state);
}

inline delta::BackwardOperands tensor_core_operands(const Tensor& grad_o,
                                                    const Tensor& grad_final_state,
                                                    const DeltaRuleInput& in,
                                                    const DeltaRuleGrads& out) {
  delta::BackwardOperands o = {};
  static_cast<delta::Operands&>(o) = tensor_core_operands(in);
  o.grad_o = grad_o.data<bf16>();
  o.grad_final_state = data_or_null<float>(grad_final_state);
  o.dq = out.dq.data<bf16>(), o.dk = out.dk.data<bf16>(), o.dv = out.dv.data<bf16>();
  o.dg = out.dg.data<float>(), o.dbeta = out.dbeta.data<float>();
  o.dinitial_state = data_or_null<float>(out.dinitial_state);
  return o;
}

}  // namespace hone::kernels
