# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""hone_test: a doctest program."""

def hone_test(name, srcs, deps = [], data = [], size = "medium", **kwargs):
    """A cc_test whose main function and test framework are //tests:main.

    Args:
      name: the target, ending in _test.
      srcs: the .cc files with the TEST_CASEs.
      deps: what they test.
      data: files they read, found relative to the workspace root.
      size: Bazel's test size: how long it may take.
      **kwargs: anything else that cc_test takes.
    """
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs,
        data = data,
        deps = deps + ["//tests:main"],
        **kwargs
    )
