# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""kernel_library: one op of kernels/, from its conventional files."""

load("//tools/build:cpu_kernels.bzl", "cpu_kernels")
load("//tools/build:cuda.bzl", "cuda_library", "if_cuda")

def kernel_library(name, hdrs = [], cpu_hdrs = [], deps = [], cpu_deps = [], cuda_deps = []):
    """foo.h (contract), foo.cc (checks, outputs, dispatch), foo_cpu.cc (reference) and foo.cu.

    An op without foo.cu runs on the CPU only.

    Args:
      name: foo.
      hdrs: headers that foo.cc and foo_cpu.cc share beside foo.h.
      cpu_hdrs: headers that only foo_cpu.cc includes.
      deps: what foo.h and foo.cc need beside kernels/core and tensor.
      cpu_deps: what only foo_cpu.cc needs.
      cuda_deps: what only foo.cu needs.
    """
    core = ["//kernels/core", "//tensor"]
    cpu_kernels(
        name = name + "_cpu",
        srcs = [name + "_cpu.cc"],
        hdrs = [name + ".h"] + hdrs,
        private_hdrs = cpu_hdrs,
        deps = core + deps + cpu_deps,
    )
    cuda = native.glob([name + ".cu"])
    if cuda:
        cuda_library(
            name = name + "_cuda",
            srcs = cuda + native.glob(["*.cuh"]),
            hdrs = [name + ".h"],
            deps = core + deps + cuda_deps + ["//kernels/core:cuda"],
        )
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"] + hdrs,
        deps = core + deps + [":" + name + "_cpu"] + (if_cuda([":" + name + "_cuda"]) if cuda else []),
    )
