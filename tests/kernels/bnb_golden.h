// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The files of tests/goldens/bnb: what bitsandbytes' CUDA kernels gave (tools/make_bnb_golden.py).
#pragma once

#include <string>
#include <vector>

#include "data/safetensors.h"
#include "tensor/quantized.h"

namespace hone::test {

inline SafetensorsFile bnb_golden(const std::string& name) {
  return SafetensorsFile::open("tests/goldens/bnb/" + name + ".safetensors");
}

// One quantisation recorded in four_bit.safetensors.
struct FourBitCase {
  std::string input;   // name of the tensor that was quantised
  std::string prefix;  // "<case>.<dtype>/<nf4|fp4>/" or the same with "nested/"
  QuantType type;
  bool nested;
};

inline std::vector<FourBitCase> four_bit_cases(const SafetensorsFile& file) {
  std::vector<FourBitCase> cases;
  for (const auto& [name, info] : file.tensors()) {
    const size_t at = name.find("/input");
    if (at == std::string::npos) continue;
    const std::string base = name.substr(0, at + 1);
    for (const QuantType type : {QuantType::nf4, QuantType::fp4}) {
      const std::string prefix = base + name_of(type) + "/";
      cases.push_back({name, prefix, type, false});
      if (file.contains(prefix + "nested/absmax"))
        cases.push_back({name, prefix + "nested/", type, true});
    }
  }
  return cases;
}

// What bitsandbytes stored for a case.
inline QuantizedTensor recorded(const SafetensorsFile& file, const FourBitCase& c) {
  const Tensor input = load_tensor(file, c.input);
  const std::string plain = c.nested ? c.prefix.substr(0, c.prefix.size() - 7) : c.prefix;
  QuantizedTensor q{.type = c.type, .shape = input.shape(), .dtype = input.dtype()};
  q.codes = load_tensor(file, plain + "codes");
  q.absmax = load_tensor(file, c.prefix + "absmax");
  if (c.nested) {
    q.nested_absmax = load_tensor(file, c.prefix + "nested_absmax");
    q.nested_offset = load_tensor(file, c.prefix + "offset").view({});
  }
  return q;
}

}  // namespace hone::test
