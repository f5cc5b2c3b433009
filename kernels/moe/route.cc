// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/route.h"

#include "kernels/moe/sort.h"

namespace hone::kernels {
namespace {

void check_replay(const Tensor& logits, const Tensor& ids, int64_t k) {
  check(ids.shape() == Shape{logits.dim(0), k}, "moe_route: replayed ids ", ids.shape(),
        " for logits ", logits.shape(), " and ", k, " experts per token");
  check_expert_ids("moe_route", ids, logits.dim(1));
  if (ids.device().type != DeviceType::cpu) return;
  const int32_t* id = ids.data<int32_t>();
  for (int64_t n = 0; n < ids.dim(0); ++n)
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < i; ++j)
        check(id[n * k + i] != id[n * k + j], "moe_route: token ", n, " is replayed to expert ",
              id[n * k + i], " twice");
}

void check_backward(const Tensor& dw, const Tensor& ids) {
  check(dw.shape() == ids.shape() && dw.is_contiguous() && ids.is_contiguous() &&
            ids.dtype() == DType::i32,
        "moe_route: gradient ", dw.shape(), " for ids ", ids.shape(), " ", name_of(ids.dtype()));
}

}  // namespace

MoeRouteOutput moe_route_forward(const Tensor& logits, int64_t k, bool renormalise,
                                 const Tensor& replay_ids) {
  check(logits.rank() == 2 && logits.is_contiguous(), "moe_route: logits ", logits.shape(),
        " must be a contiguous matrix [N, E]");
  check(k >= 1 && k <= logits.dim(1), "moe_route: ", k, " experts per token of ", logits.dim(1));
  if (replay_ids.defined()) check_replay(logits, replay_ids, k);
  const Shape shape{logits.dim(0), k};
  MoeRouteOutput out;
  out.weights = Tensor::empty(shape, logits.dtype(), logits.device());
  out.ids = replay_ids.defined() ? replay_ids : Tensor::empty(shape, DType::i32, logits.device());
  out.exact = accumulator_dtype(logits.dtype()) == logits.dtype()
                  ? out.weights
                  : Tensor::empty(shape, accumulator_dtype(logits.dtype()), logits.device());
  visit_device(logits.device(), [&](auto device) {
    moe_route_forward(device, logits, renormalise, replay_ids.defined(), out);
  });
  return out;
}

Tensor moe_route_backward(const Tensor& dw, const Tensor& logits, const Tensor& ids) {
  check_backward(dw, ids);
  check(logits.dim(0) == dw.dim(0) && logits.dtype() == dw.dtype(), "moe_route: gradient ",
        dw.shape(), " ", name_of(dw.dtype()), " for logits ", logits.shape(), " ",
        name_of(logits.dtype()));
  const Tensor dlogits = Tensor::empty_like(logits);
  visit_device(dw.device(),
               [&](auto device) { moe_route_backward(device, dw, logits, ids, dlogits); });
  return dlogits;
}

Tensor moe_route_renormalised_backward(const Tensor& dw, const Tensor& exact, const Tensor& ids,
                                       int64_t experts) {
  check_backward(dw, ids);
  check(exact.shape() == dw.shape() && exact.dtype() == accumulator_dtype(dw.dtype()),
        "moe_route: exact weights ", exact.shape(), " ", name_of(exact.dtype()), " for gradient ",
        dw.shape(), " ", name_of(dw.dtype()));
  const Tensor dlogits = Tensor::empty({dw.dim(0), experts}, dw.dtype(), dw.device());
  visit_device(dw.device(), [&](auto device) {
    moe_route_renormalised_backward(device, dw, exact, ids, dlogits);
  });
  return dlogits;
}

Cost moe_route_forward_cost(int64_t n, int64_t experts, int64_t k, DType t) {
  const double logits = static_cast<double>(n) * static_cast<double>(experts);
  const double chosen = static_cast<double>(n) * static_cast<double>(k);
  return {logits * size_of(t) + chosen * (size_of(t) + 8), 3 * logits + 2 * chosen};
}

Cost moe_route_backward_cost(int64_t n, int64_t experts, int64_t k, DType t) {
  const double logits = static_cast<double>(n) * static_cast<double>(experts);
  const double chosen = static_cast<double>(n) * static_cast<double>(k);
  return {logits * 2 * size_of(t) + chosen * (size_of(t) + 4), 4 * logits + 4 * chosen};
}

}  // namespace hone::kernels
