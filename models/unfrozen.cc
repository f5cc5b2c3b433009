// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/unfrozen.h"

#include <algorithm>
#include <set>

#include "data/nearest_name.h"
#include "data/printable.h"

namespace hone {
namespace {

// What is wrong with a pattern is the configuration's fault, not that of the model's files.
template <class Function>
auto by_user(Function f) {
  try {
    return f();
  } catch (const Error& e) {
    fail(ErrorCode::kUsage, e.what());
  }
}

// The words and dots that a pattern begins with: "^model\.vision\..*" -> "model.vision".
std::string plain_beginning(const std::string& pattern) {
  std::string text;
  for (size_t i = pattern.starts_with('^') ? 1 : 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') continue;
    const bool name = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
    if (!name) break;
    text += c;
  }
  while (text.ends_with('.')) text.pop_back();
  return text;
}

// The first `words` parts of a dotted name.
std::string beginning(const std::string& name, int64_t words) {
  size_t end = 0;
  for (int64_t i = 0; i < words && end != std::string::npos; ++i)
    end = name.find('.', end == 0 ? 0 : end + 1);
  return name.substr(0, end);
}

}  // namespace

UnfrozenWeights::UnfrozenWeights(const std::vector<std::string>& patterns,
                                 const ModelConfig& config)
    : texts_(patterns), names_(config) {
  for (const std::string& pattern : patterns)
    patterns_.push_back(by_user([&] {
      return Regex::compile("(?:" + pattern + ").*", Regex::Syntax::kPattern,
                            "unfrozen_parameters \"" + pattern + "\"");
    }));
}

bool UnfrozenWeights::contains(const std::string& parameter) const {
  const std::string full = names_.name(parameter);
  return by_user([&] {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const Regex& pattern) {
      return pattern.full_match(full) || pattern.full_match(parameter);
    });
  });
}

std::string UnfrozenWeights::suggestion(const std::vector<nn::Parameter>& parameters) const {
  std::string text;
  for (const std::string& pattern : texts_) {
    const std::string plain = plain_beginning(pattern);
    std::set<std::string> like;
    for (const nn::Parameter& p : parameters)
      for (const std::string& name : {names_.name(p.name), p.name})
        like.insert(beginning(name, 1 + std::count(plain.begin(), plain.end(), '.')));
    if (const std::string near = nearest_name(plain, {like.begin(), like.end()}); !near.empty())
      text += "\"" + printable(pattern) + "\": did you mean " + near + "? ";
  }
  std::set<std::string> heads;
  for (const nn::Parameter& p : parameters) {
    const std::string name = names_.name(p.name);
    // As far as the layers, whose numbers would make a long list.
    const size_t layer = name.find(".layers.");
    heads.insert(layer != std::string::npos ? name.substr(0, layer + 7) : name);
  }
  text += "there are";
  for (const std::string& head : heads) text += (text.ends_with("are") ? " " : ", ") + head;
  return text;
}

}  // namespace hone
