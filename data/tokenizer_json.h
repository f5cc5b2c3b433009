// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reading a tokenizer.json, the file format of Hugging Face `tokenizers`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/added_tokens.h"
#include "data/bpe.h"
#include "data/json.h"
#include "data/pretokenizer.h"
#include "data/vocabulary.h"

namespace hone {

// Everything that a tokenizer.json with a byte-level BPE model says.
struct TokenizerJson {
  Vocabulary vocabulary;  // added tokens included
  std::vector<AddedToken> added_tokens;
  bool nfc = false;  // normalise to NFC
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  std::vector<int32_t> prefix, suffix;  // what the post-processor puts around one sequence
};

// Reads the file's content. "truncation" and "padding" do not concern ids and are ignored.
// Errors: the source's code, naming file and JSON path for whatever is inconsistent, or that hone
// does not do: other models than BPE, dropout, byte_fallback, sub-word affixes, other normalizers...
TokenizerJson parse_tokenizer_json(const JsonValue& json);

}  // namespace hone
