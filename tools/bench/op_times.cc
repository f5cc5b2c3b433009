// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/op_times.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "tensor/check.h"

namespace hone::kernels::bench {
namespace {

// "hone::kernels::gemm(hone::Tensor const&, ...)" -> "gemm"
std::string function_at(const void* place) {
  Dl_info info;
  check(dladdr(place, &info) != 0 && info.dli_sname != nullptr,
        "op times: a launch has no symbol; link the program with -rdynamic");
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), &std::free);
  const std::string name = status == 0 ? text.get() : info.dli_sname;
  const std::string scope = "hone::kernels::";
  const size_t begin = name.rfind(scope, name.find('('));
  check(begin != std::string::npos, "op times: ", name, " is not an op of kernels/");
  const std::string rest = name.substr(begin + scope.size());
  return rest.substr(0, rest.find('('));
}

}  // namespace

std::vector<OpTime> op_times(const LaunchTrace& trace) {
  const std::vector<double> seconds = trace.seconds();
  std::map<const void*, OpTime> by_place;
  for (size_t i = 0; i < trace.launches().size(); ++i) {
    OpTime& op = by_place[trace.launches()[i]];
    ++op.launches;
    op.seconds += seconds[i];
  }
  std::map<std::string, OpTime> by_name;
  for (const auto& [place, time] : by_place) {
    OpTime& op = by_name[function_at(place)];
    op.launches += time.launches;
    op.seconds += time.seconds;
  }
  std::vector<OpTime> ops;
  for (auto& [name, time] : by_name) ops.push_back({name, time.launches, time.seconds});
  std::sort(ops.begin(), ops.end(),
            [](const OpTime& a, const OpTime& b) { return a.seconds > b.seconds; });
  return ops;
}

}  // namespace hone::kernels::bench
