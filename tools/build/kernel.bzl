# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""kernel_library: one op of kernels/, from its four conventional files."""

load("//tools/build:cpu_kernels.bzl", "cpu_kernels")

def kernel_library(name, hdrs = [], deps = [], cpu_deps = []):
    """foo.h (contract), foo.cc (checks, outputs, dispatch) and foo_cpu.cc (reference).

    Args:
      name: foo.
      hdrs: headers that foo.cc and foo_cpu.cc share beside foo.h.
      deps: what foo.h and foo.cc need beside kernels/core and tensor.
      cpu_deps: what only foo_cpu.cc needs.
    """
    core = ["//kernels/core", "//tensor"]
    cpu_kernels(
        name = name + "_cpu",
        srcs = [name + "_cpu.cc"],
        hdrs = [name + ".h"] + hdrs,
        deps = core + deps + cpu_deps,
    )
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"] + hdrs,
        deps = core + deps + [":" + name + "_cpu"],
    )
