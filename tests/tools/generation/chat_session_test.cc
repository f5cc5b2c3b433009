// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/generation/chat_session.h"

#include <doctest/doctest.h>

#include "tests/data/error_of.h"
#include "tests/models/tiny_model.h"

namespace hone {
namespace {

using Tokens = std::vector<int64_t>;

TEST_CASE("chat session: turns give what generate gives for the whole conversation") {
  nn::BuildOptions build_options;
  build_options.train_base = true;
  const LoadedModel m = test::build(test::tiny_config(/*moe=*/true), build_options);
  GenerationOptions options{.max_new_tokens = 6};
  ChatSession session(*m.model, options);
  const auto expected = [&](const Tokens& ids) {
    return generate(*m.model, {&ids, 1}, options).sequences[0].tokens;
  };

  Tokens conversation{1, 2, 3, 4};
  const Tokens first = session.reply(conversation).tokens;
  CHECK(first == expected(conversation));
  CHECK(session.reused() == 0);

  // All but the answer's last token, which the model has written but not read.
  conversation.insert(conversation.end(), first.begin(), first.end());
  conversation.insert(conversation.end(), {9, 8, 7});
  CHECK(session.reply(conversation).tokens == expected(conversation));
  CHECK(session.reused() == 4 + 5);

  // Another beginning: all is read again.
  const Tokens other{1, 2, 5};
  CHECK(session.reply(other).tokens == expected(other));
  CHECK(session.reused() == 0);
}

TEST_CASE("chat session: what cannot be answered is refused") {
  nn::BuildOptions build_options;
  build_options.train_base = true;
  ModelConfig config = test::tiny_config(/*moe=*/false);
  config.max_positions = 10;
  const LoadedModel m = test::build(config, build_options);
  ChatSession session(*m.model, {.max_new_tokens = 20});
  check_contains(error_of(ErrorCode::kUsage, [&] { session.reply({}); }), "is empty");
  check_contains(error_of(ErrorCode::kUsage, [&] { session.reply(Tokens(11, 1)); }),
                 "the conversation has 11 tokens, but the model has 10 positions");
  CHECK(session.reply(Tokens(9, 1)).tokens.size() == 2);
}

}  // namespace
}  // namespace hone
