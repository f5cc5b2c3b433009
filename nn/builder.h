// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Hands a model its weights while it is being constructed, one tensor at a time.
//
// A module's constructor asks the Builder for every parameter by its full name. The Builder decides
// what it gets: a frozen tensor in the model's dtype, a 4-bit one, a trainable slice of the
// ParameterArena, or (on the meta device) a shape. So a model is built twice when something trains:
// on meta to learn what there is, then for real, with each tensor read, converted and put in its
// final place before the next one is read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autograd/ops/linear.h"
#include "autograd/ops/moe_experts.h"
#include "autograd/ops/weight.h"
#include "nn/init.h"
#include "nn/parameter_arena.h"
#include "tensor/quantized.h"

namespace hone::nn {

// What a module asks for. The answer is a tensor of this shape, in any float dtype and
// on the CPU or on the model's device.
struct WeightRequest {
  std::string name;  // full name, as in the checkpoint of the CausalLM class
  Shape shape;
  Init init;                           // how it starts without a checkpoint
  std::function<Tensor()> start = {};  // what it starts as instead; may be null
};
using ReadWeight = std::function<Tensor(const WeightRequest&)>;

// LoRA on one module or parameter: y += scale * B A drop(x).
struct LoraChoice {
  int64_t rank = 0;
  double scale = 0;
  double dropout = 0;
  bool dora = false;  // with lengths of their own for the rows of W + scale * B A
};
// The choice for a module path ("model.layers.0.self_attn.q_proj") or a parameter name
// ("model.layers.0.mlp.experts.gate_up_proj"); nullopt leaves it alone.
using ChooseLora = std::function<std::optional<LoraChoice>(const std::string& name)>;

struct BuildOptions {
  DType dtype = DType::f32;  // of weights and activations
  Device device = kCpu;
  std::optional<QuantType> quantise = {};  // frozen linears and experts; double quantisation
  bool train_base = false;                 // all base weights train, unless `trains` says which
  // Which of them train. packed: this one is quantised if it does not.
  std::function<bool(const std::string& name, bool packed)> trains = {};
  bool inference = false;  // what would train, LoRA included, is frozen in the model dtype
  ChooseLora lora_for_module = {};
  ChooseLora lora_for_parameter = {};
};

class Builder {
 public:
  // read: base weights. read_adapter: LoRA matrices, named <module>.lora_A.weight and so on. Both
  // are never called on the meta device. arena: where trainable parameters go; null on meta.
  Builder(BuildOptions options, ReadWeight read, ReadWeight read_adapter, ParameterArena* arena);
  // Shapes only, on the meta device that stands for options.device: what the model consists of.
  // arena: on the meta device too, or null; then trainable parameters are tensors of their own.
  static Builder meta(BuildOptions options, ParameterArena* arena = nullptr);

  const BuildOptions& options() const { return options_; }
  bool is_meta() const { return options_.device.type == DeviceType::meta; }

  // A vector or table that stays in the model dtype.
  Var parameter(const std::string& name, const Shape& shape, Init init);
  // The weight of a linear or an expert stack; 4-bit if the options say so and `may_quantise`.
  Weight matrix(const std::string& name, const Shape& shape, Init init, bool may_quantise);

  // A [R, in] and B [out, R] for the linear at `module`, as its LoRA choice says. by_parameter: the
  // choice is keyed by the parameter <module>.weight (routers).
  std::optional<Lora> lora(const std::string& module, int64_t in, int64_t out,
                           bool by_parameter = false);
  // The lengths [out] of DoRA for the linear at `module`, in f32 (f64), undefined where its choice has
  // none. start: those of the rows of its weight.
  Var magnitude(const std::string& module, int64_t out, const std::function<Tensor()>& start);
  // A [E, R, in] and B [E, out, R] for an expert stack.
  std::optional<ExpertLora> expert_lora(const std::string& parameter, int64_t experts, int64_t in,
                                        int64_t out);

  // Everything handed out so far, in order.
  const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  bool trains(const std::string& name, bool packed) const;
  Var finish(const WeightRequest& request, bool adapter, bool trains, bool wide = false);

  BuildOptions options_;
  ReadWeight read_;
  ReadWeight read_adapter_;
  ParameterArena* arena_;
  std::vector<Parameter> parameters_;
};

}  // namespace hone::nn
