// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "data/file.h"
#include "data/file_calls.h"
#include "data/safetensors.h"
#include "tensor/random.h"
#include "tests/data/error_of.h"
#include "tests/data/temporary_directory.h"
#include "tests/train/tiny_run.h"
#include "train/checkpoint_folder.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using test::TinyRun;
using test::Training;

std::set<std::string> names_in(const fs::path& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir))
    names.insert(entry.path().filename().string());
  return names;
}

// Whether `name` could be taken for a checkpoint.
bool any_checkpoint_but(const fs::path& dir, const std::set<std::string>& known) {
  for (const std::string& name : names_in(dir))
    if (name.starts_with("checkpoint-") && known.count(name) == 0) return true;
  return false;
}

std::string newest_good(const fs::path& dir) {
  std::vector<std::string> notices;
  const auto found = newest_good_checkpoint(dir, notices);
  return found ? found->path.filename().string() : "none";
}

TEST_CASE("checkpoint: what it holds") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kFull, true, 1, /*eight_bit=*/true});
  run.run_to(3);
  const fs::path path = run.save(dir.path());
  CHECK(path == fs::path(dir / "checkpoint-3"));
  CHECK(names_in(dir.path()) == std::set<std::string>{"checkpoint-3"});
  CHECK(names_in(path) == std::set<std::string>{"MANIFEST.json", "model", "optimizer.safetensors",
                                                "trainer_state.json", "weights.safetensors"});
  const Manifest manifest = read_manifest(path);
  CHECK(manifest.step == 3);
  CHECK(manifest.tokens == run.state().tokens);
  CHECK(manifest.resumable);
  CHECK(manifest.run.config == TinyRun::identity().config);
  CHECK(manifest.files.count("model/model.safetensors") == 1);
  CHECK(manifest.files.count("MANIFEST.json") == 0);
  const auto weights = SafetensorsFile::open((path / kWeightsName).string());
  CHECK(weights.info("model.norm.weight").type == StoredType::f32);
  const auto moments = SafetensorsFile::open((path / kOptimizerName).string());
  CHECK(moments.info("model.embed_tokens.weight.m.codes").type == StoredType::u8);
  CHECK(moments.info("model.embed_tokens.weight.v.absmax").shape == Shape({512 * 12 / 256}));
  CHECK(moments.info("model.norm.weight.v").shape == Shape({12}));
}

TEST_CASE("checkpoint: adapter/ is one that load_model attaches") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kLora});
  run.run_to(2);
  const fs::path path = run.save(dir.path());
  LoadOptions options;
  options.model = "random:quickstart";
  options.config = run.model().config;
  options.seed = 5;
  options.adapter = (path / kAdapterFolder).string();
  const LoadedModel loaded = load_model(options);
  CHECK(loaded.arena->parameters() == run.model().arena->parameters());
  for (const auto& slot : run.model().arena->slots()) {
    const Tensor a = nn::ParameterArena::slice(run.model().arena->master(), slot);
    const Tensor b =
        nn::ParameterArena::slice(loaded.arena->master(), loaded.arena->slot(slot.name));
    CHECK(a.to_vector<float>() == b.to_vector<float>());
  }
}

TEST_CASE("checkpoint: another model's is refused, naming tensor and shapes") {
  const TemporaryDirectory dir;
  TinyRun lora({Training::kLora}), full({Training::kFull});
  lora.run_to(1);
  const fs::path path = lora.save(dir.path());
  check_contains(error_of(ErrorCode::kModel, [&] { full.resume(path); }), "weights.safetensors");
}

// Any byte, anywhere: the reader finds out.
TEST_CASE("checkpoint: 500 damaged bytes, each one detected") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kLora});
  run.run_to(1);
  const fs::path path = run.save(dir.path());
  verify_checkpoint(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  const RandomStream random(9, "bit rot");
  int64_t detected = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    // Every file as often, however small, so that the manifest and the headers get their share.
    const std::string file = files[i % files.size()].string();
    const std::string good = read_file(file, ErrorCode::kDisk);
    std::string bad = good;
    const size_t at = random.bits(2 * i) % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.bits(2 * i + 1) % 8));
    write_file(file, bad);
    const std::string found = newest_good(dir.path());
    CHECK_MESSAGE(found == "none", file, ", byte ", at);
    detected += found == "none";
    write_file(file, good);
  }
  CHECK(detected == 500);
  CHECK(newest_good(dir.path()) == "checkpoint-1");
}

