// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Power that fails during a save. The model of a disk: what fsync has not confirmed may be there, in
// part or not at all, whatever came later.
//
//   data of a write             safe once its file is synced; otherwise all, a part, or nothing of it
//   a name (create, rename,     safe once its folder is synced; otherwise each change of a name by
//   unlink, mkdir, rmdir)       itself may be lost
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "data/file.h"
#include "data/file_calls.h"
#include "tensor/random.h"
#include "tests/data/temporary_directory.h"
#include "tests/train/tiny_run.h"
#include "train/checkpoint_folder.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using Kind = FileCall::Kind;

struct Recorded {
  Kind kind;
  std::string path, target;  // below the output folder; "" is that folder
  int64_t offset = 0;
  std::string bytes;
};

bool changes_a_name(Kind kind) {
  return kind != Kind::kWrite && kind != Kind::kSync && kind != Kind::kSyncDirectory;
}

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }

// The calls that `f` makes.
template <class Function>
std::vector<Recorded> record(const std::string& root, Function f) {
  std::vector<Recorded> calls;
  const auto below = [&](const std::string& path) {
    return path == root ? "" : path.substr(root.size() + 1);
  };
  const FileHookScope scope([&](const FileCall& call) {
    calls.push_back({call.kind,
                     below(call.path),
                     below(call.target),
                     call.offset,
                     {reinterpret_cast<const char*>(call.bytes.data()), call.bytes.size()}});
    return FileFault{};
  });
  f();
  return calls;
}

// Whether call i has been confirmed before the power fails at `cut`.
bool is_safe(const std::vector<Recorded>& calls, size_t i, size_t cut) {
  for (size_t j = i + 1; j < cut; ++j) {
    if (calls[i].kind == Kind::kWrite && calls[j].kind == Kind::kSync &&
        calls[j].path == calls[i].path)
      return true;
    if (changes_a_name(calls[i].kind) && calls[j].kind == Kind::kSyncDirectory &&
        calls[j].path == folder_of(calls[i].target))
      return true;
  }
  return false;
}

// A call's effect on the folder; nothing where what it needs has been lost.
void apply(const Recorded& call, size_t bytes, const fs::path& root) {
  std::error_code ignored;
  const fs::path path = root / call.path;
  switch (call.kind) {
    case Kind::kCreate:
      std::ofstream(path, std::ios::binary);
      break;
    case Kind::kWrite: {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(call.offset);
      file.write(call.bytes.data(), static_cast<std::streamsize>(bytes));
      break;
    }
    case Kind::kRename:
      fs::rename(path, root / call.target, ignored);
      break;
    case Kind::kUnlink:
    case Kind::kRemoveDirectory:
      fs::remove(path, ignored);
      break;
    case Kind::kMakeDirectory:
      fs::create_directory(path, ignored);
      break;
    case Kind::kSync:
    case Kind::kSyncDirectory:
      break;
  }
}

// What is on the disk after the power failed before call `cut`.
void replay(const std::vector<Recorded>& calls, size_t cut, const RandomStream& random,
            const fs::path& root) {
  // Data belongs to a file whatever its name becomes, so it is put there before any name changes.
  uint64_t drawn = 0;
  std::vector<bool> kept(cut);
  for (size_t i = 0; i < cut; ++i)
    kept[i] = is_safe(calls, i, cut) || random.bits(drawn++) % 2 == 0;
  for (size_t i = 0; i < cut; ++i) {
    const Recorded& call = calls[i];
    if (call.kind == Kind::kWrite && !kept[i]) {
      apply(call, random.bits(drawn++) % (call.bytes.size() + 1), root);
    } else if (kept[i]) {
      apply(call, call.bytes.size(), root);
    }
  }
}

TEST_CASE("power loss: 1,000 cuts, and a complete checkpoint after each") {
  const TemporaryDirectory before, dir;
  test::TinyRun run({test::Training::kLora});
  run.run_to(1);
  run.save(before.path());
  fs::copy(before.path(), dir.path(), fs::copy_options::recursive);
  run.run_to(2);
  size_t save_ends = 0;
  std::vector<Recorded> calls;
  {
    calls = record(dir.path(), [&] { run.save(dir.path()); });
    save_ends = calls.size();
    const auto more = record(dir.path(), [&] { remove_old_checkpoints(dir.path(), 1, 0); });
    calls.insert(calls.end(), more.begin(), more.end());
  }
  CHECK(calls.size() > save_ends + 5);
  int64_t lost = 0, old = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const RandomStream random(17, "power loss", i);
    const size_t cut = random.bits(1u << 30) % (calls.size() + 1);
    const TemporaryDirectory disk;
    fs::copy(before.path(), disk.path(), fs::copy_options::recursive);
    replay(calls, cut, random, disk.path());
    std::vector<std::string> notices;
    const auto found = newest_good_checkpoint(disk.path(), notices);
    lost += !found;
    if (!found) continue;
    old += found->manifest.step == 1;
    if (cut >= save_ends) CHECK(found->manifest.step == 2);
  }
  CHECK(lost == 0);
  CHECK(old > 300);
  MESSAGE("1000 cuts of ", calls.size(), " calls: ", lost, " without a complete checkpoint, ", old,
          " with the one before");
}

}  // namespace
}  // namespace hone
