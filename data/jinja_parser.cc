// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/jinja_parser.h"

#include <algorithm>
#include <initializer_list>

#include "data/jinja_expression_parser.h"
#include "data/jinja_names.h"

namespace hone::jinja {
namespace {

using Kind = StatementKind;
using Ends = std::initializer_list<std::string_view>;

class Parser {
 public:
  Parser(std::string_view text, const Source& source)
      : source_(source), tokens_(tokenize(text, source), source) {}

  ParsedTemplate run() {
    ParsedTemplate out;
    out.body = body({}, {});
    check_names(out.body, source_);
    out.has_generation_blocks = has_generation_blocks_;
    return out;
  }

 private:
  // Statements up to a tag named by one of `ends`, whose name is the current token then. `open` is
  // the tag that they belong to, for messages.
  Body body(Ends ends, std::string_view open, Position at = {}) {
    const Nesting nesting(expressions_.depth, tokens_);
    Body out;
    while (true) {
      const Token& token = tokens_.current();
      if (token.kind == TokenKind::kEnd) {
        if (ends.size() > 0)
          tokens_.reject(at, "{% " + std::string(open) + " %} has no {% " +
                                 std::string(*(ends.end() - 1)) + " %}");
        return out;
      }
      if (token.kind == TokenKind::kData) {
        Statement& data = out.emplace_back();
        data.kind = Kind::kData;
        data.at = token.at;
        data.text = tokens_.next().text;
      } else if (token.kind == TokenKind::kVariableBegin) {
        out.push_back(print());
      } else {
        tokens_.next();
        if (std::any_of(ends.begin(), ends.end(),
                        [&](std::string_view end) { return tokens_.at_name(end); }))
          return out;
        out.push_back(tag());
      }
    }
  }

  // The body of `open`, up to and with its end tag.
  Body whole_body(std::string_view end, std::string_view open, Position at) {
    end_tag();
    Body out = body({end}, open, at);
    tokens_.next();
    end_tag();
    return out;
  }

  void end_tag() { tokens_.expect(TokenKind::kBlockEnd, "the end of the tag, \"%}\""); }

  Statement print() {
    Statement s{};
    s.kind = Kind::kPrint;
    s.at = tokens_.next().at;
    s.value = expressions_.tuple();
    tokens_.expect(TokenKind::kVariableEnd, "the end of the tag, \"}}\"");
    return s;
  }

  Statement tag() {
    const Token token = tokens_.current();
    if (token.kind != TokenKind::kName)
      tokens_.reject("expected a tag's name, found " + tokens_.found());
    tokens_.next();
    const std::string& name = token.text;
    Statement s{};
    s.at = token.at;
    if (name == "if") return if_tag(std::move(s));
    if (name == "for") return for_tag(std::move(s));
    if (name == "set") return set_tag(std::move(s));
    if (name == "macro") return macro_tag(std::move(s));
    if (name == "call") return call_tag(std::move(s));
    if (name == "filter") return filter_tag(std::move(s));
    if (name == "with") return with_tag(std::move(s));
    if (name == "generation") return generation_tag(std::move(s));
    if (name == "break" || name == "continue") return loop_control(std::move(s), name);
    reject_tag(token);
  }

  [[noreturn]] void reject_tag(const Token& token) {
    const std::string& name = token.text;
    if (name == "include" || name == "import" || name == "from" || name == "extends" ||
        name == "block")
      tokens_.reject(token.at,
                     "unknown tag \"" + name + "\": a chat template cannot use other templates");
    if (name.starts_with("end") || name == "else" || name == "elif")
      tokens_.reject(token.at, "unexpected {% " + name + " %}: nothing is open that it ends");
    tokens_.reject(token.at, "unknown tag " + quote(name, 40));
  }

  Statement if_tag(Statement s) {
    s.kind = Kind::kIf;
    Branch branch{expressions_.tuple(false), {}};
    while (true) {
      end_tag();
      branch.body = body({"elif", "else", "endif"}, "if", s.at);
      s.branches.push_back(std::move(branch));
      const std::string end = tokens_.next().text;
      if (end == "elif") {
        branch = {expressions_.tuple(false), {}};
        continue;
      }
      if (end == "else") {
        end_tag();
        s.branches.push_back({nullptr, body({"endif"}, "if", s.at)});
        tokens_.next();
      }
      end_tag();
      return s;
    }
  }

