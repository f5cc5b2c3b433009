# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the CUDA toolkit of this machine and makes it the repository @local_cuda.

Looked for in $CUDA_PATH, $CUDA_HOME, beside nvcc on the PATH, /usr/local/cuda, in this order. Without
nvcc, or with LOCAL_CUDA=0 in the environment, the same labels exist but are empty and the build is
for the CPU only.
"""

_CPU_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(name = "cublas")
cc_library(name = "cudart")
cc_library(name = "headers")
cc_library(name = "nccl")
"""

# nv/target is the one part of cccl that the toolkit's own headers (cuda_bf16.h) include.
_CUDA_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "headers",
    hdrs = glob(
        ["cuda/include/**", "cuda/include/cccl/nv/**"],
        exclude = ["cuda/include/cudnn*", "cuda/include/cccl/cub/**", "cuda/include/cccl/cuda/**",
                   "cuda/include/cccl/thrust/**"],
    ),
    includes = ["cuda/include", "cuda/include/cccl"],
)

cc_library(
    name = "cudart",
    srcs = ["cuda/lib64/libcudart_static.a"],
    linkopts = ["-ldl", "-lpthread", "-lrt"],
    deps = [":headers"],
)

cc_library(
    name = "cublas",
    srcs = glob(["cuda/lib64/libcublas.so.*[0-9]", "cuda/lib64/libcublasLt.so.*[0-9]"]),
    deps = [":headers"],
)

cc_library(
    name = "nccl",
    srcs = glob(["cuda/lib64/libnccl.so.*[0-9]"], allow_empty = True),
    deps = [":headers"],
)
"""

def _cuda_root(repository_ctx):
    for variable in ["CUDA_PATH", "CUDA_HOME"]:
        if repository_ctx.os.environ.get(variable):
            return repository_ctx.os.environ[variable]
    nvcc = repository_ctx.which("nvcc")
    return str(nvcc.realpath.dirname.dirname) if nvcc else "/usr/local/cuda"

def _local_cuda_impl(repository_ctx):
    root = _cuda_root(repository_ctx)
    nvcc = root + "/bin/nvcc"
    enabled = (repository_ctx.path(nvcc).exists and
               repository_ctx.os.environ.get("LOCAL_CUDA", "1") != "0")
    if enabled:
        repository_ctx.symlink(root, "cuda")
    repository_ctx.file("BUILD", _CUDA_BUILD if enabled else _CPU_BUILD)
    repository_ctx.file("defs.bzl", "CUDA_ENABLED = %r\nNVCC = %r\n" % (enabled, nvcc if enabled else ""))

local_cuda_configure = repository_rule(
    implementation = _local_cuda_impl,
    configure = True,
    environ = ["CUDA_PATH", "CUDA_HOME", "LOCAL_CUDA", "PATH"],
    local = True,
)
