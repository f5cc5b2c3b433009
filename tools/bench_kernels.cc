// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// How fast each op of kernels/ is, beside what this machine could do.
//
//   bench_kernels [--op NAME] [--device cpu|cuda] [--tokens N] [--documents N]
//                 [--dtype float32|bfloat16] [--threads N] [--list]
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
  std::string op, device = "cpu", dtype;
  int64_t tokens = 0, documents = 0;
  int threads = 0;
  bool list = false;
};

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app("Measures each op of kernels/ against this machine's roofs.");
  app.add_option("--op", o.op, "only this op (rms_norm, moe/route), folder (moe) or function");
  app.add_option("--device", o.device, "cpu (default) or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--tokens", o.tokens, "rows of the activations; default 1024, cuda 8192")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--documents", o.documents, "of equal length in a row; default: 3 unequal ones")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--dtype", o.dtype, "of activations and weights; default float32, cuda bfloat16")
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
  const bool cuda = o.device == "cuda";
  if (o.tokens == 0) o.tokens = cuda ? 8192 : 1024;
  if (o.dtype.empty()) o.dtype = cuda ? "bfloat16" : "float32";
  return o;
}

Device device_of(const Options& o) {
  return {o.device == "cuda" ? DeviceType::cuda : DeviceType::cpu, 0};
}

DType dtype_of(const Options& o) { return o.dtype == "bfloat16" ? DType::bf16 : DType::f32; }

bool selected(const BenchCase& c, const std::string& op) {
  return op.empty() || c.op == op || c.op.starts_with(op + "/") || c.function == op;
}

std::vector<BenchCase> selected_cases(const Options& o) {
  std::vector<BenchCase> cases;
  for (const ModelConfig& model : bench_models(device_of(o)))
    for (BenchCase& c : all_cases({model, o.tokens, dtype_of(o), device_of(o), o.documents}))
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
  const Device device = device_of(o);
  const Roofs roofs = measure_roofs(device, dtype_of(o));
  const bool cuda = device.type == DeviceType::cuda;
  std::printf("roofs: copy %.1f GB/s, %s product %.1f GFLOP/s (%s)\n",
              roofs.bytes_per_second * 1e-9, cuda ? o.dtype.c_str() : "float32",
              roofs.flops_per_second * 1e-9, device_text(device).c_str());
  std::printf("%-32s %-56s %10s %8s %9s %7s\n", "function", "shape", "us", "GB/s", "GFLOP/s",
              "% roof");
  for (const BenchCase& c : cases) {
    const double seconds = median_seconds(c, device);
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
