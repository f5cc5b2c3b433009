// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_lexer.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "data/jinja_string_literal.h"
#include "data/jinja_text.h"
#include "data/printable.h"
#include "data/unicode.h"

namespace hone::jinja {
namespace {

// All newlines as \n, and none at the very end.
std::string normalize(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  Lexer(std::string text, const Source& source) : text_(std::move(text)), source_(source) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) data();
    push(TokenKind::kEnd, text_.size());
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void reject(size_t offset, std::string_view message) {
    fail_at(source_, source_.code, position(offset), message);
  }

  // Offsets only grow from call to call, but for errors.
  Position position(size_t offset) {
    if (offset < counted_) counted_ = 0, position_ = {};
    for (; counted_ < offset; ++counted_) {
      if (text_[counted_] == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if ((static_cast<unsigned char>(text_[counted_]) & 0xc0) != 0x80) {
        ++position_.column;
      }
    }
    return position_;
  }

  Token& push(TokenKind kind, size_t offset) {
    Token& token = tokens_.emplace_back();
    token.kind = kind;
    token.at = position(offset);
    return token;
  }

  bool starts(size_t at, std::string_view what) const {
    return std::string_view(text_).substr(at, what.size()) == what;
  }

  // Text up to the next tag, then the tag.
  void data() {
    size_t tag = at_;
    while ((tag = text_.find('{', tag)) != std::string::npos && !starts(tag, "{%") &&
           !starts(tag, "{{") && !starts(tag, "{#"))
      ++tag;
    if (tag == std::string::npos) {
      push_data(at_, text_.size());
      at_ = text_.size();
      return;
    }
    const char kind = text_[tag + 1];
    push_data(at_, data_end(at_, tag, tag + 2, kind != '{'));
    at_ = tag + 2;
    if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
    if (kind == '#') {
      comment(tag);
    } else if (kind == '{') {
      inside(tag, TokenKind::kVariableBegin);
    } else if (const size_t after = raw_begin(); after != 0) {
      raw(tag, after);
    } else {
      inside(tag, TokenKind::kBlockBegin);
    }
  }

  void push_data(size_t begin, size_t end) {
    if (begin < end) push(TokenKind::kData, begin).text = text_.substr(begin, end - begin);
  }

  // Where the text [begin, tag) ends once the tag has taken white space from it. `sign` is the
  // offset of what may be the tag's - or +.
  size_t data_end(size_t begin, size_t tag, size_t sign, bool lstrip) const {
    const std::string_view before = std::string_view(text_).substr(begin, tag - begin);
    const char c = sign < text_.size() ? text_[sign] : '\0';
    if (c == '-') return begin + strip_borders(before, false, true).end;
    if (c == '+' || !lstrip) return tag;
    const size_t newline = before.rfind('\n');
    const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
    if (line == 0 && !line_starts_) return tag;
    const Borders kept = strip_borders(before.substr(line), true, false);
    return kept.begin == kept.end ? begin + line : tag;
  }

  // Skips what a tag's end takes from the text behind it. at_ stands behind "%}", "}}" or "#}".
  void after_tag(char sign, bool trims_newline) {
    const size_t begin = at_;
    if (sign == '-') {
      at_ += strip_borders(std::string_view(text_).substr(at_), true, false).begin;
    } else if (sign != '+' && trims_newline && at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
    }
    line_starts_ = at_ > begin && text_[at_ - 1] == '\n';
  }

  void comment(size_t tag) {
    // A sign directly behind "{#" belongs to the beginning; "{#-#}" has its sign there.
    size_t end = text_.find("#}", at_);
    if (end == std::string::npos) reject(tag, "this comment has no end, \"#}\"");
    const char sign =
        end > at_ && (text_[end - 1] == '-' || text_[end - 1] == '+') ? text_[end - 1] : '\0';
    at_ = end + 2;
    after_tag(sign, true);
  }

  size_t skip_space(size_t at) const {
    return at + strip_borders(std::string_view(text_).substr(at), true, false).begin;
  }

  // Offset behind "{% raw %}", 0 if the tag is another.
  size_t raw_begin() const {
    size_t at = skip_space(at_);
    if (!starts(at, "raw")) return 0;
    at = skip_space(at + 3);
    if (starts(at, "-%}")) return skip_space(at + 3);
    return starts(at, "%}") ? at + 2 : 0;
  }

  void raw(size_t tag, size_t begin) {
    line_starts_ = begin > 0 && text_[begin - 1] == '\n';
    for (size_t end = begin; (end = text_.find("{%", end)) != std::string::npos; ++end) {
      size_t at = end + 2;
      if (at < text_.size() && (text_[at] == '-' || text_[at] == '+')) ++at;
      at = skip_space(at);
      if (!starts(at, "endraw")) continue;
      at = skip_space(at + 6);
      const char sign = at < text_.size() ? text_[at] : '\0';
      if (sign == '-' || sign == '+') ++at;
      if (!starts(at, "%}")) continue;
      push_data(begin, data_end(begin, end, end + 2, true));
      at_ = at + 2;
      after_tag(sign, true);
      return;
    }
    reject(tag, "{% raw %} has no {% endraw %}");
  }

  // The tokens of one tag.
  void inside(size_t tag, TokenKind kind) {
    push(kind, tag);
    const bool is_block = kind == TokenKind::kBlockBegin;
    const std::string_view end = is_block ? "%}" : "}}";
    std::string open;  // brackets
    while (true) {
      at_ = skip_space(at_);
      if (at_ >= text_.size())
        reject(tag, is_block ? "this tag has no end, \"%}\"" : "this tag has no end, \"}}\"");
      const char c = text_[at_];
      const bool signed_end = (c == '-' || (is_block && c == '+')) && starts(at_ + 1, end);
      if (open.empty() && (signed_end || starts(at_, end))) {
        push(is_block ? TokenKind::kBlockEnd : TokenKind::kVariableEnd, at_);
        at_ += end.size() + (signed_end ? 1 : 0);
        after_tag(signed_end ? c : '\0', is_block);
        return;
      }
      token(open);
    }
  }

  void token(std::string& open) {
    const char c = text_[at_];
    if (c == '"' || c == '\'') {
      string(c);
    } else if (is_digit(c)) {
      number();
    } else if (is_name_byte(c)) {
      const size_t begin = at_;
      while (at_ < text_.size() && is_name_byte(text_[at_])) ++at_;
      push(TokenKind::kName, begin).text = text_.substr(begin, at_ - begin);
    } else {
      op(open);
    }
  }

  void string(char quote) {
    const size_t begin = at_;
    size_t end = begin + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) reject(begin, "this string has no end");
    std::string value;
    const auto body = std::string_view(text_).substr(begin + 1, end - begin - 1);
    if (const char* problem = unescape(body, value)) reject(begin, problem);
    push(TokenKind::kString, begin).text = std::move(value);
    at_ = end + 1;
  }

