// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include "tensor/device_memory.h"

namespace hone {
namespace {

Shape row_major_strides(const Shape& shape) {
  Shape strides = shape;
  int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides.set(i, step);
    step *= shape[i];
  }
  return strides;
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  int64_t bytes = 0;
  check(!__builtin_mul_overflow(shape.numel(), size_of(dtype), &bytes), "tensor: ", shape,
        " is too large");
  Tensor t;
  t.block_ = allocate_block(bytes, device);
  t.shape_ = shape;
  t.strides_ = row_major_strides(shape);
  t.dtype_ = dtype;
  t.device_ = device;
  return t;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  zero_memory(t.raw(), t.nbytes(), device);
  return t;
}

void* Tensor::raw() const {
  check(defined(), "tensor: undefined");
  return block_->data ? static_cast<char*>(block_->data) + offset_ : nullptr;
}

bool Tensor::is_contiguous() const {
  int64_t step = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (shape_[i] != 1 && strides_[i] != step) return false;
    step *= shape_[i];
  }
  return true;
}

Tensor Tensor::to(Device device) const {
  if (device == device_) return *this;
  const Tensor t = empty(shape_, dtype_, device);
  copy_bytes(*this, t);
  return t;
}

void Tensor::write_bytes(const void* from, int64_t bytes) const {
  copy_memory(raw(), device_, from, kCpu, bytes);
}

Tensor Tensor::view(const Shape& shape) const {
  check(defined() && is_contiguous(), "tensor: view of a tensor that is not contiguous");
  check(shape.numel() == numel(), "tensor: cannot view ", shape_, " as ", shape);
  Tensor t = *this;
  t.shape_ = shape;
  t.strides_ = row_major_strides(shape);
  return t;
}

Tensor Tensor::narrow(int dim, int64_t start, int64_t length) const {
  const int64_t extent = shape_[dim];
  check(start >= 0 && length >= 0 && start <= extent - length, "tensor: [", start, ", ",
        start + length, ") is outside dimension ", dim, " of ", shape_);
  Tensor t = *this;
  t.offset_ += start * strides_[dim] * size_of(dtype_);
  t.shape_.set(dim, length);
  return t;
}

Tensor Tensor::split(int dim, int64_t outer) const {
  const int d = dim < 0 ? dim + rank() : dim;
  check(outer > 0 && shape_[d] % outer == 0, "tensor: dimension ", dim, " of ", shape_,
        " does not split into ", outer);
  Tensor t = *this;
  t.shape_ = Shape();
  t.strides_ = Shape();
  for (int i = 0; i < rank(); ++i) {
    if (i != d) {
      t.shape_.push_back(shape_[i]);
      t.strides_.push_back(strides_[i]);
      continue;
    }
    const int64_t inner = shape_[d] / outer;
    t.shape_.push_back(outer);
    t.strides_.push_back(strides_[d] * inner);
    t.shape_.push_back(inner);
    t.strides_.push_back(strides_[d]);
  }
  return t;
}

void copy_bytes(const Tensor& from, const Tensor& to) {
  check(from.shape() == to.shape() && from.dtype() == to.dtype(), "copy: ", from.shape(), " ",
        name_of(from.dtype()), " to ", to.shape(), " ", name_of(to.dtype()));
  check(from.is_contiguous() && to.is_contiguous(), "copy: not contiguous");
  if (from.is_meta() || to.is_meta() || from.nbytes() == 0) return;
  copy_memory(to.raw(), to.device(), from.raw(), from.device(), from.nbytes());
}

}  // namespace hone
