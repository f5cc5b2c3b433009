// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The sixteen values of NF4 and FP4, and which code a normalised number gets.
//                             source: Dettmers et al. 2023, arXiv:2305.14314 (NF4); bitsandbytes
//
//   NF4: quantiles of a normal distribution, ascending; code = number of thresholds below x.
//   FP4: code bit 3 is the sign; bits 0-2 a magnitude from {0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4}.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "tensor/quantized.h"

namespace hone::kernels {

inline constexpr std::array<float, 16> kNf4Values = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

inline constexpr std::array<float, 15> kNf4Thresholds = {
    -0.8480964004993439f,  -0.6106329262256622f,  -0.4599952697753906f,   -0.33967943489551544f,
    -0.23460740596055984f, -0.13791173323988914f, -0.045525018125772476f, 0.03979014977812767f,
    0.1202552504837513f,   0.2035212516784668f,   0.2920137718319893f,    0.3893125355243683f,
    0.5016634166240692f,   0.6427869200706482f,   0.8614784178118011f,
};

inline constexpr std::array<float, 16> kFp4Values = {
    0.0f,  1 / 192.0f,  2 / 3.0f,  1.0f,  1 / 3.0f,  0.5f,  1 / 6.0f,  0.25f,
    -0.0f, -1 / 192.0f, -2 / 3.0f, -1.0f, -1 / 3.0f, -0.5f, -1 / 6.0f, -0.25f,
};

// A magnitude above kFp4Thresholds[i] has at least the code kFp4Ascending[i + 1].
inline constexpr std::array<float, 7> kFp4Thresholds = {
    0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f,
};
inline constexpr std::array<uint8_t, 8> kFp4Ascending = {0, 1, 6, 7, 4, 5, 2, 3};

inline const std::array<float, 16>& code_values(QuantType type) {
  return type == QuantType::nf4 ? kNf4Values : kFp4Values;
}

// The code of x, a number already divided by its block's absmax. NaN gets code 0.
inline uint8_t nf4_code(float x) {
  int code = 0;
  for (const float threshold : kNf4Thresholds) code += x > threshold;
  return static_cast<uint8_t>(code);
}

inline uint8_t fp4_code(float x) {
  int rank = 0;
  for (const float threshold : kFp4Thresholds) rank += std::abs(x) > threshold;
  return static_cast<uint8_t>(kFp4Ascending[static_cast<size_t>(rank)] | (x < 0 ? 8 : 0));
}

}  // namespace hone::kernels