  Statement for_tag(Statement s) {
    s.kind = Kind::kFor;
    s.target = expressions_.target(false);
    tokens_.expect_name("in");
    s.value = expressions_.tuple(false);
    if (tokens_.skip_name("if")) s.condition = expressions_.expression();
    s.is_recursive = tokens_.skip_name("recursive");
    end_tag();
    ++loops_;
    s.body = body({"else", "endfor"}, "for", s.at);
    --loops_;
    if (tokens_.next().text == "else") {
      end_tag();
      s.else_body = body({"endfor"}, "for", s.at);
      tokens_.next();
    }
    end_tag();
    return s;
  }

  Statement set_tag(Statement s) {
    s.target = expressions_.target(true);
    if (tokens_.skip_operator("=")) {
      s.kind = Kind::kSet;
      s.value = expressions_.tuple();
      end_tag();
      return s;
    }
    s.kind = Kind::kSetBlock;
    s.value = expressions_.filters(nullptr);
    s.body = whole_body("endset", "set", s.at);
    return s;
  }

  void parameters(Statement& s) {
    tokens_.expect_operator("(");
    while (!tokens_.at_operator(")")) {
      Parameter& parameter = s.parameters.emplace_back();
      parameter.name = tokens_.expect_identifier();
      if (tokens_.skip_operator("=")) {
        parameter.otherwise = expressions_.expression();
      } else if (s.parameters.size() > 1 && s.parameters[s.parameters.size() - 2].otherwise) {
        tokens_.reject("a parameter without a default behind one that has one");
      }
      if (!tokens_.at_operator(")")) tokens_.expect_operator(",");
    }
    tokens_.next();
  }

  // The body of a macro or call; notes which of the special names it reads.
  void callable_body(Statement& s, std::string_view end, std::string_view open) {
    const int loops = std::exchange(loops_, 0);
    std::set<std::string> outside = std::exchange(expressions_.names_read, {});
    s.body = whole_body(end, open, s.at);
    const std::set<std::string>& read = expressions_.names_read;
    s.uses_varargs = read.contains("varargs");
    s.uses_kwargs = read.contains("kwargs");
    s.uses_caller = read.contains("caller");
    outside.insert(read.begin(), read.end());
    expressions_.names_read = std::move(outside);
    loops_ = loops;
  }

  Statement macro_tag(Statement s) {
    s.kind = Kind::kMacro;
    s.text = tokens_.expect_identifier();
    parameters(s);
    callable_body(s, "endmacro", "macro");
    return s;
  }

  Statement call_tag(Statement s) {
    s.kind = Kind::kCallBlock;
    if (tokens_.at_operator("(")) parameters(s);
    s.value = expressions_.expression();
    if (s.value->kind != ExpressionKind::kCall) tokens_.reject(s.at, "{% call %} needs a call");
    callable_body(s, "endcall", "call");
    return s;
  }

  Statement filter_tag(Statement s) {
    s.kind = Kind::kFilterBlock;
    s.value = expressions_.filters(expressions_.filter_after_pipe(nullptr));
    s.body = whole_body("endfilter", "filter", s.at);
    return s;
  }

  Statement with_tag(Statement s) {
    s.kind = Kind::kWith;
    while (tokens_.current().kind != TokenKind::kBlockEnd) {
      if (!s.assignments.empty()) tokens_.expect_operator(",");
      ExpressionPtr target = expressions_.target(false);
      tokens_.expect_operator("=");
      s.assignments.emplace_back(std::move(target), expressions_.expression());
    }
    s.body = whole_body("endwith", "with", s.at);
    return s;
  }

  Statement generation_tag(Statement s) {
    s.kind = Kind::kGeneration;
    has_generation_blocks_ = true;
    // Its inside is a function of its own, which a loop around it cannot be left from.
    const int loops = std::exchange(loops_, 0);
    s.body = whole_body("endgeneration", "generation", s.at);
    loops_ = loops;
    return s;
  }

  Statement loop_control(Statement s, std::string_view name) {
    if (loops_ == 0) tokens_.reject(s.at, "{% " + std::string(name) + " %} is not inside a loop");
    s.kind = name == "break" ? Kind::kBreak : Kind::kContinue;
    end_tag();
    return s;
  }

  const Source& source_;
  TokenStream tokens_;
  ExpressionParser expressions_{tokens_};
  int loops_ = 0;  // open around the current tag
  bool has_generation_blocks_ = false;
};

}  // namespace

ParsedTemplate parse_template(std::string_view text, const Source& source) {
  return Parser(text, source).run();
}

}  // namespace hone::jinja