  // Digits, with single underscores between them.
  size_t digits(size_t at) const {
    while (at < text_.size() &&
           (is_digit(text_[at]) ||
            (text_[at] == '_' && at + 1 < text_.size() && is_digit(text_[at + 1]))))
      ++at;
    return at;
  }

  // 0x1F, 0o17, 0b11: after the prefix, digits with single underscores before them.
  bool prefixed_number() {
    if (text_[at_] != '0' || at_ + 1 >= text_.size()) return false;
    const char letter = static_cast<char>(text_[at_ + 1] | 0x20);
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base == 0) return false;
    std::string plain;
    size_t end = at_ + 2;
    for (; end < text_.size(); ++end) {
      int digit = 0;
      const size_t here = text_[end] == '_' && end + 1 < text_.size() ? end + 1 : end;
      const char* at = text_.data() + here;
      if (std::from_chars(at, at + 1, digit, base).ec != std::errc() || *at == '-') break;
      plain += *at;
      end = here;
    }
    if (plain.empty()) return false;
    Token& token = push(TokenKind::kInteger, at_);
    token.text = plain;
    if (std::from_chars(plain.data(), plain.data() + plain.size(), token.integer, base).ec !=
        std::errc())
      reject(at_, "this number is too large");
    at_ = end;
    return true;
  }

  void number() {
    if (prefixed_number()) return;
    const size_t begin = at_;
    size_t end = digits(begin);
    bool is_float = false;
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      end = digits(end + 1);
      is_float = true;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        end = digits(exponent);
        is_float = true;
      }
    }
    std::string plain = text_.substr(begin, end - begin);
    std::erase(plain, '_');
    Token& token = push(is_float ? TokenKind::kFloat : TokenKind::kInteger, begin);
    token.text = plain;
    const char* last = plain.data() + plain.size();
    const std::errc error = is_float ? std::from_chars(plain.data(), last, token.number).ec
                                     : std::from_chars(plain.data(), last, token.integer).ec;
    if (error != std::errc()) reject(begin, "this number is too large");
    at_ = end;
  }

  void op(std::string& open) {
    static constexpr std::string_view kTwo[] = {"//", "**", "==", "!=", "<=", ">="};
    size_t length = 1;
    for (const std::string_view two : kTwo)
      if (starts(at_, two)) length = 2;
    const char c = text_[at_];
    if (length == 1 && std::string_view("+-*/%~()[]{}<>=.,:|;").find(c) == std::string_view::npos)
      reject(at_, "unexpected character " + quote(std::string_view(text_).substr(at_, 1)));
    if (c == '(') open += ')';
    if (c == '[') open += ']';
    if (c == '{') open += '}';
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c)
        reject(at_, std::string("unexpected '") + c + "'" +
                        (open.empty() ? "" : std::string(", expected '") + open.back() + "'"));
      open.pop_back();
    }
    push(TokenKind::kOperator, at_).text = text_.substr(at_, length);
    at_ += length;
  }

  const std::string text_;
  const Source& source_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  bool line_starts_ = true;  // the text at at_ begins a line
  size_t counted_ = 0;       // position_ is that of this offset
  Position position_;
};

}  // namespace

void fail_at(const Source& source, ErrorCode code, Position at, std::string_view message) {
  fail(code, printable(source.name, 4096), ":", at.line, ":", at.column, ": ",
       printable(message, 4096));
}

std::vector<Token> tokenize(std::string_view text, const Source& source) {
  if (text.size() > kMaxTemplateBytes)
    fail(source.code, printable(source.name, 4096), ": the template has ", text.size(),
         " bytes, more than ", kMaxTemplateBytes);
  if (const int64_t bad = find_invalid_utf8(text); bad >= 0)
    fail(source.code, printable(source.name, 4096), ": byte ", bad, " is not valid UTF-8");
  return Lexer(normalize(text), source).run();
}

}  // namespace hone::jinja
