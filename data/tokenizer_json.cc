// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer_json.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "data/json.h"
#include "data/printable.h"
#include "tensor/check.h"

namespace hone {
namespace {

constexpr IntRange kIdRange{0, kMaxTokenIds - 1};

// A large array or object has no JsonValue per element, which would spell out every path: these
// make one when there is an error to report.
template <class... Parts>
[[noreturn]] void reject(const JsonValue& parent, const std::string& place, const Parts&... what) {
  fail(parent.source().code, parent.where(), place, ": ", what...);
}

std::string index(size_t i) { return "[" + std::to_string(i) + "]"; }

// --- normalizer ----------------------------------------------------------------------------------

bool read_nfc(const JsonValue& json) {
  const std::string type = json.get_string("type");
  if (type == "NFC") return true;
  if (type != "Sequence")
    json.at("type").reject("one of the normalizers that hone knows: NFC, Sequence");
  bool nfc = false;
  for (const JsonValue& part : json.at("normalizers").elements()) nfc |= read_nfc(part);
  return nfc;
}

// --- decoder -------------------------------------------------------------------------------------

void require_byte_level_decoder(const JsonValue& json) {
  const std::string type = json.get_string("type");
  if (type == "ByteLevel") return;
  if (type != "Sequence" || json.at("decoders").size() != 1)
    json.at("type").reject("\"ByteLevel\", the decoder of byte-level tokenizers");
  require_byte_level_decoder(json.at("decoders").at(0));
}

// --- model ---------------------------------------------------------------------------------------

void require_plain_bpe(const JsonValue& model) {
  if (model.get_string_or("type", "BPE") != "BPE")
    model.at("type").reject("\"BPE\", the only model that hone reads");
  if (model.get_double_or("dropout", 0) != 0) model.at("dropout").reject("null or 0");
  if (model.get_bool_or("byte_fallback", false))
    model.at("byte_fallback").reject("false (hone reads byte-level BPE, not SentencePiece's kind)");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.get_string_or(affix, "").empty()) model.at(affix).reject("null or \"\"");
}

void read_vocabulary(const JsonValue& vocab, Vocabulary& vocabulary) {
  if (!vocab.is_object()) vocab.reject("an object of token: id");
  for (const auto& [token, id] : vocab.raw().items()) {
    const auto place = [&token = token] { return "[" + quote(token) + "]"; };
    if (token.empty()) reject(vocab, place(), "an empty token");
    if (!id.is_number_integer() || id < kIdRange.min || id > kIdRange.max)
      reject(vocab, place(), "expected an integer in [0, ", kIdRange.max, "], found ",
             printable(id.dump()));
    const auto value = id.get<int32_t>();
    if (const auto other = vocabulary.token(value); !other.empty())
      reject(vocab, place(), "id ", value, " belongs to ", quote(other), " already");
    vocabulary.add(token, value);
  }
}

// A merge is ["a", "b"] or, in older files, "a b".
std::pair<std::string, std::string> read_merge(const JsonValue& merges, size_t i) {
  const Json& merge = merges.raw()[i];
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  if (merge.is_string()) {
    const auto& text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos)
      return {text.substr(0, space), text.substr(space + 1)};
  }
  reject(merges, index(i), "expected two tokens, [\"a\", \"b\"] or \"a b\" with one space, found ",
         printable(merge.dump()));
}

std::vector<BpeMerge> read_merges(const JsonValue& merges, const Vocabulary& vocabulary) {
  if (!merges.is_array()) merges.reject("a list of merges");
  const size_t count = merges.raw().size();
  if (count > static_cast<size_t>(kMaxTokenIds))
    merges.reject("at most " + std::to_string(kMaxTokenIds) + " merges");
  std::vector<BpeMerge> result;
  result.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto [left, right] = read_merge(merges, i);
    const auto id_of = [&](const std::string& token) {
      const auto id = vocabulary.id(token);
      if (!id) reject(merges, index(i), "token ", quote(token), " is not in the vocabulary");
      return *id;
    };
    result.push_back({id_of(left), id_of(right), id_of(left + right)});
  }
  return result;
}

Bpe read_bpe(const JsonValue& model, Vocabulary& vocabulary) {
  require_plain_bpe(model);
  read_vocabulary(model.at("vocab"), vocabulary);
  std::array<int32_t, 256> byte_ids;
  for (size_t b = 0; b < byte_ids.size(); ++b) {
    const char byte = static_cast<char>(b);
    byte_ids[b] = vocabulary.id(spell_bytes({&byte, 1})).value_or(-1);
  }
  std::unordered_map<std::string, int32_t> words;
  if (model.get_bool_or("ignore_merges", false)) {
    for (int64_t id = 0; id < vocabulary.size(); ++id) {
      const std::string_view token = vocabulary.token(id);
      const std::string bytes = token_bytes(token);
      if (!token.empty() && spell_bytes(bytes) == token) words.emplace(bytes, id);
    }
  }
  return Bpe(byte_ids, read_merges(model.at("merges"), vocabulary), std::move(words));
}

