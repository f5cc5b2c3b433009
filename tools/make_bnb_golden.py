# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/goldens/bnb: what bitsandbytes' CUDA kernels give for 4-bit weights and 8-bit AdamW.

    python3 tools/make_bnb_golden.py --out tests/goldens/bnb      (needs torch, bitsandbytes, a GPU)

The files in the repository were made with bitsandbytes 0.50.2 and torch 2.11 (CUDA 13.0) on an
NVIDIA H200. bitsandbytes' CPU backend rounds differently: `--device cpu` only tries the script out.

    four_bit.safetensors    <case>.<dtype>/input, and under <case>.<dtype>/<nf4|fp4>/: codes, absmax,
                            dequant.<dtype>, nested/{absmax, nested_absmax, offset, dequant.<dtype>}
    serialized.safetensors  QuantState.as_dict(packed=True), as a checkpoint stores it
    adamw8bit.safetensors   gradients, and <case>/{initial, param.<step>, state1.<step>, ...}
    maps.safetensors        the code tables, all e4m3 values, and torch.mean for many lengths
"""
import argparse
import pathlib

import bitsandbytes as bnb
import bitsandbytes.functional as F
import torch
from safetensors.torch import save_file

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}

NF4_THRESHOLDS = [
    -0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544,
    -0.23460740596055984, -0.13791173323988914, -0.045525018125772476, 0.03979014977812767,
    0.1202552504837513, 0.2035212516784668, 0.2920137718319893, 0.3893125355243683,
    0.5016634166240692, 0.6427869200706482, 0.8614784181118011]
FP4_THRESHOLDS = [0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333]

ADAMW_LENGTH = 840  # three blocks of 256 and a partial one
ADAMW_STEPS = 20
ADAMW_RECORDED = (1, 2, 5, 20)
ADAMW_CASES = {  # name: (dtype, lr, betas, eps, weight decay)
    "f32_decay": ("f32", 1e-3, (0.9, 0.999), 1e-8, 0.01),
    "f32": ("f32", 2e-4, (0.9, 0.999), 1e-8, 0.0),
    "f32_fast": ("f32", 1e-2, (0.8, 0.95), 1e-6, 0.1),
    "bf16_decay": ("bf16", 1e-3, (0.9, 0.999), 1e-8, 0.01),
    "bf16": ("bf16", 5e-3, (0.9, 0.98), 1e-8, 0.0),
    "f16_decay": ("f16", 1e-3, (0.9, 0.999), 1e-8, 0.01),
}


def normal(shape, seed, std=0.02):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * std


def uneven_blocks(n, seed):
    """Blocks whose size differs by orders of magnitude, so that the nested codes spread."""
    x = normal((n,), seed, 1.0)
    scale = torch.exp(normal((-(-n // 64),), seed + 1, 1.5))
    return x * scale.repeat_interleave(64)[:n]


def neighbours(values):
    """Each value, the next f32 below it and the next above."""
    v = torch.tensor(values, dtype=torch.float32)
    inf = torch.tensor(float("inf"))
    return torch.stack([torch.nextafter(v, -inf), v, torch.nextafter(v, inf)]).flatten()


def block(values, absmax):
    """One block of 64: the given values, the absmax, then zeros of both signs."""
    v = torch.as_tensor(values, dtype=torch.float32)[:62]
    rest = torch.zeros(63 - len(v))
    rest[::2] = -0.0
    return torch.cat([v, torch.tensor([absmax], dtype=torch.float32), rest])


def edges():
    """Thresholds hit exactly and missed by one unit, and blocks of zeros."""
    out = []
    for thresholds in (NF4_THRESHOLDS, FP4_THRESHOLDS + [-t for t in FP4_THRESHOLDS]):
        near = neighbours(thresholds)
        for absmax in (1.0, 2.0**-7, 3.0, 0.7, 1.9999999, 0.0213):
            out.append(block(near * absmax, absmax))
    for whole in (12, 24, 48, 96, 36, 60, 72, 84, 1.5, 0.375):  # FP4's thresholds are k/24
        out.append(block(torch.arange(-24, 25) / 24 * whole, -whole))
    out.append(torch.zeros(64))
    out.append(torch.full((64,), -0.0))
    return torch.cat(out)


def extreme():
    """Subnormal, tiny and huge blocks, and blocks that hold a NaN and an infinity."""
    ramp = torch.linspace(-1, 1, 62)
    out = []
    for absmax in (1e-40, 1.1e-38, 1.2e-38, 2.4e-38, 1e-37, 1e-30, 1e-7, 6e4, 1e30, 8.0e37,
                   2.0**126, 8.6e37, 1.8e38, 3.4e38):
        out.append(block(ramp * absmax, absmax))
    for odd in (float("nan"), float("inf")):
        out.append(block(ramp, 1.5))
        out[-1][5] = odd
    return torch.cat(out)


def four_bit_cases():
    return {
        "normal": (normal((64, 96), 1), ("bf16",)),
        "normal_small": (normal((24, 40), 2), ("f32", "bf16", "f16")),
        "experts": (normal((5, 8, 12), 3), ("f32", "bf16", "f16")),
        "length_1000": (normal((1000,), 4), ("f32", "bf16", "f16")),
        "length_999": (normal((999,), 5), ("f32", "bf16", "f16")),
        "length_65": (normal((65,), 6), ("f32", "bf16")),
        "length_1": (torch.tensor([-0.3]), ("f32",)),
        "many_blocks": (uneven_blocks(64 * 300 + 17, 7), ("bf16",)),
        "uneven": (uneven_blocks(64 * 40, 9), ("f32",)),
        "edges": (edges(), ("f32", "bf16", "f16")),
        "extreme": (extreme(), ("f32", "bf16")),
        "same_blocks": (block(torch.linspace(-1, 1, 62), 0.5).repeat(5), ("f32",)),
        "zeros": (torch.zeros(130), ("f32",)),
    }


def stored_dequants(case, dtype, kind, nested):
    """Output dtypes to keep: the large cases keep one or none, to stay small."""
    if case in ("experts", "same_blocks", "zeros"):
        return list(DTYPES)
    if case == "uneven" or (case == "many_blocks" and (kind == "fp4" or not nested)):
        return []
    return [dtype]


def four_bit(device):
    out = {}
    for case, (values, dtypes) in four_bit_cases().items():
        for dtype in dtypes:
            x = values.to(DTYPES[dtype])
            key = f"{case}.{dtype}"
            out[f"{key}/input"] = x
            for kind in ("nf4", "fp4"):
                for nested in (False,) if case == "extreme" else (False, True):
                    codes, state = F.quantize_4bit(
                        x.to(device), quant_type=kind, compress_statistics=nested, blocksize=64)
                    at = f"{key}/{kind}/nested" if nested else f"{key}/{kind}"
                    if not nested:
                        out[f"{at}/codes"] = codes
                    out[f"{at}/absmax"] = state.absmax
                    if nested:
                        out[f"{at}/nested_absmax"] = state.state2.absmax
                        out[f"{at}/offset"] = state.offset.reshape(1)
                    for name in stored_dequants(case, dtype, kind, nested):
                        state.dtype = DTYPES[name]
                        out[f"{at}/dequant.{name}"] = F.dequantize_4bit(codes, state)
    return out


def serialized(device):
    out = {}
    for name, kind, nested in (("nested", "nf4", True), ("plain", "nf4", False),
                               ("fp4", "fp4", True)):
        x = normal((5, 96), 11).to(torch.bfloat16)
        codes, state = F.quantize_4bit(
            x.to(device), quant_type=kind, compress_statistics=nested, blocksize=64)
        out[f"{name}.weight"] = codes
        for key, value in state.as_dict(packed=True).items():
            out[f"{name}.weight.{key}"] = value
        out[f"{name}.dequant"] = F.dequantize_4bit(codes, state)
    return out


def adamw_gradients():
    """bf16-representable gradients [steps, n]: blocks of different size, zeros, one huge entry, a
    block that stays zero for ten steps, and a non-finite entry (its element is skipped)."""
    g = normal((ADAMW_STEPS, ADAMW_LENGTH), 21, 1.0)
    g *= torch.exp(normal((ADAMW_LENGTH,), 22, 2.0)) * 1e-3
    g[:, ::7] = 0
    g[:10, 256:512] = 0
    g[3, 700] = 3.0e4
    g[1, 30], g[6, 31], g[8, 830] = float("inf"), float("nan"), float("-inf")
    return g.to(torch.bfloat16)


def adamw8bit(device):
    gradients = adamw_gradients()
    out = {"gradients": gradients}
    initial = normal((ADAMW_LENGTH,), 23, 0.05)
    initial[::50] = 0
    for name, (dtype, lr, betas, eps, decay) in ADAMW_CASES.items():
        p = torch.nn.Parameter(initial.to(DTYPES[dtype]).to(device))
        out[f"{name}/initial"] = p.detach().cpu().clone()
        out[f"{name}/hyper"] = torch.tensor([lr, *betas, eps, decay], dtype=torch.float64)
        optimizer = bnb.optim.AdamW8bit(
            [p], lr=lr, betas=betas, eps=eps, weight_decay=decay, min_8bit_size=1)
        for step in range(1, ADAMW_STEPS + 1):
            p.grad = gradients[step - 1].to(DTYPES[dtype]).to(device)
            optimizer.step()
            if step in ADAMW_RECORDED:
                state = optimizer.state[p]
                assert state["state1"].dtype == torch.uint8
                out[f"{name}/param.{step}"] = p.detach().cpu().clone()
                for field in ("state1", "state2", "absmax1", "absmax2"):
                    out[f"{name}/{field}.{step}"] = state[field].cpu().clone()
    out["qmap1"], out["qmap2"] = state["qmap1"], state["qmap2"]
    return out


MEAN_LENGTHS = [
    1, 2, 3, 4, 5, 7, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 130, 131, 132, 133, 140, 191, 255,
    256, 257, 300, 301, 313, 511, 512, 513, 514, 515, 516, 600, 777, 1000, 1023, 1024, 1025, 2047,
    2048, 2049, 2051, 4095, 4096, 4097, 4099, 5000, 8191, 8192, 8193, 10000, 16384, 20000, 30001,
    32768, 49152, 65536, 65537, 100000, 131071, 131072, 131073, 131075, 150000, 200003, 262144,
    262145, 300000, 524287, 524288, 524289, 1000000, 1000003, 1048576, 2097152, 3000001, 4194304,
    6000000, 8388608, 16777216, 16777221, 33554432]


def scrambled(n):
    """n positive f32 below 1: the top 24 bits of a multiplicative hash of the index."""
    i = torch.arange(1, n + 1, dtype=torch.int64)
    h = (i * 2654435761) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    return ((h >> 8) | 1).to(torch.float32) * 2.0**-24


def maps(device):
    values = scrambled(max(MEAN_LENGTHS)).to(device)
    means = [values[:n].clone().mean().cpu() for n in MEAN_LENGTHS]
    all_codes = torch.arange(256, dtype=torch.int32).to(torch.uint8)
    return {
        "nf4": F.get_4bit_type("nf4", device="cpu"),
        "fp4": F.get_4bit_type("fp4", device="cpu"),
        "dynamic_signed": F.create_dynamic_map(signed=True),
        "dynamic_unsigned": F.create_dynamic_map(signed=False),
        "e4m3": all_codes.view(torch.float8_e4m3fn).to(torch.float32),
        "mean_lengths": torch.tensor(MEAN_LENGTHS, dtype=torch.int64),
        "means": torch.stack(means),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for make in (four_bit, serialized, adamw8bit, maps):
        tensors = {k: v.detach().cpu().contiguous().clone() for k, v in make(args.device).items()}
        path = args.out / f"{make.__name__}.safetensors"
        save_file(tensors, path)
        print(f"{path}: {len(tensors)} tensors, {path.stat().st_size} bytes")
    print("bitsandbytes", bnb.__version__, "torch", torch.__version__)


if __name__ == "__main__":
    main()
