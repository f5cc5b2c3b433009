// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule/tensor_core_operands.h"
#include "kernels/delta_rule/warpgroup.h"
#include "kernels/delta_rule/warpgroup_gradients.cuh"
#include "kernels/delta_rule/warpgroup_local.cuh"
#include "kernels/delta_rule/warpgroup_state.cuh"
#include "kernels/delta_rule/warpgroup_state_backward.cuh"

namespace hone::kernels {
namespace {

// Tiles that one kernel leaves for the next.
struct Tiles {
  Tensor gates, U, W, P;

  Tiles(const DeltaRuleInput& in, delta::Operands& o) : numbers(o.chunks.capacity(o.N) * o.Hv) {
    gates = make(in, delta::kGateElements, DType::f32);
    U = make(in, delta::kWideElements), W = make(in, delta::kWideElements);
    P = make(in, delta::kSquareElements);
    o.gamma = gates.data<float>();
    o.U = U.data<bf16>(), o.W = W.data<bf16>(), o.P = P.data<bf16>();
  }
  Tensor make(const DeltaRuleInput& in, int64_t elements, DType dtype = DType::bf16) const {
    const MemoryScope scope("scratch");
    return Tensor::empty({numbers, elements}, dtype, in.v.device());
  }
  int64_t numbers;
};

void launch_local(Cuda device, const delta::Operands& o) {
  launch(device, delta::warpgroup_local_kernel,
         dim3(grid_size(o.Hv), grid_size(o.chunks.capacity(o.N))), delta::kGroup,
         delta::WarpgroupLocalShared::kBytes, o);
}

// The blocks of the kernels that walk the chunks in order.
dim3 walks(const delta::Operands& o) {
  return dim3(delta::kWide / delta::kHalf, grid_size(o.Hv), grid_size(o.chunks.groups));
}

}  // namespace

bool is_warpgroup_input(const DeltaRuleInput& in) {
  return is_tensor_core_input(in) && in.q.dim(2) == delta::kWide && in.v.dim(2) == delta::kWide &&
         has_warpgroup_products(in.v.device());
}

void warpgroup_forward(Cuda device, const DeltaRuleInput& in, const DeltaRuleOutput& out) {
  delta::Operands o = tensor_core_operands(in);
  const Tiles tiles(in, o);
  set_results(o, out);
  launch_local(device, o);
  launch(device, delta::warpgroup_state_kernel<true>, walks(o), delta::kStateThreads,
         delta::WarpgroupStateShared<true>::kBytes, o);
}

void warpgroup_backward(Cuda device, const Tensor& grad_o, const Tensor& grad_final_state,
                        const DeltaRuleInput& in, const DeltaRuleGrads& out) {
  delta::BackwardOperands o = tensor_core_operands(grad_o, grad_final_state, in, out);
  const Tiles tiles(in, o);
  const Tensor Tm = tiles.make(in, delta::kSquareElements);
  const Tensor dVn = tiles.make(in, delta::kWideElements);
  const Tensor states = tiles.make(in, delta::kStateElements);
  const Tensor dstates = tiles.make(in, delta::kStateElements);
  o.Tm = Tm.data<bf16>(), o.dVn = dVn.data<bf16>();
  o.states = states.data<bf16>(), o.dstates = dstates.data<bf16>();

  launch_local(device, o);
  launch(device, delta::warpgroup_state_kernel<false>, walks(o), delta::kStateThreads,
         delta::WarpgroupStateShared<false>::kBytes, o);
  launch(device, delta::warpgroup_state_backward_kernel, walks(o), delta::kStateThreads,
         delta::WarpgroupStateBackwardShared::kBytes, o);
  launch(device, delta::warpgroup_gradients_kernel,
         grid_size(gpu_properties(in.v.device()).multiprocessors), delta::kGradientThreads,
         delta::WarpgroupGradientShared::kBytes, o,
         static_cast<int>(grid_size(o.chunks.capacity(o.N) * in.q.dim(1))));
}

}  // namespace hone::kernels
