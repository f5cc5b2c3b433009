# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""cpu_kernels: C++ compiled once per instruction set and chosen among at run time.

Every source is compiled for x86-64, x86-64-v3 (AVX2, FMA) and x86-64-v4 (AVX-512), with HONE_ISA
1, 3 and 4. It defines function templates on the level and instantiates them for the one it is
compiled for:

    template <Isa I>
    void rms_norm_forward(Cpu<I>, const Tensor& x, ...) { ... }
    template void rms_norm_forward(Cpu<kIsa>, const Tensor& x, ...);

Only symbols with that template argument are visible to the rest of the program; anything else that
a source defines is its own (isolate_isa.sh says why). So variables of headers, even inline ones and
static ones inside inline functions, exist once more in here: state belongs in a .cc file of the
program. To its users the target is a cc_library. Other processors than x86-64 have level 1 only,
compiled with the default flags.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# maybe-uninitialized: gcc 12 reports its own AVX-512 header (gcc bug 105593).
_X86_64_LEVELS = {
    "1": ["-march=x86-64"],
    "3": ["-march=x86-64-v3"],
    "4": ["-march=x86-64-v4", "-Wno-maybe-uninitialized"],
}
_OTHER_LEVELS = {"1": []}

# openmp-simd: the directive `omp simd` only, no OpenMP threads or library.
# math-errno, trapping-math: nobody reads errno or the floating-point flags after a kernel, and
# without them sqrt and conditionals vectorise. Neither changes a result.
# gnu-unique: such symbols could not be made local.
_FLAGS = [
    "-fopenmp-simd",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-gnu-unique",
]

def _compile(ctx, level, flags, deps, cc_toolchain, features):
    """Compiles all sources for one level; returns one object and what users need for compiling."""
    name = "%s_v%s" % (ctx.label.name, level)
    optimise = ["-O3"] if ctx.var["COMPILATION_MODE"] == "opt" else []
    compilation_context, outputs = cc_common.compile(
        actions = ctx.actions,
        name = name,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        srcs = ctx.files.srcs,
        public_hdrs = ctx.files.hdrs,
        private_hdrs = ctx.files.private_hdrs,
        local_defines = ["HONE_ISA=" + level],
        user_compile_flags = _FLAGS + optimise + flags,
        compilation_contexts = [dep.compilation_context for dep in deps],
        disallow_nopic_outputs = True,
    )
    isolated = ctx.actions.declare_file("_objs/%s.pic.o" % name)
    ctx.actions.run(
        executable = ctx.executable._isolate,
        arguments = [
            cc_toolchain.ld_executable,
            cc_toolchain.objcopy_executable,
            cc_toolchain.objdump_executable,
            level,
            isolated.path,
        ] + [o.path for o in outputs.pic_objects],
        inputs = depset(outputs.pic_objects, transitive = [cc_toolchain.all_files]),
        outputs = [isolated],
        mnemonic = "IsolateIsa",
        progress_message = "Isolating %s" % name,
    )
    return isolated, compilation_context

def _cpu_kernels_impl(ctx):
    cc_toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    deps = [dep[CcInfo] for dep in ctx.attr.deps]
    levels = _X86_64_LEVELS if cc_toolchain.cpu == "k8" else _OTHER_LEVELS
    objects = []
    for level, flags in levels.items():
        isolated, compilation_context = _compile(ctx, level, flags, deps, cc_toolchain, features)
        objects.append(isolated)

    objects = depset(objects)
    linking_context, outputs = cc_common.create_linking_context_from_compilation_outputs(
        actions = ctx.actions,
        name = ctx.label.name,
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        compilation_outputs = cc_common.create_compilation_outputs(
            objects = objects,
            pic_objects = objects,
        ),
        linking_contexts = [dep.linking_context for dep in deps],
        disallow_dynamic_library = True,
    )
    library = outputs.library_to_link
    archive = library.pic_static_library or library.static_library
    return [
        DefaultInfo(files = depset([archive]), data_runfiles = ctx.runfiles(files = [archive])),
        CcInfo(compilation_context = compilation_context, linking_context = linking_context),
    ]

cpu_kernels = rule(
    implementation = _cpu_kernels_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo], doc = "cc_library targets"),
        "hdrs": attr.label_list(allow_files = [".h"], doc = "headers for others to include"),
        "private_hdrs": attr.label_list(allow_files = [".h"], doc = "headers for the sources only"),
        "srcs": attr.label_list(allow_files = [".cc"], mandatory = True, doc = "*_cpu.cc"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_isolate": attr.label(
            default = "//tools/build:isolate_isa.sh",
            allow_single_file = True,
            cfg = "exec",
            executable = True,
        ),
    },
    fragments = ["cpp"],
    incompatible_use_toolchain_transition = True,
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
