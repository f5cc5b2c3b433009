// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention/attention.h"

#include "kernels/attention/scratch.h"
#include "kernels/core/documents.h"

namespace hone::kernels {
namespace {

void check_operands(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& cu_seqlens,
                    int64_t window) {
  for (const Tensor* t : {&q, &k, &v})
    check(t->rank() == 3 && (t->dim(2) <= 1 || t->stride(2) == 1), "attention: operand ",
          t->shape(), " must be [N, H, D] with contiguous heads");
  check(k.dim(0) == q.dim(0) && k.dim(2) == q.dim(2) && v.shape() == k.shape(), "attention: q ",
        q.shape(), ", k ", k.shape(), " and v ", v.shape(), " do not fit each other");
  check(k.dim(1) > 0 && q.dim(1) % k.dim(1) == 0, "attention: ", q.dim(1),
        " query heads cannot share ", k.dim(1), " key heads");
  check(k.dtype() == q.dtype() && v.dtype() == q.dtype(), "attention: q is ", name_of(q.dtype()),
        ", k ", name_of(k.dtype()), ", v ", name_of(v.dtype()));
  check_documents("attention", cu_seqlens, q.dim(0));
  check(window >= kWholeDocument, "attention: window ", window);
}

// For a loop over blocks and key heads, each `passes` times.
template <template <class> class Layout>
Tensor scratch_for(const Tensor& q, const Tensor& k, const Tensor& cu_seqlens, int64_t passes) {
  const int64_t heads = k.dim(1), items = passes * heads * attention_blocks(q, cu_seqlens);
  int64_t elements = 0;
  visit_accumulator(q.dtype(), [&]<class A>() {
    Scratch<A> counter;
    Layout<A>(counter, {q.dim(1) / heads, q.dim(2)});
    elements = counter.used();
  });
  return worker_scratch(items, elements, accumulator_dtype(q.dtype()), q.device());
}

// products: [pairs, D] matrix products; streams: arrays of [N, H, D] and of [N, Hk, D].
Cost cost(int64_t n, int64_t pairs, int64_t h, int64_t hk, int64_t d, DType t, double products,
          double q_streams, double k_streams) {
  const double row = static_cast<double>(n) * static_cast<double>(d * size_of(t));
  return {row * (q_streams * static_cast<double>(h) + k_streams * static_cast<double>(hk)) +
              static_cast<double>(n * h * size_of(accumulator_dtype(t))),
          products * 2 * static_cast<double>(pairs) * static_cast<double>(h * d)};
}

}  // namespace

AttentionOutput attention_forward(const Tensor& q, const Tensor& k, const Tensor& v,
                                  const Tensor& cu_seqlens, double scale, int64_t window) {
  check_operands(q, k, v, cu_seqlens, window);
  const AttentionOutput out = {
      Tensor::empty_like(q),
      Tensor::empty({q.dim(0), q.dim(1)}, accumulator_dtype(q.dtype()), q.device())};
  const Tensor scratch = scratch_for<AttentionForwardScratch>(q, k, cu_seqlens, 1);
  visit_device(q.device(), [&](auto device) {
    attention_forward(device, q, k, v, cu_seqlens, scale, window, scratch, out);
  });
  return out;
}

AttentionGradients attention_backward(const Tensor& dout, const Tensor& q, const Tensor& k,
                                      const Tensor& v, const AttentionOutput& out,
                                      const Tensor& cu_seqlens, double scale, int64_t window) {
  check_operands(q, k, v, cu_seqlens, window);
  check(dout.shape() == q.shape() && dout.dtype() == q.dtype() && dout.is_contiguous(),
        "attention: gradient ", dout.shape(), " must be contiguous and like q ", q.shape());
  const AttentionGradients gradients = {Tensor::empty_like(q), Tensor::empty_like(k),
                                        Tensor::empty_like(v)};
  const Tensor delta = scratch_tensor(out.lse.shape(), out.lse.dtype(), q.device());
  const Tensor scratch = scratch_for<AttentionBackwardScratch>(q, k, cu_seqlens, 2);
  visit_device(q.device(), [&](auto device) {
    attention_backward(device, dout, q, k, v, out, cu_seqlens, scale, window, delta, scratch,
                       gradients);
  });
  return gradients;
}

Cost attention_forward_cost(int64_t n, int64_t pairs, int64_t h, int64_t hk, int64_t d, DType t) {
  return cost(n, pairs, h, hk, d, t, 2, 2, 2);
}
Cost attention_backward_cost(int64_t n, int64_t pairs, int64_t h, int64_t hk, int64_t d, DType t) {
  return cost(n, pairs, h, hk, d, t, 5, 4, 4);
}

}  // namespace hone::kernels
