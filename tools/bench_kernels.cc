// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How fast each op of kernels/ is, beside what this machine could do.
//
//   bench_kernels [--op NAME] [--tokens N] [--dtype float32|bfloat16] [--threads N] [--list]
//
// % of roof = max(bytes / copy bandwidth, flops / product rate) / time, with the bytes and flops of
// the op's own cost function (beside its header) and both rates measured here, first. The last
// column says which of the two is larger. Some rows pass 100 %: only reading is faster than
// copying.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "kernels/core/dispatch.h"
#include "kernels/core/parallel.h"
#include "tools/bench/measure.h"

namespace hone::kernels::bench {
namespace {

struct Options {
  std::string op, dtype = "float32";
  int64_t tokens = 1024;
  int threads = 0;
  bool list = false;
};

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app("Measures each op of kernels/ against this machine's roofs.");
  app.add_option("--op", o.op, "only this op (rms_norm, moe/route), folder (moe) or function");
  app.add_option("--tokens", o.tokens, "rows of the activations")->check(CLI::Range(1, 1 << 20));
  app.add_option("--dtype", o.dtype, "of activations and weights")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  app.add_option("--threads", o.threads, "default: the processors this process may use")
      ->check(CLI::Range(1, 4096));
  app.add_flag("--list", o.list, "name the rows, measure nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const bool help = app.exit(e) == 0;
    std::exit(help ? 0 : static_cast<int>(ErrorCode::kUsage));
  }
  return o;
}

bool selected(const BenchCase& c, const std::string& op) {
  return op.empty() || c.op == op || c.op.starts_with(op + "/") || c.function == op;
}

std::vector<BenchCase> selected_cases(const Options& o) {
  std::vector<BenchCase> cases;
  const DType dtype = o.dtype == "bfloat16" ? DType::bf16 : DType::f32;
  for (const ModelConfig& model : bench_models())
    for (BenchCase& c : all_cases({model, o.tokens, dtype}))
      if (selected(c, o.op)) cases.push_back(std::move(c));
  if (cases.empty()) fail(ErrorCode::kUsage, "--op ", o.op, ": no such op; --list names them all");
  return cases;
}

void run(const Options& o) {
  const std::vector<BenchCase> cases = selected_cases(o);
  if (o.list) {
    for (const BenchCase& c : cases)
      std::printf("%-24s %-32s %s\n", c.op.c_str(), c.function.c_str(), c.shape.c_str());
    return;
  }
  if (o.threads > 0) set_num_threads(o.threads);
  const Roofs roofs = measure_roofs();
  std::printf("roofs: copy %.1f GB/s, float32 product %.1f GFLOP/s (%d threads, x86-64-v%d)\n",
              roofs.bytes_per_second * 1e-9, roofs.flops_per_second * 1e-9, num_threads(),
              static_cast<int>(cpu_isa()));
  std::printf("%-32s %-56s %10s %8s %9s %7s\n", "function", "shape", "us", "GB/s", "GFLOP/s",
              "% roof");
  for (const BenchCase& c : cases) {
    const double seconds = median_seconds(c);
    std::printf("%-32s %-56s %10.1f %8.2f %9.2f %7.1f %s\n", c.function.c_str(), c.shape.c_str(),
                seconds * 1e6, c.cost.bytes / seconds * 1e-9, c.cost.flops / seconds * 1e-9,
                roofs.bound(c.cost) / seconds * 100,
                roofs.memory_bound(c.cost) ? "memory" : "arithmetic");
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace hone::kernels::bench

int main(int argc, char** argv) {
  try {
    hone::kernels::bench::run(hone::kernels::bench::parse(argc, argv));
  } catch (const hone::Error& e) {
    std::fprintf(stderr, "bench_kernels: %s\n", e.what());
    return static_cast<int>(e.code());
  }
}
