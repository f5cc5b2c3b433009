// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/delta_rule/chunk_gradients.cuh"
#include "kernels/delta_rule/chunk_local.cuh"
#include "kernels/delta_rule/chunk_output.cuh"
#include "kernels/delta_rule/chunk_state.cuh"
#include "kernels/delta_rule/delta_rule.h"
#include "kernels/delta_rule/recurrent.cuh"
#include "kernels/delta_rule/simt_chunked.cuh"
#include "kernels/delta_rule/tensor_core_operands.h"
#include "kernels/delta_rule/warpgroup.h"

namespace hone::kernels {
namespace {

template <class T>
delta_simt::Operands<T> operands_of(const DeltaRuleInput& in) {
  using F = acc_t<T>;
  delta_simt::Operands<T> a = {};
  a.q = Heads<T>(in.q), a.k = Heads<T>(in.k), a.v = Heads<T>(in.v);
  a.g = in.g.data<F>(), a.beta = in.beta.data<F>();
  a.cu_seqlens = in.cu_seqlens.data<int32_t>();
  a.initial_state = data_or_null<F>(in.initial_state);
  a.N = in.q.dim(0), a.Hk = in.q.dim(1), a.Hv = in.v.dim(1), a.G = a.Hv / a.Hk;
  a.Dk = in.q.dim(2), a.Dv = in.v.dim(2);
  a.query_scale = F(1) / std::sqrt(static_cast<F>(a.Dk));
  a.documents = in.cu_seqlens.dim(0) - 1;
  return a;
}

// Scratch matrices for as many blocks as have a task at once.
template <class T>
Tensor scratch_for(delta_simt::Operands<T>& a, int64_t tasks, int64_t extra, Device device) {
  using F = acc_t<T>;
  delta_simt::Parts<F> parts{nullptr};
  parts.vector(extra);
  delta_simt::Chunk<F>(parts, a.Dk, a.Dv);
  a.scratch_size = parts.used;
  const MemoryScope scope("scratch");
  const Tensor scratch =
      Tensor::empty({std::min(tasks, delta_simt::kBlocks), a.scratch_size}, dtype_of<F>, device);
  a.scratch = scratch.data<F>();
  return scratch;
}

// The sizes that the tensor core kernels have: heads of 32, 64 and 128.
template <class F>
bool visit_tensor_core(const DeltaRuleInput& in, F&& f) {
  if (!is_tensor_core_input(in)) return false;
  const int64_t Dk = in.q.dim(2), Dv = in.v.dim(2);
  if (Dk == 128 && Dv == 128)
    f.template operator()<128, 128>();
  else if (Dk == 64 && Dv == 64)
    f.template operator()<64, 64>();
  else if (Dk == 32 && Dv == 32)
    f.template operator()<32, 32>();
  else
    return false;
  return true;
}

// What one stage leaves for the next.
struct BetweenStages {
  Tensor gamma, U, W, Vn, states;

  BetweenStages(const DeltaRuleInput& in, delta::Operands& o) {
    const Device device = in.v.device();
    const MemoryScope scope("scratch");
    gamma = Tensor::empty({o.N, o.Hv}, DType::f32, device);
    U = Tensor::empty({o.N, o.Hv, o.Dv}, DType::bf16, device);
    W = Tensor::empty({o.N, o.Hv, o.Dk}, DType::bf16, device);
    Vn = Tensor::empty_like(U);
    states = Tensor::empty({o.chunks.capacity(o.N), o.Hv, o.Dk, o.Dv}, DType::bf16, device);
    o.gamma = gamma.data<float>();
    o.U = U.data<bf16>(), o.W = W.data<bf16>(), o.Vn = Vn.data<bf16>();
    o.states = states.data<bf16>();
  }
};

// Stages 1 and 2: everything but the output.
template <int kDk, int kDv>
void local_and_state(Cuda device, const delta::Operands& o) {
  const dim3 heads_by_chunks(grid_size(o.Hv), grid_size(o.chunks.capacity(o.N)));
  launch(device, delta::chunk_local_kernel<kDk, kDv>, heads_by_chunks, delta::kThreads,
         delta::LocalShared<kDk, kDv>::kBytes, o);
  const dim3 columns(kDv / delta::kColumns, grid_size(o.Hv), grid_size(o.chunks.groups));
  launch(device, delta::chunk_state_kernel<kDk, kDv>, columns, delta::kThreads,
         delta::StateShared<kDk>::kBytes, o);
}

template <int kDk, int kDv>
void tensor_core_backward(Cuda device, const Tensor& grad_o, const Tensor& grad_final_state,
                          const DeltaRuleInput& in, const DeltaRuleGrads& out) {
  delta::BackwardOperands o = tensor_core_operands(grad_o, grad_final_state, in, out);
  const BetweenStages between(in, o);
  const MemoryScope scope("scratch");
  const Tensor Tm = Tensor::empty({o.N, o.Hv, kDeltaChunk}, DType::bf16, in.v.device());
  const Tensor dVn = Tensor::empty_like(between.Vn), dstates = Tensor::empty_like(between.states);
  o.Tm = Tm.data<bf16>(), o.dVn = dVn.data<bf16>(), o.dstates = dstates.data<bf16>();
  local_and_state<kDk, kDv>(device, o);
  const int64_t chunks = o.chunks.capacity(o.N);
  launch(device, delta::output_backward_kernel<kDk, kDv>, dim3(grid_size(o.Hv), grid_size(chunks)),
         delta::kThreads, delta::OutputBackwardShared<kDk, kDv>::kBytes, o);
  const dim3 columns(kDv / delta::kColumns, grid_size(o.Hv), grid_size(o.chunks.groups));
  launch(device, delta::state_backward_kernel<kDk, kDv>, columns, delta::kThreads,
         delta::StateBackwardShared<kDk>::kBytes, o);
  launch(device, delta::chunk_gradients_kernel<kDk, kDv>,
         dim3(grid_size(o.Hv / o.G), grid_size(chunks)), delta::kThreads,
         delta::GradientShared<kDk, kDv>::kBytes, o);
}

}  // namespace

void recurrent_forward(Cuda device, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                       const Tensor&) {
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    auto a = operands_of<T>(in);
    a.o = out.o.data<T>();
    a.final_state = data_or_null<F>(out.final_state);
    launch(device, recurrent_kernel<T>, dim3(grid_size(a.Hv), grid_size(a.documents)),
           kRecurrentThreads, recurrent_shared_bytes<F>(a.Dk, a.Dv), a);
  });
}

