# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""cuda_library: CUDA sources for whatever depends on them like on a cc_library."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@local_cuda//:defs.bzl", "CUDA_ENABLED", "NVCC")

_CudaArchitectures = provider("The GPUs to compile for.", fields = {"names": "such as 90a"})

def _cuda_architectures_impl(ctx):
    return _CudaArchitectures(names = ctx.build_setting_value.split(","))

cuda_architectures = rule(
    doc = "A comma-separated list of compute capabilities, such as 80,90a.",
    implementation = _cuda_architectures_impl,
    build_setting = config.string(flag = True),
)

# --expt-relaxed-constexpr: device code may call constexpr functions, such as philox.
# --objdir-as-tempdir: nvcc names its temporary files by process id, and two sandboxed actions can
# have the same one.
_NVCC_FLAGS = [
    "-x",
    "cu",
    "-std=c++20",
    "-O3",
    "-lineinfo",
    "--expt-relaxed-constexpr",
    "--objdir-as-tempdir",
    "-Werror=all-warnings",
    "-Xcompiler=-fPIC,-Wall,-Wextra,-Werror",
]

def _compile(ctx, source, compilation_context, cc_toolchain):
    object_file = ctx.actions.declare_file("_cuda/%s/%s.pic.o" % (ctx.label.name, source.basename))
    args = ctx.actions.args()
    args.add_all(_NVCC_FLAGS)
    args.add("-ccbin", cc_toolchain.compiler_executable)
    for name in ctx.attr._architectures[_CudaArchitectures].names:
        args.add("-gencode", "arch=compute_{0},code=sm_{0}".format(name))
    args.add_all(ctx.attr.copts)
    args.add_all(compilation_context.defines, format_each = "-D%s")
    args.add_all(compilation_context.quote_includes, before_each = "-I")
    args.add_all(compilation_context.includes, before_each = "-isystem")
    args.add_all(compilation_context.system_includes, before_each = "-isystem")
    args.add("-c", source)
    args.add("-o", object_file)
    ctx.actions.run(
        executable = NVCC,
        arguments = [args],
        inputs = depset(
            ctx.files.srcs + ctx.files.hdrs,
            transitive = [compilation_context.headers, cc_toolchain.all_files],
        ),
        outputs = [object_file],
        mnemonic = "CudaCompile",
        progress_message = "Compiling %s" % source.short_path,
        use_default_shell_env = True,
    )
    return object_file

def _cuda_library_impl(ctx):
    cc_toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    dep_infos = [dep[CcInfo] for dep in ctx.attr.deps]
    own_headers = cc_common.create_compilation_context(
        headers = depset(ctx.files.hdrs),
        quote_includes = depset([".", ctx.genfiles_dir.path, ctx.bin_dir.path]),
    )
    compilation_context = cc_common.merge_cc_infos(
        direct_cc_infos = [CcInfo(compilation_context = own_headers)],
        cc_infos = dep_infos,
    ).compilation_context
    objects = depset([
        _compile(ctx, source, compilation_context, cc_toolchain)
        for source in ctx.files.srcs
        if source.extension == "cu"
    ])
    linking_context, outputs = cc_common.create_linking_context_from_compilation_outputs(
        actions = ctx.actions,
        name = ctx.label.name,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        compilation_outputs = cc_common.create_compilation_outputs(objects = objects, pic_objects = objects),
        linking_contexts = [info.linking_context for info in dep_infos],
        disallow_dynamic_library = True,
    )
    library = outputs.library_to_link
    files = [f for f in [library.static_library, library.pic_static_library] if f] if library else []
    return [
        DefaultInfo(files = depset(files)),
        CcInfo(compilation_context = compilation_context, linking_context = linking_context),
    ]

_cuda_library = rule(
    implementation = _cuda_library_impl,
    attrs = {
        "copts": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "hdrs": attr.label_list(allow_files = [".h", ".cuh"]),
        "srcs": attr.label_list(allow_files = [".cu", ".cuh", ".h"]),
        "_architectures": attr.label(default = "//tools/build:cuda_architectures"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    incompatible_use_toolchain_transition = True,
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def if_cuda(yes, no = []):
    """`yes` when this build has CUDA, else `no`; for deps, srcs and defines."""
    return yes if CUDA_ENABLED else no

def cuda_library(name, srcs = [], hdrs = [], deps = [], copts = [], **kwargs):
    """Compiles .cu files with nvcc. Without CUDA only the headers remain.

    Which GPUs: --//tools/build:cuda_architectures=80,90a (default 90a).

    Args:
      name: the target; depend on it like on a cc_library.
      srcs: .cu files, and the .cuh and .h files only they include.
      hdrs: headers for others to include.
      deps: cc_library and cuda_library targets.
      copts: more flags for nvcc.
      **kwargs: visibility, tags, testonly.
    """
    if CUDA_ENABLED:
        _cuda_library(
            name = name,
            srcs = srcs,
            hdrs = hdrs,
            copts = copts,
            deps = deps + ["@local_cuda//:cudart"],
            **kwargs
        )
    else:
        native.cc_library(name = name, hdrs = hdrs, deps = deps, **kwargs)
