// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A row of a dataset, from JSON to tokens and which of them are learned.
#include "data/row_encoder.h"
#include "tests/data/builtin_writer.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hone;
  static const Tokenizer tokenizer = Tokenizer::load("data/quickstart");
  static const RowEncoder encoder = [] {
    RowEncoding encoding;
    encoding.render = builtin_writer(tokenizer);
    encoding.mask.eos_token = "<|im_end|>";
    return RowEncoder(tokenizer, encoding);
  }();
  fuzz::accepts({ErrorCode::kDataset}, [&] {
    const TokenRow row = encode_row_text(fuzz::text_of(data, size), encoder);
    fuzz::require(row.ids.size() == row.is_label.size(), "labels for other tokens");
    for (const int32_t id : row.ids)
      fuzz::require(id >= 0 && id < tokenizer.vocab_size(), "an id without a token");
    for (const uint8_t label : row.is_label) fuzz::require(label <= 1, "a label of neither");
  });
  return 0;
}
