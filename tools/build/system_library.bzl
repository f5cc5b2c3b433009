# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""A library that Debian's package manager installed, as an external repository.

system_library(name = "eigen", ...) makes @eigen, a cc_library (label @eigen or @eigen//:eigen).
Its headers are system headers to the compiler, so our warning flags do not apply to them.
"""

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "{name}",
    srcs = {srcs},
    hdrs = glob(["include/**"]),
    defines = {defines},
    includes = ["include"],
)
"""

def _system_library_impl(repository_ctx):
    for header in repository_ctx.attr.headers:
        if not repository_ctx.path(header).exists:
            _missing(repository_ctx, header)
    for header, where in repository_ctx.attr.headers.items():
        repository_ctx.symlink(header, "include/" + where if where else "include")

    srcs = []
    if repository_ctx.attr.archive:
        machine = repository_ctx.execute(["uname", "-m"]).stdout.strip()
        archive = repository_ctx.path("/usr/lib/%s-linux-gnu/%s" % (machine, repository_ctx.attr.archive))
        if not archive.exists:
            _missing(repository_ctx, archive)
        repository_ctx.symlink(archive, repository_ctx.attr.archive)
        srcs.append(repository_ctx.attr.archive)

    repository_ctx.file("BUILD", _BUILD.format(
        name = repository_ctx.name,
        srcs = srcs,
        defines = repository_ctx.attr.defines,
    ))

def _missing(repository_ctx, path):
    fail("%s is missing: run tools/bazel, which installs what the build needs, or apt-get install %s" %
         (path, repository_ctx.attr.package))

system_library = repository_rule(
    implementation = _system_library_impl,
    local = True,
    attrs = {
        "archive": attr.string(doc = "file name of the static library, \"\" for headers only"),
        "defines": attr.string_list(doc = "preprocessor definitions that its users need"),
        "headers": attr.string_dict(mandatory = True, doc = "path on this machine -> path as included"),
        "package": attr.string(mandatory = True, doc = "the Debian package, for the error message"),
    },
)
