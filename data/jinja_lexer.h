// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// A template's text as tokens, with the white space handled as chat templates expect it: Jinja's
// trim_blocks and lstrip_blocks are on, one newline at the end of the template is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/check.h"

namespace hone::jinja {

inline constexpr size_t kMaxTemplateBytes = size_t{1} << 20;

// Where a template comes from, for messages.
struct Source {
  std::string name;                    // "model/chat_template.jinja"
  ErrorCode code = ErrorCode::kModel;  // of errors in the template
};

// Line and column of a token, from 1; columns count characters.
struct Position {
  int line = 1, column = 1;
};

enum class TokenKind {
  kData,           // text outside of tags; `text` is it
  kBlockBegin,     // {%
  kBlockEnd,       // %}
  kVariableBegin,  // {{
  kVariableEnd,    // }}
  kName,
  kInteger,
  kFloat,
  kString,    // `text` is the value
  kOperator,  // `text` is one of + - * / // % ** ~ ( ) [ ] { } == != < <= > >= = . , : | ;
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  int64_t integer = 0;
  double number = 0;
  Position at;
};

// Throws Error(source.code) "<name>:<line>:<column>: <message>".
[[noreturn]] void fail_at(const Source& source, ErrorCode code, Position at,
                          std::string_view message);

// The tokens of a template, ending with kEnd. Comments are dropped, {% raw %} is data.
// Errors: source.code for text that is no template, invalid UTF-8, or more than kMaxTemplateBytes.
std::vector<Token> tokenize(std::string_view text, const Source& source);

}  // namespace hone::jinja
