// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Problems of a configuration that show beside what it names: tokenizer, chat template, model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tensor/check.h"

namespace hone {

class ConfigProblems {
 public:
  // `places`: of LoadedConfig.
  explicit ConfigProblems(const std::map<std::string, std::string>& places) : places_(places) {}

  // One problem, a text that begins with its key: "special_tokens.pad_token: ...". Where the key
  // was given, or what it belongs to, is put in front. Problems that are known already are left out.
  void add(const std::string& text);

  // Runs `body`; when it throws an Error(kUsage), that is a problem. `prefix` goes before its key.
  template <class Body>
  void attempt(Body body, const std::string& prefix = "") {
    try {
      body();
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kUsage) throw;
      add(prefix + e.what());
    }
  }

  // Throws Error(kUsage) with every problem on a line of its own, unless there are none.
  void throw_if_any() const;

 private:
  const std::map<std::string, std::string>& places_;
  std::vector<std::string> problems_;
};

}  // namespace hone
