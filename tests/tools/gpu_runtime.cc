// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// What no_shell_test.sh compares programs with: a program with nothing but the CUDA runtime in it.
#ifdef HONE_WITH_CUDA
#include <cuda_runtime.h>

int main() { return static_cast<int>(cudaFree(nullptr)); }
#else
int main() { return 0; }
#endif
