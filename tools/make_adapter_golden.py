#!/usr/bin/env python3
# Copyright 2026 The hone authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/goldens/adapters: adapters of every kind as PEFT saves them, and what it computes.

    python3 tools/make_adapter_golden.py tests/goldens [CASE...]

Each case is a PEFT LoraConfig on one of the models in tests/goldens/models. Its folder gets
adapter_config.json and adapter_model.safetensors as save_pretrained writes them, and
golden.safetensors with logits, loss and the gradient of all that trains, computed in float64 with the
model's own batch. Matrices B are random, so that nothing hides behind a zero. Needs torch, transformers
and peft.
"""
import json
import os
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

import make_golden

# case: (model, LoraConfig, weights of the base that are trained beside the adapter)
CASES = {
    "regex": ("qwen3", dict(target_modules=r"model\.layers\.\d+\.(self_attn\.[qv]|mlp\.up)_proj"), []),
    "layers": ("gemma3_text", dict(
        target_modules=["q_proj", "down_proj", "up_proj"], layers_to_transform=[0, 2],
        layers_pattern=["layers"], exclude_modules=["2.mlp.up_proj"]), []),
    "all_linear": ("nemotron", dict(
        target_modules="all-linear", exclude_modules=r".*\.1\.self_attn\..*", use_rslora=True), []),
    "one_stack": ("qwen3_5_moe", dict(
        target_modules=["in_proj_a", "shared_expert_gate"],
        target_parameters=["mlp.experts.gate_up_proj", "mlp.gate.weight"]), []),
    "dora": ("llama", dict(target_modules=["q_proj", "k_proj", "down_proj"], use_dora=True), []),
    "dora_saved": ("gemma3_text", dict(
        target_modules="all-linear", use_dora=True, use_rslora=True, layers_to_transform=None,
        exclude_modules=["0.mlp.up_proj"], modules_to_save=["model.norm"]), []),
    "saved_head": ("qwen3", dict(
        target_modules=["q_proj", "gate_proj"],
        modules_to_save=["embed_tokens", "lm_head", "0.mlp", "model.norm"]), []),
    "saved_tied": ("gemma3_text", dict(
        target_modules=["o_proj"], modules_to_save=["lm_head"], ensure_weight_tying=True), []),
    "unfrozen": ("llama", dict(target_modules=["q_proj", "down_proj"]), [
        "model.layers.1.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.self_attn.q_proj.bias", "model.layers.0.mlp.up_proj.weight"]),
    "unfrozen_experts": ("qwen3_moe", dict(
        target_modules=[], target_parameters=["experts.gate_up_proj", "experts.down_proj"]), [
        "model.layers.1.mlp.experts.gate_up_proj", "model.layers.1.self_attn.q_norm.weight"]),
}
PREFIX = "base_model.model."


def saved_name(name):
    """The key under which PEFT saves a parameter."""
    for part in (".modules_to_save.default", "_vector.default.weight", ".default"):
        name = name.replace(part, "_vector" if part.startswith("_") else "")
    return name


def single(tensor):
    return tensor.type(torch.float32)  # Tensor.to is make_golden's


def plain_name(name):
    """The name of a base weight before PEFT wrapped its module."""
    return name.removeprefix(PREFIX).replace(".base_layer", "")


def randomise(parameters):
    generator = torch.Generator().manual_seed(5)
    for _, p in parameters:
        noise = torch.randn(p.shape, generator=generator, dtype=p.dtype)
        with torch.no_grad():
            p.add_(noise, alpha=0.1 if p.abs().max() > 0 else 0.2)


def make(name, models, folder, buffers):
    model_name, config, unfrozen = CASES[name]
    directory = os.path.join(models, model_name)
    golden = load_file(os.path.join(directory, "golden.safetensors"))
    torch.manual_seed(3)
    base = make_golden.load(directory, buffers)
    model = get_peft_model(base, LoraConfig(r=3, lora_alpha=5, task_type="CAUSAL_LM", **config),
                           autocast_adapter_dtype=False)
    model.to(torch.float64)
    for parameter, p in model.named_parameters():
        if plain_name(parameter) in unfrozen:
            p.requires_grad_(True)
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    randomise(trained)
    # Saved in float32, so what is computed starts from float32 values.
    for _, p in trained:
        p.data = single(p.data).double()
    model.save_pretrained(folder)
    path = os.path.join(folder, "adapter_model.safetensors")
    saved = {k: single(v) for k, v in load_file(path).items()}
    for parameter, p in trained:
        if plain_name(parameter) in unfrozen:
            saved[parameter] = single(p.detach()).contiguous()
    save_file(saved, path, metadata={"format": "pt"})
    os.remove(os.path.join(folder, "README.md"))
    path = os.path.join(folder, "adapter_config.json")
    written = json.load(open(path))
    written["base_model_name_or_path"] = model_name
    json.dump(written, open(path, "w"), indent=2, sort_keys=True)

    loss, logits = make_golden.loss_of(model, golden)
    loss.backward()
    tensors = {"logits": logits, "loss": loss.detach().reshape(1)}
    for parameter, p in trained:
        tensors["grad." + saved_name(parameter)] = p.grad.contiguous()
    save_file({k: single(v) for k, v in tensors.items()},
              os.path.join(folder, "golden.safetensors"))

    again = PeftModel.from_pretrained(make_golden.load(directory, buffers), folder,
                                      autocast_adapter_dtype=False).to(torch.float64)
    with torch.no_grad():
        _, reloaded = make_golden.loss_of(again, golden)
    error = ((reloaded - logits).norm() / logits.norm()).item()
    print("%-20s %3d tensors train; loaded again, the logits differ by %.1e" %
          (name, len(trained), error))
    assert error < 1e-10


def main():
    models = os.path.join(sys.argv[1], "models")
    names = sys.argv[2:] or list(CASES)
    used = {CASES[name][0] for name in names}
    buffers = {m: make_golden.single_precision_buffers(os.path.join(models, m)) for m in used}
    make_golden.compute_in_double()
    for name in names:
        make(name, models, os.path.join(sys.argv[1], "adapters", name), buffers[CASES[name][0]])


if __name__ == "__main__":
    main()
