// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The extents of a tensor: up to six 64-bit dimensions, row-major.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>

#include "tensor/check.h"

namespace hone {

class Shape;
std::ostream& operator<<(std::ostream& out, const Shape& s);  // "[2, 3]"

class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(dims.begin(), dims.end()) {}
  template <class Iterator>
  Shape(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(*first);
  }

  int rank() const { return rank_; }
  // Extent of dimension i; negative i counts from the back.
  int64_t operator[](int i) const { return dims_[index(i)]; }
  void set(int i, int64_t extent) { dims_[index(i)] = extent; }
  void push_back(int64_t extent) {
    check(rank_ < kMaxRank, "shape: more than ", kMaxRank, " dimensions");
    check(extent >= 0, "shape: negative extent ", extent);
    dims_[rank_++] = extent;
  }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }

  // Number of elements; 1 for rank 0. Errors: kInternal if it exceeds 2^63 - 1.
  int64_t numel() const {
    int64_t n = 1;
    for (int64_t d : *this)
      check(!__builtin_mul_overflow(n, d, &n), "shape: element count of ", *this, " overflows");
    return n;
  }

  bool operator==(const Shape& o) const {
    return rank_ == o.rank_ && std::equal(begin(), end(), o.begin());
  }

  std::string str() const {  // "[2, 3]"
    std::string s = "[";
    for (int i = 0; i < rank_; ++i) s += (i ? ", " : "") + std::to_string(dims_[i]);
    return s + "]";
  }

 private:
  int index(int i) const {
    const int j = i < 0 ? i + rank_ : i;
    check(j >= 0 && j < rank_, "shape: no dimension ", i, " in ", *this);
    return j;
  }

  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

inline std::ostream& operator<<(std::ostream& out, const Shape& s) { return out << s.str(); }

}  // namespace hone
