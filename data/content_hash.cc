// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/content_hash.h"

#include <xxhash.h>

#include <cstdio>

#include "tensor/check.h"

namespace hone {
namespace {

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

struct ContentHasher::State {
  std::unique_ptr<XXH3_state_t, FreeState> xxh{XXH3_createState()};
};

std::string ContentHash::hex() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {
  check(state_->xxh != nullptr && XXH3_128bits_reset(state_->xxh.get()) == XXH_OK,
        "content_hash: no memory for a hash state");
}
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;
ContentHasher::~ContentHasher() = default;

void ContentHasher::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) XXH3_128bits_update(state_->xxh.get(), bytes.data(), bytes.size());
}

void ContentHasher::add(std::string_view text) { add(std::as_bytes(std::span(text))); }

void ContentHasher::add_field(std::string_view text) {
  const uint64_t size = text.size();
  add(std::as_bytes(std::span(&size, 1)));
  add(text);
}

ContentHash ContentHasher::hash() const {
  const XXH128_hash_t digest = XXH3_128bits_digest(state_->xxh.get());
  return {digest.high64, digest.low64};
}

ContentHash content_hash(std::span<const std::byte> bytes) {
  const XXH128_hash_t digest = XXH3_128bits(bytes.data(), bytes.size());
  return {digest.high64, digest.low64};
}

uint64_t content_hash64(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace hone
