// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A parser's view of tokens.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja_ast.h"
#include "data/printable.h"

namespace hone::jinja {

class TokenStream {
 public:
  TokenStream(std::vector<Token> tokens, const Source& source)
      : tokens_(std::move(tokens)), source_(source) {}

  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& next() {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }

  static bool is_name(const Token& token, std::string_view name) {
    return token.kind == TokenKind::kName && token.text == name;
  }
  bool at_name(std::string_view name) const { return is_name(current(), name); }
  bool at_operator(std::string_view op) const {
    return current().kind == TokenKind::kOperator && current().text == op;
  }
  bool skip_name(std::string_view name) { return at_name(name) && (next(), true); }
  bool skip_operator(std::string_view op) { return at_operator(op) && (next(), true); }

  void expect_operator(std::string_view op) {
    if (!skip_operator(op)) reject("expected \"" + std::string(op) + "\", found " + found());
  }
  void expect_name(std::string_view name) {
    if (!skip_name(name)) reject("expected \"" + std::string(name) + "\", found " + found());
  }
  std::string expect_identifier() {
    if (current().kind != TokenKind::kName) reject("expected a name, found " + found());
    return next().text;
  }
  void expect(TokenKind kind, std::string_view what) {
    if (current().kind != kind) reject("expected " + std::string(what) + ", found " + found());
    next();
  }

  // The current token, for messages.
  std::string found() const {
    switch (current().kind) {
      case TokenKind::kData:
        return "text";
      case TokenKind::kBlockBegin:
        return "\"{%\"";
      case TokenKind::kBlockEnd:
        return "the end of the tag, \"%}\"";
      case TokenKind::kVariableBegin:
        return "\"{{\"";
      case TokenKind::kVariableEnd:
        return "the end of the tag, \"}}\"";
      case TokenKind::kEnd:
        return "the end of the template";
      default:
        return quote(current().text, 40);
    }
  }

  [[noreturn]] void reject(std::string_view message) const { reject(current().at, message); }
  [[noreturn]] void reject(Position at, std::string_view message) const {
    fail_at(source_, source_.code, at, message);
  }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
  const Source& source_;
};

// Counts how deep a parser is, and rejects more than kMaxNesting.
class Nesting {
 public:
  Nesting(int& depth, const TokenStream& tokens) : depth_(depth) {
    if (++depth_ > kMaxNesting) {
      --depth_;
      tokens.reject("tags and expressions are nested deeper than " + std::to_string(kMaxNesting) +
                    " levels");
    }
  }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& depth_;
};

}  // namespace hone::jinja
