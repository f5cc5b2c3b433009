// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer.json, a NUL byte, and a text. An accepted tokenizer gives the text ids that it has.
// The tokenizer of the built-in demo encodes the text as well: decoding gives back its NFC.
#include "data/tokenizer.h"
#include "data/unicode.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace hone;

void require_round_trip(std::string_view text) {
  static const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  fuzz::accepts({ErrorCode::kDataset}, [&] {
    const std::vector<int32_t> ids = tokenizer.encode(text);
    // An added token stands for itself and cuts the text: NFC does not reach across it.
    for (const int32_t id : ids)
      if (tokenizer.id_to_token(id).starts_with('<') && tokenizer.id_to_token(id).size() > 1)
        return;
    std::string storage;
    fuzz::require(tokenizer.decode(ids) == nfc(text, storage), "decoding does not give the NFC");
  });
}

void try_tokenizer(std::string_view json, std::string_view text) {
  std::optional<Tokenizer> tokenizer;
  if (!fuzz::accepts({ErrorCode::kModel},
                     [&] { tokenizer = Tokenizer::parse(json, "tokenizer.json"); }))
    return;
  fuzz::accepts({ErrorCode::kModel, ErrorCode::kDataset}, [&] {
    const std::vector<int32_t> ids = tokenizer->encode(text, /*add_special_tokens=*/true);
    for (const int32_t id : ids)
      fuzz::require(id >= 0 && id < tokenizer->vocab_size() && !tokenizer->id_to_token(id).empty(),
                    "an id without a token");
    fuzz::require(find_invalid_utf8(tokenizer->decode(ids)) < 0, "decoded text is not UTF-8");
    tokenizer->decode(ids, /*skip_special_tokens=*/true);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto [json, text] = fuzz::split_at_nul(fuzz::text_of(data, size));
  require_round_trip(text);
  try_tokenizer(json, text);
  return 0;
}
