// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tokens that load_dataset keeps for the next run.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/data/load_fixture.h"

namespace hone {
namespace {

TEST_CASE("load_dataset: prepared tokens are used again, and made anew when anything differs") {
  LoadFixture f;
  f.settings.prepared_directory = f.dir / "prepared";
  f.write(qa("q", "a") + qa("r", "b") + qa("s", std::string(400, 'x')));
  const Dataset first = f.load();
  CHECK(f.notices.empty());
  const auto again = [&] {
    const Dataset d = f.load();
    return f.notices.size() == 1 && f.notices[0].starts_with("tokens of ");
  };
  CHECK(again());
  const Dataset second = f.load();
  CHECK(second.fingerprint() == first.fingerprint());
  CHECK(second.example(1) == first.example(1));
  CHECK(second.files() == first.files());
  CHECK(second.where(1) == first.where(1));

  // The same bytes under another name are the same rows.
  f.write(qa("q", "a") + qa("r", "b") + qa("s", std::string(400, 'x')), "renamed.jsonl");
  CHECK(again());
  CHECK(f.load().where(0) == f.dir / "renamed.jsonl" + ":1");

  const auto differs = [&](auto change) {
    LoadFixture other;
    other.settings = f.settings;
    other.source = f.source;
    change(other);
    other.load();
    return other.notices.empty();
  };
  CHECK(differs([](LoadFixture& o) { o.settings.max_tokens = 99; }));
  CHECK(differs([](LoadFixture& o) { o.settings.min_tokens = 3; }));
  CHECK(differs([](LoadFixture& o) { o.settings.excess_length = ExcessLength::kTruncate; }));
  CHECK(differs([](LoadFixture& o) { o.settings.tokenizer = {1, 1}; }));
  CHECK(differs([](LoadFixture& o) { o.source.slice = *parse_split("train[:2]"); }));
  CHECK(differs([](LoadFixture& o) { o.source.shards = 2; }));
  CHECK(differs([](LoadFixture& o) { o.source.shards = 2, o.source.shard = 1; }));
  CHECK(differs([](LoadFixture& o) { o.source.encoding.render_settings = "other"; }));
  CHECK(differs([](LoadFixture& o) { o.source.encoding.mask.train_on_inputs = true; }));
  CHECK(differs([](LoadFixture& o) { o.source.encoding.mask.train_on_eos = TrainOnMark::kAll; }));
  CHECK(differs([](LoadFixture& o) { o.source.encoding.fields.drop_system_message = true; }));
  f.write(qa("q", "a") + qa("r", "c") + qa("s", std::string(400, 'x')));
  f.load();
  CHECK(f.notices.empty());

  // Damage is said, and mended.
  for (const auto& entry : std::filesystem::directory_iterator(f.settings.prepared_directory))
    std::filesystem::resize_file(entry.path(), 100);
  CHECK(f.load().size() == 2);
  REQUIRE(f.notices.size() == 1);
  check_contains(f.notices[0], "prepared tokens are made anew: ");
  CHECK(again());

  // Rows that cannot be used leave nothing behind.
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(f.settings.prepared_directory), {});
  };
  const auto before = files();
  f.error_in(qa("q", "a") + "{");
  CHECK(files() == before);
}

}  // namespace
}  // namespace hone