// The chunked form is the gradient of the same function.
void recurrent_backward(Cuda device, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor& states,
                        const Tensor& scratch) {
  chunked_backward(device, grad_o, grad_final_state, in, out, states, scratch);
}

void chunked_forward(Cuda device, const DeltaRuleInput& in, const DeltaRuleOutput& out,
                     const Tensor&) {
  if (is_warpgroup_input(in)) return warpgroup_forward(device, in, out);
  const bool done = visit_tensor_core(in, [&]<int kDk, int kDv>() {
    delta::Operands o = tensor_core_operands(in);
    const BetweenStages between(in, o);
    set_results(o, out);
    local_and_state<kDk, kDv>(device, o);
    const dim3 grid(grid_size(o.Hv), grid_size(o.chunks.capacity(o.N)));
    launch(device, delta::chunk_output_kernel<kDk, kDv>, grid, delta::kThreads,
           delta::OutputShared<kDk, kDv>::kBytes, o);
  });
  if (done) return;
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    auto a = operands_of<T>(in);
    a.o = out.o.data<T>();
    a.final_state = data_or_null<F>(out.final_state);
    const Tensor scratch = scratch_for(
        a, a.documents * a.Hv, 2 * a.Dk * a.Dv + delta_simt::kChunk * a.Dv + 64, in.v.device());
    launch(device, delta_simt::forward_kernel<T>, grid_size(scratch.dim(0)), delta_simt::kThreads,
           0, a);
  });
}

void chunked_backward(Cuda device, const Tensor& grad_o, const Tensor& grad_final_state,
                      const DeltaRuleInput& in, const DeltaRuleGrads& out, const Tensor&,
                      const Tensor&) {
  if (is_warpgroup_input(in)) return warpgroup_backward(device, grad_o, grad_final_state, in, out);
  const bool done = visit_tensor_core(in, [&]<int kDk, int kDv>() {
    tensor_core_backward<kDk, kDv>(device, grad_o, grad_final_state, in, out);
  });
  if (done) return;
  visit_float(in.v.dtype(), [&]<class T>() {
    using F = acc_t<T>;
    auto a = operands_of<T>(in);
    a.grad_o = grad_o.data<T>();
    a.grad_final_state = data_or_null<F>(grad_final_state);
    a.dq = out.dq.data<T>(), a.dk = out.dk.data<T>(), a.dv = out.dv.data<T>();
    a.dg = out.dg.data<F>(), a.dbeta = out.dbeta.data<F>();
    a.dinitial_state = data_or_null<F>(out.dinitial_state);
    const Tensor scratch =
        scratch_for(a, a.documents * a.Hk, a.G * a.Dk * a.Dv + 64, in.v.device());
    const Tensor states =
        Tensor::empty({delta_simt::chunk_capacity(a.N, a.documents), a.Hv, a.Dk, a.Dv}, dtype_of<F>,
                      in.v.device());
    a.states = states.data<F>();
    launch(device, delta_simt::backward_kernel<T>, grid_size(scratch.dim(0)), delta_simt::kThreads,
           0, a);
  });
}

}  // namespace hone::kernels
