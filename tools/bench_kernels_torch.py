#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""What PyTorch's libraries reach on this GPU, in the rows' sizes of `bench_kernels --device cuda`:
cuBLAS for products, cuDNN for attention. bf16, random data, medians by the GPU's clock, operands
not in the L2.

  python3 tools/bench_kernels_torch.py [--tokens 8192] [--documents 4]
"""
import argparse
import statistics

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention


def median_seconds(call, runs=20):
    evict = torch.empty(256 << 20, dtype=torch.uint8, device="cuda")
    times = []
    for run in range(runs + 3):
        evict.zero_()
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        stop.record()
        stop.synchronize()
        if run >= 3:
            times.append(start.elapsed_time(stop) * 1e-3)
    return statistics.median(times)


def values(*shape):
    return torch.rand(*shape, dtype=torch.bfloat16, device="cuda") * 2 - 1


def row(name, shape, seconds, flops):
    print(f"{name:32} {shape:56} {seconds * 1e6:10.1f} us {flops / seconds * 1e-12:8.1f} TFLOP/s")


def products(n):
    for m, k in ((2048, 2048), (8192, 2048), (2048, 8192), (8192, 8192)):
        x, w = values(n, k), values(m, k)
        seconds = median_seconds(lambda: x @ w.T)
        row("matmul", f"M={n} N={m} K={k}", seconds, 2 * n * m * k)


def attention(n, documents):
    length, heads, kv_heads = n // documents, 16, 2
    for width in (256, 128, 64):
        q, k, v = (
            values(documents, h, length, width).requires_grad_() for h in (heads, kv_heads, kv_heads)
        )
        forward_flops = 2 * 2 * documents * heads * width * length * (length + 1) / 2
        shape = f"N={n} documents={documents} H={heads} Hk={kv_heads} D={width}"
        for name, backend in (("cuDNN", SDPBackend.CUDNN_ATTENTION), ("flash", SDPBackend.FLASH_ATTENTION)):
            try:
                with sdpa_kernel(backend):
                    def forward():
                        return scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

                    out = forward()
                    seconds = median_seconds(forward)
                    row(f"{name} forward", shape, seconds, forward_flops)
                    grad = torch.rand_like(out)
                    both = median_seconds(lambda: forward().backward(grad))
                    row(f"{name} forward + backward", shape, both, 3.5 * forward_flops)
            except RuntimeError as error:
                print(f"{name}: {shape}: {str(error).splitlines()[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--documents", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    big = torch.empty(1 << 30, dtype=torch.uint8, device="cuda"), torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    seconds = median_seconds(lambda: big[0].copy_(big[1]))
    print(f"copy {2 * (1 << 30) / seconds * 1e-9:.0f} GB/s")
    products(arguments.tokens)
    attention(arguments.tokens, arguments.documents)


if __name__ == "__main__":
    main()