// --- added tokens --------------------------------------------------------------------------------

AddedToken read_added_token(const JsonValue& json, Vocabulary& vocabulary) {
  AddedToken token{.content = json.get_string("content"),
                   .id = static_cast<int32_t>(json.get_int("id", kIdRange)),
                   .special = json.get_bool_or("special", false),
                   .single_word = json.get_bool_or("single_word", false),
                   .lstrip = json.get_bool_or("lstrip", false),
                   .rstrip = json.get_bool_or("rstrip", false),
                   .normalized = json.get_bool_or("normalized", true)};
  const auto bytes = static_cast<int64_t>(token.content.size());
  if (bytes == 0 || bytes > AddedTokenMatcher::kMaxBytes)
    reject(json, ".content", "expected 1 to ", AddedTokenMatcher::kMaxBytes, " bytes, found ",
           bytes);
  const std::string_view holder = vocabulary.token(token.id);
  if (!holder.empty() && holder != token.content)
    reject(json, ".id", "id ", token.id, " belongs to ", quote(holder), " already");
  const auto known = vocabulary.id(token.content);
  if (known && *known != token.id)
    reject(json, ".id", "token ", quote(token.content), " has id ", *known, " already, found ",
           token.id);
  if (known) return token;
  // `tokenizers` numbers new tokens from there on whatever the file says: ids that a model was
  // trained with would not be the ones written here.
  if (token.id != vocabulary.count())
    reject(json, ".id", "expected ", vocabulary.count(), ", the number of tokens before ",
           quote(token.content), ", found ", token.id);
  vocabulary.add(token.content, token.id);
  return token;
}

std::vector<AddedToken> read_added_tokens(const JsonValue& json, Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens;
  std::unordered_set<std::string> seen;
  for (const JsonValue& item : json.elements()) {
    tokens.push_back(read_added_token(item, vocabulary));
    if (!seen.insert(tokens.back().content).second)
      reject(item, ".content", "token ", quote(tokens.back().content), " is listed twice");
  }
  return tokens;
}

// --- post-processor ------------------------------------------------------------------------------

// TemplateProcessing: "single" lists special tokens around the one sequence A.
void read_template(const JsonValue& json, TokenizerJson& out) {
  bool behind_sequence = false;
  for (const JsonValue& piece : json.at("single").elements()) {
    if (const auto sequence = piece.find("Sequence")) {
      if (behind_sequence || sequence->get_string("id") != "A")
        sequence->reject("sequence A, and that once");
      behind_sequence = true;
      continue;
    }
    const std::string name = piece.at("SpecialToken").get_string("id");
    const JsonValue ids = json.at("special_tokens").at(name).at("ids");
    for (const JsonValue& id : ids.elements()) {
      const int64_t value = id.as_int(kIdRange);
      if (out.vocabulary.token(value).empty()) id.reject("the id of a token");
      (behind_sequence ? out.suffix : out.prefix).push_back(static_cast<int32_t>(value));
    }
  }
  if (!behind_sequence) json.at("single").reject("a template with a Sequence in it");
}

void read_post_processor(const JsonValue& json, TokenizerJson& out) {
  const std::string type = json.get_string("type");
  if (type == "ByteLevel") return;  // it moves offsets only
  if (type == "TemplateProcessing") {
    if (!out.prefix.empty() || !out.suffix.empty()) json.reject("one TemplateProcessing only");
    read_template(json, out);
  } else if (type == "Sequence") {
    for (const JsonValue& part : json.at("processors").elements()) read_post_processor(part, out);
  } else {
    json.at("type").reject(
        "one of the post-processors that hone knows: ByteLevel, TemplateProcessing, Sequence");
  }
}

}  // namespace

TokenizerJson parse_tokenizer_json(const JsonValue& json) {
  Vocabulary vocabulary;
  Bpe bpe = read_bpe(json.at("model"), vocabulary);
  std::vector<AddedToken> added;
  if (const auto list = json.find("added_tokens")) added = read_added_tokens(*list, vocabulary);
  const auto normalizer = json.find("normalizer");
  TokenizerJson result{.vocabulary = std::move(vocabulary),
                       .added_tokens = std::move(added),
                       .nfc = normalizer && read_nfc(*normalizer),
                       .pre_tokenizer = PreTokenizer::from_json(json.at("pre_tokenizer")),
                       .bpe = std::move(bpe),
                       .prefix = {},
                       .suffix = {}};
  require_byte_level_decoder(json.at("decoder"));
  if (const auto post = json.find("post_processor")) read_post_processor(*post, result);
  return result;
}

}  // namespace hone
