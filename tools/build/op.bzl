# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""op_library: one differentiable op of autograd/ops."""

def op_library(name, deps = []):
    """foo.h and foo.cc over autograd and the kernels in deps."""
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        deps = deps + ["//autograd"],
    )
