#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/models/qwen3_5_vision: a tiny random model with images, as transformers runs it.

    python3 tools/make_vision_golden.py tests/goldens/models/qwen3_5_vision

Two sequences: one with two images in a row, one with an image that begins it. golden.safetensors has
the inputs and what transformers computes in float32, golden_f64.safetensors the same in float64 with
all gradients: image_features, position_ids, logits, loss. Needs torch and transformers.
"""
import os
import sys

import torch
from make_golden import compute_in_double
from safetensors.torch import save_file
from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration
from transformers.models.qwen3_5 import modeling_qwen3_5

IMAGE, VIDEO, START, END = 60, 61, 62, 63
GRIDS = [[1, 4, 6], [1, 2, 4], [1, 6, 4]]
PATCH = 3 * 2 * 2 * 2


def config():
    return Qwen3_5Config(
        text_config=dict(
            vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=256,
            layer_types=["linear_attention", "full_attention"], linear_conv_kernel_dim=4,
            linear_key_head_dim=8, linear_value_head_dim=8, linear_num_key_heads=2,
            linear_num_value_heads=4, rms_norm_eps=1e-6,
            rope_parameters=dict(rope_type="default", rope_theta=1e7, partial_rotary_factor=0.5,
                                 mrope_section=[2, 1, 1], mrope_interleaved=True)),
        vision_config=dict(
            depth=2, hidden_size=24, intermediate_size=40, num_heads=2, in_channels=3, patch_size=2,
            temporal_patch_size=2, spatial_merge_size=2, out_hidden_size=32,
            num_position_embeddings=25, hidden_act="gelu_pytorch_tanh"),
        image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=START,
        vision_end_token_id=END, tie_word_embeddings=False)


def image(grid):
    return [START] + [IMAGE] * (grid[1] * grid[2] // 4) + [END]


def sequences():
    """(tokens, grids, labels' first place) of each."""
    first = [5, 6] + image(GRIDS[0]) + image(GRIDS[1]) + [9, 10, 20, 21, 22]
    second = [IMAGE] * 6 + [END, 30, 31, 32, 7]
    return [(first, GRIDS[:2], len(first) - 4), (second, GRIDS[2:], 7)]


def run(model, pixels, gradients):
    features, positions, logits, total, count, at = [], [], [], 0, 0, 0
    for ids, grids, begin in sequences():
        tokens, grid = torch.tensor([ids]), torch.tensor(grids)
        patches = int(grid.prod(1).sum())
        own, at = pixels[at:at + patches].to(model.dtype), at + patches
        kinds = (tokens == IMAGE).int()
        features += model.model.get_image_features(own, grid).pooler_output
        positions.append(model.model.get_rope_index(tokens, kinds, image_grid_thw=grid)[0])
        out = model(input_ids=tokens, pixel_values=own, image_grid_thw=grid,
                    mm_token_type_ids=kinds).logits[0]
        logits.append(out)
        targets = tokens[0].clone()
        targets[:begin] = -100
        total = total + torch.nn.functional.cross_entropy(
            out[:-1], targets[1:], ignore_index=-100, reduction="sum")
        count += int((targets[1:] != -100).sum())
    loss = total / count
    tensors = {"image_features": torch.cat(features).detach(),
               "position_ids": torch.cat(positions, 2).contiguous(),
               "logits": torch.cat(logits).detach(), "loss": loss.detach().reshape(1)}
    if gradients:
        loss.backward()
        tensors |= {"grad." + n: p.grad.contiguous() for n, p in model.named_parameters()}
    return tensors


def inputs(pixels):
    ids, labels, ends = [], [], [0]
    for tokens, _, begin in sequences():
        ids += tokens
        labels += [-100] * begin + tokens[begin:]
        ends.append(len(ids))
    return {"input_ids": torch.tensor(ids), "labels": torch.tensor(labels),
            "cu_seqlens": torch.tensor(ends, dtype=torch.int32), "pixel_values": pixels,
            "image_grid_thw": torch.tensor(GRIDS)}


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    torch.manual_seed(7)
    model = Qwen3_5ForConditionalGeneration._from_config(config(), attn_implementation="eager")
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn_like(p))  # biases and positions that are not zero
    model.eval()
    model.save_pretrained(directory)
    pixels = torch.randn(sum(g[1] * g[2] for g in GRIDS), PATCH)
    save_file(inputs(pixels) | run(model, pixels, False),
              os.path.join(directory, "golden.safetensors"))
    # Positions between the learned ones are shares in float32, whatever the model's dtype.
    interpolate = modeling_qwen3_5.get_vision_interpolation_indices_and_weights
    known = {}
    for _, grids, _ in sequences():
        known[str(grids)] = interpolate(torch.tensor(grids), num_grid_per_side=5, mode="bilinear",
                                        align_corners=True, spatial_merge_size=2)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    compute_in_double()
    modeling_qwen3_5.get_vision_interpolation_indices_and_weights = (
        lambda grid, **_: known[str(grid.tolist())])
    model = model.to(torch.float64)
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    save_file(run(model, pixels, True), os.path.join(directory, "golden_f64.safetensors"))


if __name__ == "__main__":
    main()
