// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The parsed form of a template.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/jinja_lexer.h"
#include "data/jinja_value.h"

namespace hone::jinja {

// Tags and expressions inside each other: parsing and evaluating recurse.
inline constexpr int kMaxNesting = 100;

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> keywords;
  ExpressionPtr star, star_star;  // *list, **map; null without
};

enum class ExpressionKind {
  kConstant,     // constant
  kName,         // name
  kTuple,        // operands
  kList,         // operands
  kMap,          // operands: key, value, key, value, ...
  kAttribute,    // operands[0].name
  kItem,         // operands[0][operands[1]]
  kSlice,        // operands: start, stop, step; null where left out. Only inside kItem
  kCall,         // operands[0](arguments)
  kFilter,       // operands[0]|name(arguments); operands[0] null: what the block wrote
  kTest,         // operands[0] is name(arguments)
  kNot,          // operands[0]
  kNegative,     // operands[0]
  kPositive,     // operands[0]
  kAnd,          // two operands or more
  kOr,           // two operands or more
  kConditional,  // operands[1] if operands[0] else operands[2]; null: undefined
  kBinary,       // operands[0] names[0] operands[1] names[1] ..., from left to right
  kCompare,      // operands[0] names[0] operands[1] names[1] operands[2] ...
  kConcat,       // operands, joined as strings
};

struct Expression {
  ExpressionKind kind;
  Position at;
  std::string name;
  Value constant;
  std::vector<ExpressionPtr> operands;
  std::vector<std::string> names;
  CallArguments arguments;
};

struct Statement;
using Body = std::vector<Statement>;

enum class StatementKind {
  kData,         // text
  kPrint,        // {{ value }}
  kIf,           // branches
  kFor,          // for target in value if condition; body, else_body
  kSet,          // set target = value
  kSetBlock,     // set target | value; body
  kMacro,        // macro name(parameters); body
  kCallBlock,    // call(parameters) value; body
  kFilterBlock,  // filter value; body
  kWith,         // with assignments; body
  kGeneration,   // body
  kBreak,
  kContinue,
};

struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  // null without a default
};

struct Branch {
  ExpressionPtr condition;  // null: else
  Body body;
};

struct Statement {
  StatementKind kind;
  Position at;
  std::string text;  // of data, the name of a macro
  ExpressionPtr target, value, condition;
  std::vector<Branch> branches;
  std::vector<Parameter> parameters;
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> assignments;
  Body body, else_body;
  bool is_recursive = false;                                            // of a loop
  bool uses_varargs = false, uses_kwargs = false, uses_caller = false;  // of a macro
};

}  // namespace hone::jinja
