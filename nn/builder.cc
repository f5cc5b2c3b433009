// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "nn/builder.h"

#include <cmath>
#include <utility>

#include "kernels/elementwise/elementwise.h"
#include "kernels/nf4/quantize.h"
#include "tensor/meta.h"

namespace hone::nn {

Builder::Builder(BuildOptions options, ReadWeight read, ReadWeight read_adapter,
                 ParameterArena* arena)
    : options_(std::move(options)),
      read_(std::move(read)),
      read_adapter_(std::move(read_adapter)),
      arena_(arena) {}

Builder Builder::meta(BuildOptions options, ParameterArena* arena) {
  options.device = meta_of(options.device);
  return Builder(std::move(options), nullptr, nullptr, arena);
}

bool Builder::trains(const std::string& name, bool packed) const {
  return options_.trains ? options_.trains(name, packed) : options_.train_base;
}

// Puts one dense tensor where it stays.
Var Builder::finish(const WeightRequest& request, bool adapter, bool trains, bool wide) {
  Var var;
  const DType dtype = wide ? kernels::accumulator_dtype(options_.dtype) : options_.dtype;
  const bool trainable = trains && !options_.inference;
  const MemoryScope scope("frozen weights");
  if (is_meta()) {
    var = trainable && arena_
              ? arena_->slot(request.name).var
              : Var(Tensor::empty(request.shape, dtype, options_.device), trainable);
  } else {
    const Tensor value = (adapter ? read_adapter_ : read_)(request).to(options_.device);
    check(value.shape() == request.shape, request.name, ": expected ", request.shape, ", got ",
          value.shape());
    if (trainable) {
      check(arena_ != nullptr, "builder: ", request.name, " trains but there is no arena");
      var = arena_->place(request.name, value);
    } else {
      var = Var(value.dtype() == dtype ? value : kernels::cast(value, dtype));
    }
  }
  parameters_.push_back({.name = request.name,
                         .shape = request.shape,
                         .trainable = trainable,
                         .bytes = var.value().nbytes(),
                         .var = var,
                         .adapter = adapter,
                         .wide = wide});
  return var;
}

Var Builder::parameter(const std::string& name, const Shape& shape, Init init) {
  return finish({name, shape, init}, /*adapter=*/false, trains(name, /*packed=*/false));
}

Weight Builder::matrix(const std::string& name, const Shape& shape, Init init, bool may_quantise) {
  if (!options_.quantise || !may_quantise) return Weight(parameter(name, shape, init));
  if (trains(name, /*packed=*/true))
    return Weight(finish({name, shape, init}, /*adapter=*/false, /*trains=*/true));
  const MemoryScope scope("frozen weights, 4-bit");
  // Checkpoints are quantised from the model dtype, as bitsandbytes does; it knows no f64.
  const DType dtype = options_.dtype == DType::f64 ? DType::f32 : options_.dtype;
  Tensor value = is_meta() ? Tensor::empty(shape, dtype, options_.device)
                           : read_({name, shape, init}).to(options_.device);
  if (value.dtype() != dtype) value = kernels::cast(value, dtype);
  QuantizedTensor q = kernels::quantize_4bit(value, *options_.quantise, /*nested=*/true);
  auto quantised = std::make_shared<const QuantizedTensor>(std::move(q));
  parameters_.push_back(
      {.name = name, .shape = shape, .quantised = true, .bytes = quantised->nbytes(), .var = {}});
  return Weight(quantised);
}

std::optional<Lora> Builder::lora(const std::string& module, int64_t in, int64_t out,
                                  bool by_parameter) {
  const ChooseLora& choose = by_parameter ? options_.lora_for_parameter : options_.lora_for_module;
  const auto choice = choose ? choose(by_parameter ? module + ".weight" : module) : std::nullopt;
  if (!choice) return std::nullopt;
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  Lora lora;
  lora.a = finish({module + ".lora_A.weight", {choice->rank, in}, Init::uniform(bound)},
                  /*adapter=*/true, /*trains=*/true);
  lora.b = finish({module + ".lora_B.weight", {out, choice->rank}, Init::zeros()},
                  /*adapter=*/true, /*trains=*/true);
  lora.scale = choice->scale;
  lora.dropout = choice->dropout;
  return lora;
}

Var Builder::magnitude(const std::string& module, int64_t out,
                       const std::function<Tensor()>& start) {
  const auto choice = options_.lora_for_module ? options_.lora_for_module(module) : std::nullopt;
  if (!choice || !choice->dora) return Var();
  return finish({module + ".lora_magnitude_vector", {out}, Init::ones(), start}, /*adapter=*/true,
                /*trains=*/true, /*wide=*/true);
}

std::optional<ExpertLora> Builder::expert_lora(const std::string& parameter, int64_t experts,
                                               int64_t in, int64_t out) {
  const auto choice =
      options_.lora_for_parameter ? options_.lora_for_parameter(parameter) : std::nullopt;
  if (!choice) return std::nullopt;
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  ExpertLora lora;
  lora.a = finish({parameter + ".lora_A", {experts, choice->rank, in}, Init::uniform(bound)},
                  /*adapter=*/true, /*trains=*/true);
  lora.b = finish({parameter + ".lora_B", {experts, out, choice->rank}, Init::zeros()},
                  /*adapter=*/true, /*trains=*/true);
  lora.scale = choice->scale;
  return lora;
}

}  // namespace hone::nn
