// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tensor: reference-counted bytes seen through a shape, strides and a dtype. Views share the bytes.
// There is no arithmetic here: that is kernels/.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace hone {

class Tensor {
 public:
  Tensor() = default;  // undefined: no shape, no bytes

  // Uninitialised / zero-filled row-major tensors. Errors: kOutOfMemory.
  static Tensor empty(const Shape& shape, DType dtype, Device device = kCpu);
  static Tensor zeros(const Shape& shape, DType dtype, Device device = kCpu);
  static Tensor empty_like(const Tensor& t) { return empty(t.shape(), t.dtype(), t.device()); }
  static Tensor zeros_like(const Tensor& t) { return zeros(t.shape(), t.dtype(), t.device()); }

  // A copy of host values. Requires: values.size() == shape.numel().
  template <class T>
  static Tensor of(std::span<const T> values, const Shape& shape, Device device = kCpu);
  template <class T>
  static Tensor of(const std::vector<T>& values, const Shape& shape, Device device = kCpu) {
    return of(std::span<const T>(values), shape, device);
  }
  template <class T>
  static Tensor scalar(T value, Device device = kCpu) {
    return of(std::span<const T>(&value, 1), Shape{}, device);
  }

  bool defined() const { return block_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_[i]; }
  // Distance in elements between neighbours along dimension i; negative i counts from the back.
  int64_t stride(int i) const { return strides_[i]; }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }
  bool is_meta() const { return device_.type == DeviceType::meta; }
  int64_t nbytes() const { return numel() * size_of(dtype_); }
  bool is_contiguous() const;
  // No other tensor shares the bytes.
  bool unique() const { return block_.use_count() == 1; }
  // Both see bytes of the same allocation.
  bool shares_storage(const Tensor& o) const { return block_ && block_ == o.block_; }

  // First element. Requires: T is the tensor's dtype. Null on the meta device.
  template <class T>
  T* data() const {
    check(dtype_ == dtype_of<T>, "tensor: ", name_of(dtype_), " data read as ",
          name_of(dtype_of<T>));
    return static_cast<T*>(raw());
  }
  void* raw() const;
  // The value of a one-element tensor. Sync: on a GPU it waits.
  template <class T>
  T item() const {
    check(numel() == 1 && !is_meta(), "tensor: item() of ", shape_, " on ", name_of(device_));
    return device_.type == DeviceType::cpu ? *data<T>() : to(kCpu).data<T>()[0];
  }
  // Sets a one-element tensor. Sync: stream-ordered.
  template <class T>
  void set_item(T value) const {
    check(numel() == 1, "tensor: set_item() of ", shape_);
    if (device_.type == DeviceType::cpu)
      *data<T>() = value;
    else if (!is_meta())
      write_bytes(&value, sizeof(T));
  }
  // The elements as a host vector. Requires: contiguous, dtype T, not meta. Sync: on a GPU it waits.
  template <class T>
  std::vector<T> to_vector() const {
    check(!is_meta() && is_contiguous(), "tensor: to_vector needs contiguous data");
    const Tensor host = to(kCpu);
    return std::vector<T>(host.data<T>(), host.data<T>() + numel());
  }
  // The same tensor if it is on `device` already, else a copy there. Requires: contiguous.
  // Sync: a copy to the CPU waits.
  Tensor to(Device device) const;

  // Views of the same bytes.
  Tensor view(const Shape& shape) const;  // Requires: contiguous, same number of elements
  Tensor narrow(int dim, int64_t start, int64_t length) const;
  // Rows [begin, end) of dimension 0.
  Tensor rows(int64_t begin, int64_t end) const { return narrow(0, begin, end - begin); }
  // [a, b * c] -> [a, b, c]: splits dimension `dim` into `outer` x rest; strides are kept.
  Tensor split(int dim, int64_t outer) const;

 private:
  void write_bytes(const void* from, int64_t bytes) const;  // from the host, to the first element

  std::shared_ptr<Block> block_;
  int64_t offset_ = 0;  // bytes
  Shape shape_;
  Shape strides_;
  DType dtype_ = DType::f32;
  Device device_ = kCpu;
};

// Copies bytes between contiguous tensors of equal shape and dtype, on any two devices (with meta:
// nothing). Sync: a copy from a GPU to the CPU waits; the others are stream-ordered.
void copy_bytes(const Tensor& from, const Tensor& to);

template <class T>
Tensor Tensor::of(std::span<const T> values, const Shape& shape, Device device) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "tensor: ", values.size(),
        " values for shape ", shape);
  Tensor t = empty(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), t.data<T>());
  return t.to(device);
}

}  // namespace hone
