// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention/attention.h"
#include "kernels/attention/flash_backward.cuh"
#include "kernels/attention/flash_forward.cuh"
#include "kernels/attention/simt.cuh"
#include "kernels/attention/warpgroup_dk_dv.cuh"
#include "kernels/attention/warpgroup_dq.cuh"
#include "kernels/attention/warpgroup_forward.cuh"

namespace hone::kernels {
namespace {

GroupBlocks table_of(const Tensor& cu_seqlens, int64_t rows) {
  return {cu_seqlens.data<int32_t>(), cu_seqlens.dim(0) - 1, rows};
}

// Whether the tensor core kernels take the operands: bf16, whole 16-byte pieces, a head size they
// have. Calls f.operator()<padded D>() if so.
template <class F>
bool visit_flash(const Tensor& q, const Tensor& k, const Tensor& v, F&& f) {
  const int64_t D = q.dim(2);
  if (q.dtype() != DType::bf16 || D % 8 != 0 || !are_head_vectors(8, {q, k, v})) return false;
  if (D <= 32)
    f.template operator()<32>();
  else if (D <= 64)
    f.template operator()<64>();
  else if (D <= 96)
    f.template operator()<96>();
  else if (D <= 128)
    f.template operator()<128>();
  else if (D <= 256)
    f.template operator()<256>();
  else
    return false;
  return true;
}

template <class T>
attention_simt::Operands<T> simt_operands(const Tensor& q, const Tensor& k, const Tensor& v,
                                          const Tensor& cu_seqlens, double scale, int64_t window,
                                          const AttentionOutput& out) {
  check(q.dim(2) <= attention_simt::kMaxD, "attention: heads of ", q.dim(2),
        " elements; CUDA takes ", attention_simt::kMaxD);
  attention_simt::Operands<T> a = {};
  a.q = Heads<T>(q), a.k = Heads<T>(k), a.v = Heads<T>(v);
  a.blocks = table_of(cu_seqlens, attention_simt::kRows);
  a.H = q.dim(1), a.group = q.dim(1) / k.dim(1), a.D = q.dim(2);
  a.scale = static_cast<acc_t<T>>(scale);
  a.window = window;
  a.o = out.o.data<T>();
  a.lse = out.lse.data<acc_t<T>>();
  return a;
}

dim3 heads_by_blocks(int64_t heads, const GroupBlocks& blocks, int64_t n) {
  return dim3(grid_size(heads), grid_size(n == 0 ? 0 : blocks.capacity(n)));
}

// Whether the kernels of asynchronous products take the operands: they know causal attention only.
template <int kPadded, class Operands>
bool takes_warpgroups(bool there, const Operands& a) {
  return there && a.D == kPadded && a.window != kWholeDocument;
}

// warpgroups: whether the GPU has asynchronous products.
template <int kPadded>
void launch_forward(Cuda device, bool warpgroups, const flash::ForwardOperands& a, int64_t n) {
  const dim3 grid = heads_by_blocks(a.H, a.blocks, n);
  if constexpr (kPadded % 64 == 0) {
    if (takes_warpgroups<kPadded>(warpgroups, a))
      return launch(device, flash::warpgroup_forward_kernel<kPadded>, grid, flash::kRoleThreads,
                    flash::ForwardWarpgroupShared<kPadded>::kBytes, a);
  }
  launch(device, flash::forward_kernel<kPadded>, grid, flash::kWarps * kWarp,
         flash::forward_shared_bytes<kPadded>(), a);
}

template <int kPadded>
void launch_backward(Cuda device, bool warpgroups, flash::BackwardOperands a, const bf16* o,
                     float* delta, const Tensor& cu_seqlens, int64_t n) {
  constexpr int kThreads = flash::kWarps * kWarp;
  const int64_t Hk = a.H / a.group;
  launch(device, flash::delta_kernel<kPadded>,
         grid_size(ceil_div(n * a.H, kThreads / flash::kRowLanes<kPadded>)), kThreads, 0, a.dout, o,
         n * a.H, a.D, delta);
  a.blocks = table_of(cu_seqlens, flash::kQueries);
  const dim3 queries = heads_by_blocks(a.H, a.blocks, n);
  flash::BackwardOperands b = a;
  b.blocks = table_of(cu_seqlens, flash::kKeys);
  if constexpr (kPadded % 64 == 0) {
    if (takes_warpgroups<kPadded>(warpgroups, a)) {
      const bool pairs = a.group >= flash::kPairedGroup;
      launch(device, flash::warpgroup_dq_kernel<kPadded>, queries, flash::kRoleThreads,
             flash::DqWarpgroupShared<kPadded>::kBytes, a);
      return launch_clusters(device, pairs ? 2 : 1,
                             pairs ? flash::warpgroup_dk_dv_kernel<kPadded, 2>
                                   : flash::warpgroup_dk_dv_kernel<kPadded, 1>,
                             heads_by_blocks(pairs ? 2 * Hk : Hk, b.blocks, n), flash::kRoleThreads,
                             flash::DkDvWarpgroupShared<kPadded>::kBytes, b);
    }
  }
  launch(device, flash::dq_kernel<kPadded>, queries, kThreads, flash::dq_shared_bytes<kPadded>(),
         a);
  launch(device, flash::dk_dv_kernel<kPadded>, heads_by_blocks(Hk, b.blocks, n), kThreads,
         flash::DkDvShared<kPadded>::kBytes, b);
}

}  // namespace

void attention_forward(Cuda device, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& cu_seqlens, double scale, int64_t window, const Tensor&,
                       const AttentionOutput& out) {
  const int64_t N = q.dim(0), H = q.dim(1);
  const bool done = visit_flash(q, k, v, [&]<int kPadded>() {
    const flash::ForwardOperands a = {.q = Heads<bf16>(q),
                                      .k = Heads<bf16>(k),
                                      .v = Heads<bf16>(v),
                                      .blocks = table_of(cu_seqlens, flash::kQueries),
                                      .H = H,
                                      .group = H / k.dim(1),
                                      .D = q.dim(2),
                                      .scale_log2 = static_cast<float>(scale * M_LOG2E),
                                      .window = window,
                                      .o = out.o.data<bf16>(),
                                      .lse = out.lse.data<float>()};
    launch_forward<kPadded>(device, has_warpgroup_products(q.device()), a, N);
  });
  if (done) return;
  visit_float(q.dtype(), [&]<class T>() {
    const auto a = simt_operands<T>(q, k, v, cu_seqlens, scale, window, out);
    launch(device, attention_simt::forward_kernel<T>, heads_by_blocks(H, a.blocks, N),
           attention_simt::kWarps * kWarp, attention_simt::shared_bytes<acc_t<T>>(a.D), a);
  });
}

void attention_backward(Cuda device, const Tensor& dout, const Tensor& q, const Tensor& k,
                        const Tensor& v, const AttentionOutput& out, const Tensor& cu_seqlens,
                        double scale, int64_t window, const Tensor& delta, const Tensor&,
                        const AttentionGradients& gradients) {
  const int64_t N = q.dim(0), H = q.dim(1), Hk = k.dim(1);
  const bool done = visit_flash(q, k, v, [&]<int kPadded>() {
    const flash::BackwardOperands a = {.q = Heads<bf16>(q),
                                       .k = Heads<bf16>(k),
                                       .v = Heads<bf16>(v),
                                       .dout = dout.data<bf16>(),
                                       .lse = out.lse.data<float>(),
                                       .delta = delta.data<float>(),
                                       .blocks = {},
                                       .H = H,
                                       .group = H / k.dim(1),
                                       .D = q.dim(2),
                                       .scale = static_cast<float>(scale),
                                       .scale_log2 = static_cast<float>(scale * M_LOG2E),
                                       .window = window,
                                       .dq = gradients.dq.data<bf16>(),
                                       .dk = gradients.dk.data<bf16>(),
                                       .dv = gradients.dv.data<bf16>()};
    launch_backward<kPadded>(device, has_warpgroup_products(q.device()), a, out.o.data<bf16>(),
                             delta.data<float>(), cu_seqlens, N);
  });
  if (done) return;
  visit_float(q.dtype(), [&]<class T>() {
    auto a = simt_operands<T>(q, k, v, cu_seqlens, scale, window, out);
    launch(device, attention_simt::delta_kernel<T>,
           grid_size(ceil_div(N * H, attention_simt::kWarps)), attention_simt::kWarps * kWarp, 0,
           dout.data<T>(), out.o.data<T>(), N * H, q.dim(2), delta.data<acc_t<T>>());
    a.dout = dout.data<T>();
    a.delta = delta.data<acc_t<T>>();
    a.dq = gradients.dq.data<T>();
    a.dk = gradients.dk.data<T>();
    a.dv = gradients.dv.data<T>();
    const size_t shared = attention_simt::shared_bytes<acc_t<T>>(a.D);
    launch(device, attention_simt::dq_kernel<T>, heads_by_blocks(H, a.blocks, N),
           attention_simt::kWarps * kWarp, shared, a);
    launch(device, attention_simt::dk_dv_kernel<T>, heads_by_blocks(Hk, a.blocks, N),
           attention_simt::kWarps * kWarp, shared, a);
  });
}

}  // namespace hone::kernels
