# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""op_headers: the headers of the ops that some libraries use, as files for a test to read."""

_Headers = provider(fields = ["files"])

def _collect_impl(target, ctx):
    own = ctx.rule.files.hdrs if ctx.rule.kind == "cpu_kernels" else []
    deps = getattr(ctx.rule.attr, "deps", [])
    return [_Headers(files = depset(own, transitive = [d[_Headers].files for d in deps if _Headers in d]))]

_collect = aspect(implementation = _collect_impl, attr_aspects = ["deps"])

def _op_headers_impl(ctx):
    files = depset(transitive = [d[_Headers].files for d in ctx.attr.deps])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

op_headers = rule(
    implementation = _op_headers_impl,
    attrs = {
        "deps": attr.label_list(aspects = [_collect], doc = "cc_library targets above the ops"),
    },
)
