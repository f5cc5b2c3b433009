// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3").
//
// A stream is keyed by the seed and a module path, never by how often something was called, so the
// i-th number of a stream is the same in a recomputed forward pass, after a resume and for any
// number of threads.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace hone {

// FNV-1a, 64 bits: turns a module path into a key.
constexpr uint64_t hash_path(std::string_view path) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (char c : path) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return h;
}

constexpr std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key);
  uint32_t k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = 0xD2511F53ull * counter[0];
    const uint64_t p1 = 0xCD9E8D57ull * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ k0, static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

class RandomStream {
 public:
  RandomStream() = default;
  RandomStream(uint64_t seed, std::string_view path, uint64_t step = 0)
      : RandomStream(seed, hash_path(path), step) {}
  // The same by the path's hash.
  RandomStream(uint64_t seed, uint64_t path_hash, uint64_t step)
      : key_(seed * 0x9E3779B97F4A7C15ull ^ path_hash), step_(step) {}

  // The i-th 32 random bits. Numbers come four to a Philox block.
  constexpr uint32_t bits(uint64_t i) const { return block(i / 4)[i % 4]; }
  // The i-th number, uniform in [0, 1): a multiple of 2^-24.
  constexpr float uniform(uint64_t i) const { return static_cast<float>(bits(i) >> 8) * 0x1p-24f; }
  // What the i-th normal number is made of: u uniform in (0, 1], v in [0, 1), from its own bits.
  struct UniformPair {
    double u, v;
  };
  constexpr UniformPair uniform_pair(uint64_t i) const {
    const std::array<uint32_t, 4> b = block(i);
    return {(static_cast<double>(b[0]) + 1.0) * 0x1p-32, static_cast<double>(b[1]) * 0x1p-32};
  }
  // The i-th number, standard normal (Box-Muller).
  float normal(uint64_t i) const {
    const auto [u, v] = uniform_pair(i);
    return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * v));
  }

 private:
  constexpr std::array<uint32_t, 4> block(uint64_t i) const {
    return philox({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32),
                   static_cast<uint32_t>(step_), static_cast<uint32_t>(step_ >> 32)},
                  key_);
  }

  uint64_t key_ = 0;
  uint64_t step_ = 0;
};

}  // namespace hone
