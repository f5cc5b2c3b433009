// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checksums of bytes: XXH3, as fast as memory. They find damage and changes, not forgery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hone {

struct ContentHash {
  uint64_t high = 0, low = 0;

  bool operator==(const ContentHash&) const = default;
  std::string hex() const;  // 32 digits
};

// XXH3-128 of everything given to add(), however it was cut into calls.
class ContentHasher {
 public:
  ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ~ContentHasher();

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  // Text with its length in front, so that ("ab", "c") differs from ("a", "bc").
  void add_field(std::string_view text);

  ContentHash hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

ContentHash content_hash(std::span<const std::byte> bytes);
// XXH3-64.
uint64_t content_hash64(std::span<const std::byte> bytes);

}  // namespace hone
