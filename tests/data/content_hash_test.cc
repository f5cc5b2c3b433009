// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/content_hash.h"

#include <doctest/doctest.h>

namespace hone {
namespace {

ContentHash hash_of(std::string_view text) { return content_hash(std::as_bytes(std::span(text))); }

TEST_CASE("content_hash: XXH3's published values") {
  CHECK(hash_of("").hex() == "99aa06d3014798d86001c324468d497f");
  CHECK(content_hash64({}) == 0x2d06800538d394c2);
}

TEST_CASE("content_hash: in pieces as at once") {
  const std::string text(100'000, 'x');
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}}) {
    ContentHasher hasher;
    for (size_t at = 0; at < text.size(); at += piece)
      hasher.add(std::string_view(text).substr(at, piece));
    CHECK(hasher.hash() == hash_of(text));
  }
  CHECK(hash_of(text) != hash_of(text + "x"));
}

TEST_CASE("content_hash: fields are told apart") {
  ContentHasher a, b;
  a.add_field("ab");
  a.add_field("c");
  b.add_field("a");
  b.add_field("bc");
  CHECK(a.hash() != b.hash());
}

}  // namespace
}  // namespace hone
