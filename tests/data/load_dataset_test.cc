// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "data/load_dataset.h"

#include <doctest/doctest.h>

#include <fstream>
#include <thread>

#include "tests/data/compress.h"
#include "tests/data/load_fixture.h"
#include "tests/data/peak_memory.h"

namespace hone {
namespace {

TEST_CASE("load_dataset: what happens to rows that are too long") {
  LoadFixture f;
  f.write(qa("q", std::string(400, 'x')) + qa("q", "b"));
  Dataset d = f.load();
  RowCounts counts = d.files()[0];
  CHECK(counts.rows == 2);
  CHECK(counts.kept == 1);
  CHECK(counts.too_long == 1);
  CHECK(counts.longest > 100);
  CHECK(counts.tokens == d.tokens());
  CHECK(d.where(0) == f.dir / "a.jsonl" + ":2");
  const int64_t fits = d.length(0);

  f.settings.excess_length = ExcessLength::kTruncate;
  d = f.load();
  REQUIRE(d.size() == 2);
  CHECK(d.length(0) == 100);
  CHECK(d.files()[0].truncated == 1);
  f.settings.excess_length = ExcessLength::kRaise;
  check_contains(f.error(), "a.jsonl:1:1: the row has ");

  // An example of exactly max_tokens stays, one token less and nothing is left.
  f.settings.excess_length = ExcessLength::kDrop;
  f.settings.max_tokens = fits;
  CHECK(f.load().size() == 1);
  f.settings.max_tokens = fits - 1;
  const std::string message = f.error();
  check_contains(message, "no row is left to train on");
  check_contains(message, "a.jsonl: 2 of 2 rows dropped: 2 longer than sequence_len");

  f.settings.max_tokens = 1000;
  f.settings.min_tokens = fits + 1;
  CHECK(f.load().files()[0].too_short == 1);
}

TEST_CASE("load_dataset: long texts become several examples, each label once") {
  LoadFixture f;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "word" + std::to_string(i) + " ";
  f.settings.max_tokens = 5000;
  f.write(R"({"text": ")" + text + "\"}");
  const TokenRow whole = f.load().example(0);
  f.settings.max_tokens = 64;
  const Dataset d = f.load();
  CHECK(d.size() > 5);
  CHECK(d.files()[0].kept == 1);
  CHECK(d.files()[0].examples == d.size());
  std::vector<int32_t> joined = {whole.ids[0]};
  for (int64_t i = 0; i < d.size(); ++i) {
    const TokenRow part = d.example(i);
    CHECK(part.size() <= 64);
    CHECK(part.labels() == part.size() - 1);
    CHECK(part.ids[0] == joined.back());
    joined.insert(joined.end(), part.ids.begin() + 1, part.ids.end());
    CHECK(d.where(i) == f.dir / "a.jsonl" + ":1");
  }
  CHECK(joined == whole.ids);
  CHECK(d.total_labels() == whole.labels());
}

TEST_CASE("load_dataset: rows with nothing to learn") {
  LoadFixture f;
  const std::string user =
      R"({"messages": [{"role": "user", "content": "a"}]})" + std::string("\n");
  const std::string both = R"({"messages": [{"role": "user", "content": "a"}, )"
                           R"({"role": "assistant", "content": "b"}]})"
                           "\n";
  f.write(user + both);
  CHECK(f.load().files()[0].unlabelled == 1);
  check_contains(f.error_in(user + both + user),
                 "more than half of the rows have nothing to learn: 2 of 3");
  check_contains(f.error_in(user + user),
                 "a.jsonl: 2 of 2 rows dropped: 2 without anything to learn");
  check_contains(f.error_in(""), "the files, or the split train of them, have no rows");
  f.source.encoding.mask.roles_to_train = {"user"};
  f.write(user + user);
  CHECK(labels_text(f.load(), 0) == "a<|im_end|>");
  f.source.encoding.mask = {.train_on_inputs = true};
  CHECK(f.load().labels(0) == f.load().length(0) - 1);
}

TEST_CASE("load_dataset: several files, each with its own format; parts of the rows") {
  LoadFixture f;
  std::string lines, array = "[";
  for (int i = 0; i < 10; ++i) {
    lines += qa("q" + std::to_string(i), "a");
    array += std::string(i == 0 ? "" : ",") + R"({"text": "t)" + std::to_string(i) + "\"}";
  }
  f.add("a.jsonl.gz", test::gzip(lines));
  f.add("b.json", array + "]");
  CHECK(f.load().size() == 20);
  CHECK(f.load().files()[1].format == "text");
  const auto wheres = [&](const char* split) {
    f.source.slice = *parse_split(split);
    const Dataset d = f.load();
    std::vector<std::string> texts;
    for (int64_t i = 0; i < d.size(); ++i) texts.push_back(text_of(d, i));
    return texts;
  };
  CHECK(wheres("train[8:12]").size() == 4);
  CHECK(wheres("train[8:12]")[3] == "t1<|endoftext|>");
  CHECK(wheres("train[:50%]").size() == 10);
  CHECK(wheres("train[-1:]") == std::vector<std::string>{"t9<|endoftext|>"});
  f.source.slice = {};
  f.source.shards = 3;
  f.source.shard = 2;
  CHECK(f.load().size() == 6);
  f.source.slice = *parse_split("train[50:60]");
  f.source.shard = 0;
  check_contains(f.error(), "the files, or the split train[50:60] of them, have no rows");
}

