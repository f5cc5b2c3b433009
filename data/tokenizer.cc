// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer.h"

#include <filesystem>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "data/json.h"
#include "data/tokenizer_json.h"
#include "data/unicode.h"
#include "tensor/check.h"

namespace hone {
namespace {

// What one call of encode works with. Kept between calls for the sake of the word cache.
struct Workspace {
  Bpe::Cache cache;
  std::string normalized;
  std::vector<TextPart> raw_parts, parts;
  std::vector<std::string_view> words;
};

// Workspaces that no call is using: there are never more than calls that ran at the same time.
class WorkspacePool {
 public:
  std::unique_ptr<Workspace> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Workspace>();
    auto workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }

  void give_back(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

std::vector<AddedToken> with_normalized(const TokenizerJson& file, bool normalized) {
  std::vector<AddedToken> result;
  std::unordered_set<std::string> seen;
  std::string storage;
  for (AddedToken token : file.added_tokens) {
    if (token.normalized != normalized) continue;
    if (normalized && file.nfc) token.content = std::string(nfc(token.content, storage));
    if (seen.insert(token.content).second) result.push_back(std::move(token));
  }
  return result;
}

}  // namespace

struct Tokenizer::State {
  explicit State(TokenizerJson json)
      : file(std::move(json)),
        raw_tokens(with_normalized(file, false)),
        normalized_tokens(with_normalized(file, true)) {
    for (const AddedToken& token : file.added_tokens)
      if (token.special) special.insert(token.id);
  }

  void encode_part(std::string_view text, Workspace& w, std::vector<int32_t>& ids) const;

  TokenizerJson file;
  AddedTokenMatcher raw_tokens, normalized_tokens;
  std::unordered_set<int32_t> special;
  WorkspacePool pool;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::load(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const bool is_directory = fs::is_directory(path, ignored);
  const std::string file = is_directory ? (fs::path(path) / "tokenizer.json").string() : path;
  return Tokenizer(std::make_unique<State>(parse_tokenizer_json(load_json(file))));
}

Tokenizer Tokenizer::parse(std::string_view json, const std::string& name) {
  return Tokenizer(std::make_unique<State>(parse_tokenizer_json(parse_json(json, {name}))));
}

// `text` has no added token of the raw kind in it.
void Tokenizer::State::encode_part(std::string_view text, Workspace& w,
                                   std::vector<int32_t>& ids) const {
  if (file.nfc) text = nfc(text, w.normalized);
  w.parts.clear();
  normalized_tokens.split(text, w.parts);
  for (const TextPart& part : w.parts) {
    if (part.id) {
      ids.push_back(*part.id);
      continue;
    }
    w.words.clear();
    file.pre_tokenizer.split(part.text, w.words);
    for (const std::string_view word : w.words) file.bpe.encode(word, w.cache, ids);
  }
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  if (const int64_t at = find_invalid_utf8(text); at >= 0)
    fail(ErrorCode::kDataset, "tokenizer: the text is not UTF-8 at byte ", at, " of ", text.size());
  auto workspace = state_->pool.take();
  std::vector<int32_t> ids;
  if (add_special_tokens) ids = state_->file.prefix;
  workspace->raw_parts.clear();
  state_->raw_tokens.split(text, workspace->raw_parts);
  for (const TextPart& part : workspace->raw_parts) {
    if (part.id) {
      ids.push_back(*part.id);
    } else {
      state_->encode_part(part.text, *workspace, ids);
    }
  }
  if (add_special_tokens)
    ids.insert(ids.end(), state_->file.suffix.begin(), state_->file.suffix.end());
  state_->pool.give_back(std::move(workspace));
  return ids;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string bytes;
  for (const int32_t id : ids) {
    if (skip_special_tokens && is_special(id)) continue;
    bytes += token_bytes(state_->file.vocabulary.token(id));
  }
  return replace_invalid_utf8(bytes);
}

int64_t Tokenizer::vocab_size() const { return state_->file.vocabulary.size(); }

std::optional<int32_t> Tokenizer::token_to_id(std::string_view token) const {
  return state_->file.vocabulary.id(token);
}

std::string Tokenizer::id_to_token(int32_t id) const {
  return std::string(state_->file.vocabulary.token(id));
}

bool Tokenizer::is_special(int32_t id) const { return state_->special.contains(id); }

}  // namespace hone