TEST_CASE("checkpoint: files that are missing, cut or longer are detected and said") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kLora});
  run.run_to(1);
  const fs::path path = run.save(dir.path());
  for (const auto& [name, file] : read_manifest(path).files) {
    const std::string full = (path / name).string(), content = read_file(full, ErrorCode::kDisk);
    for (const std::string& other : {content.substr(0, content.size() - 1), content + "x"}) {
      write_file(full, other);
      CHECK(newest_good(dir.path()) == "none");
    }
    fs::remove(full);
    std::vector<std::string> notices;
    CHECK_FALSE(newest_good_checkpoint(dir.path(), notices));
    REQUIRE(notices.size() == 1);
    check_contains(notices[0], "checkpoint-1 is damaged and was passed over");
    check_contains(notices[0], name);
    write_file(full, content);
  }
  fs::remove(path / kManifestName);
  CHECK(newest_good(dir.path()) == "none");
}

TEST_CASE("checkpoint: the newest good one is found; damaged ones stay") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kLora});
  for (const int64_t step : {1, 2, 10}) {
    run.run_to(step);
    run.save(dir.path());
  }
  CHECK(newest_good(dir.path()) == "checkpoint-10");
  write_file(dir / "checkpoint-10/weights.safetensors", "");
  CHECK(newest_good(dir.path()) == "checkpoint-2");
  fs::rename(dir / "checkpoint-2", dir / "checkpoint-007");  // no name of ours
  fs::create_directories(dir / "checkpoint-99");
  CHECK(newest_good(dir.path()) == "checkpoint-1");
  CHECK(fs::exists(dir / "checkpoint-10/weights.safetensors"));
}

// From the moment the process is gone no call has an effect; destructors may run as they like.
FileHook dies_at(int64_t k, int64_t& calls) {
  return [k, &calls](const FileCall&) { return FileFault{.error = ++calls >= k ? EIO : 0}; };
}

// The state after step 1 is saved; the save after step 2 is disturbed.
void check_saves(const std::function<FileHook(int64_t, int64_t&)>& disturb, bool dead,
                 ErrorCode code) {
  TinyRun run({Training::kLora});
  const TemporaryDirectory first;
  run.run_to(1);
  run.save(first.path());
  run.run_to(2);
  const std::string hash = run.hash();
  int64_t calls = 0, k = 1, kept = 0;
  for (;; ++k) {
    const TemporaryDirectory dir;
    fs::copy(first.path(), dir.path(), fs::copy_options::recursive);
    calls = 0;
    bool done = false;
    {
      const FileHookScope scope(disturb(k, calls));
      try {
        run.save(dir.path());
        done = true;
      } catch (const Error& e) {
        CHECK(e.code() == code);
      }
    }
    const std::string found = newest_good(dir.path());
    CHECK((found == "checkpoint-1" || found == "checkpoint-2"));
    CHECK_FALSE(any_checkpoint_but(dir.path(), {"checkpoint-1", found}));
    kept += found == "checkpoint-1";
    // Without a kill nothing else is left behind either.
    if (!dead) CHECK(names_in(dir.path()).size() == (found == "checkpoint-1" ? 1 : 2));
    remove_leftovers(dir.path());
    CHECK(names_in(dir.path()).size() == (found == "checkpoint-1" ? 1 : 2));
    if (done && calls < k) break;
  }
  CHECK(run.hash() == hash);
  CHECK(k > 30);     // calls of a save
  CHECK(kept > 25);  // up to the rename
  MESSAGE((k - 1), " calls of a save, ", kept, " before its checkpoint exists");
}

TEST_CASE("checkpoint: ended at any call, the last complete one is found") {
  check_saves(dies_at, /*dead=*/true, ErrorCode::kDisk);
}

TEST_CASE("checkpoint: an error at any call keeps the old one and leaves nothing") {
  for (const int error : {ENOSPC, EIO, EDQUOT, EMFILE}) {
    CAPTURE(error);
    check_saves(
        [error](int64_t k, int64_t& calls) -> FileHook {
          return
              [=, &calls](const FileCall&) { return FileFault{.error = ++calls == k ? error : 0}; };
        },
        /*dead=*/false, ErrorCode::kDisk);
  }
}

TEST_CASE("checkpoint: interrupted calls and short writes are none of its business") {
  const TemporaryDirectory dir;
  TinyRun run({Training::kLora});
  run.run_to(1);
  int64_t calls = 0;
  {
    const FileHookScope scope([&](const FileCall& call) {
      const bool small = call.bytes.size() < 2000;
      return FileFault{.error = ++calls % 3 == 0 ? EINTR : 0, .at_most = small ? 1u : 1000u};
    });
    run.save(dir.path());
  }
  CHECK(newest_good(dir.path()) == "checkpoint-1");
}

}  // namespace
}  // namespace hone
