# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""fuzz_target: a libFuzzer program, and an ordinary test that replays its corpus."""

def fuzz_target(name, deps, data = [], max_len = 4096, seeds = [], seed_files = []):
    """Makes <name> (for tools/fuzz.sh) and <name>_replay_test from <name>.cc.

    The seeds are the files in corpus/<name> and in `seeds`, the words dictionaries/<name>.dict.

    Args:
      name: the target, ending in _fuzz.
      deps: what it tests.
      data: files it reads, found relative to the workspace root.
      max_len: bytes of the longest input that libFuzzer makes.
    """
    native.filegroup(
        name = name + "_corpus",
        srcs = native.glob(["corpus/%s/*" % name]),
    )
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        srcs = [
            name + ".cc",
            "replay_corpus.cc",
        ],
        args = ["tests/fuzz/corpus/" + name] + seeds,
        data = data + seed_files + [name + "_corpus"],
        deps = deps + [":fuzz_target"],
    )

    # Only clang has libFuzzer: build it with --config=fuzz, as tools/fuzz.sh does.
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = [name + ".cc"],
        data = data,
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "manual",
            "max_len=%d" % max_len,
        ] + ["seeds=" + folder for folder in seeds],
        deps = deps + [":fuzz_target"],
    )