TEST_CASE("load_dataset: the same on any number of threads; the first error wins") {
  LoadFixture f;
  std::string rows;
  for (int i = 0; i < 3000; ++i)
    rows += qa("q" + std::to_string(i), std::string(i % 40, 'x') + "a");
  f.write(rows);
  const ContentHash alone = f.load().fingerprint();
  f.settings.parallel = [](int64_t n, const std::function<void(int64_t)>& body) {
    std::vector<std::exception_ptr> failed(static_cast<size_t>(n));
    std::vector<std::thread> threads;
    for (int64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int64_t i = n - 1 - t; i >= 0; i -= 4) try {
            body(i);
          } catch (...) {
            failed[static_cast<size_t>(i)] = std::current_exception();
          }
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& e : failed)
      if (e) std::rethrow_exception(e);
  };
  CHECK(f.load().fingerprint() == alone);
  check_contains(f.error_in(rows + "{oops\n" + "{\n" + qa("q", "a")),
                 "a.jsonl:3001:2: invalid JSON");
}

// Sanitizers keep freed memory for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

TEST_CASE("load_dataset: memory does not grow with the file") {
  LoadFixture f;
  f.settings.max_tokens = 4096;
  f.settings.temporary_directory = f.dir.path();
  // Words that differ, so that tokens are many: 48 MiB of text.
  std::string text;
  for (int i = 0; text.size() < 4000; ++i) text += "w" + std::to_string(i * 7919 % 10007) + " ";
  {
    std::ofstream file(f.dir / "big.jsonl");
    for (int i = 0; i < 12'000; ++i) file << qa("q" + std::to_string(i), text);
  }
  f.source.files = {{f.dir / "big.jsonl", RowLayout::kLines}};
  const int64_t before = resident_bytes();
  reset_peak_resident_bytes();
  const Dataset d = f.load();
  CHECK(d.size() == 12'000);
  const int64_t grown = peak_resident_bytes() - before;
  const int64_t in_memory = 4 * d.tokens();  // what holding the tokens would take
  MESSAGE("tokens: ", in_memory >> 20, " MiB, memory grew by ", grown >> 20, " MiB");
  REQUIRE(in_memory > int64_t{80} << 20);
  if (kMemoryIsOurs) CHECK(grown < int64_t{64} << 20);
  CHECK(labels_text(d, 11'999).starts_with("w0 w7919 "));
}

}  // namespace
}  // namespace hone
