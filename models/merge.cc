// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/merge.h"

#include <filesystem>
#include <map>

#include "kernels/dora/dora.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/nf4/dequantize.h"
#include "kernels/nf4/quantize.h"
#include "models/load_model.h"
#include "models/model_directory.h"
#include "models/weight_reader.h"

namespace hone {
namespace {

// One parameter after another, with the adapter in it.
class MergedWeights {
 public:
  MergedWeights(const LoadedModel& model, WeightReader& reader, std::optional<QuantType> quantise)
      : reader_(reader), quantise_(quantise), targets_(*model.lora, model.config.name_infix) {
    for (const nn::Parameter& p : model.parameters)
      if (p.adapter) lora_[p.name] = p.shape;
  }

  Tensor operator()(const nn::Parameter& p) {
    Tensor w = kernels::cast(reader_.base({p.name, p.shape, {}}), DType::f32);
    if (p.quantised)
      w = kernels::dequantize_4bit(kernels::quantize_4bit(w, *quantise_, /*nested=*/true),
                                   DType::f32);
    const bool stack = lora_.contains(p.name + ".lora_A");
    const std::string module = p.name.substr(0, p.name.rfind('.'));
    const std::string a = stack ? p.name + ".lora_A" : module + ".lora_A.weight",
                      b = stack ? p.name + ".lora_B" : module + ".lora_B.weight";
    if (!p.name.ends_with(".bias") && lora_.contains(a))
      add_product(read(b), read(a), scale_of(p.name, module), w);
    if (const std::string m = module + ".lora_magnitude_vector";
        p.name.ends_with(".weight") && lora_.contains(m))
      set_lengths(read(m), w);
    return w;
  }

 private:
  Tensor read(const std::string& name) {
    return kernels::cast(reader_.lora({name, lora_.at(name), {}}), DType::f32);
  }

  double scale_of(const std::string& parameter, const std::string& module) const {
    const auto by_parameter = targets_.for_parameter(parameter);
    return by_parameter ? by_parameter->scale : targets_.for_module(module).value().scale;
  }

  // w += scale * b a, of one matrix or of each of a stack.
  static void add_product(const Tensor& b, const Tensor& a, double scale, const Tensor& w) {
    if (w.rank() == 2)
      return kernels::gemm(b, kernels::Transpose::no, a, kernels::Transpose::no, scale, 1, w);
    for (int64_t e = 0; e < w.dim(0); ++e) {
      const auto one = [&](const Tensor& t) { return t.rows(e, e + 1).view({t.dim(1), t.dim(2)}); };
      add_product(one(b), one(a), scale, one(w));
    }
  }

  // Rows of w get these lengths.
  static void set_lengths(const Tensor& magnitude, const Tensor& w) {
    const Tensor norms = kernels::dora_norms(w);
    for (int64_t o = 0; o < w.dim(0); ++o) {
      const float norm = norms.data<float>()[o];
      const float factor = norm > 0 ? magnitude.data<float>()[o] / norm : 0;
      kernels::cast_into(kernels::scale(w.rows(o, o + 1), factor), w.rows(o, o + 1), false);
    }
  }

  WeightReader& reader_;
  std::optional<QuantType> quantise_;
  LoraTargets targets_;
  std::map<std::string, Shape> lora_;
};

void refuse_overwriting_input(const MergeOptions& o) {
  std::error_code ignored;
  for (const std::string& input : {o.model, o.adapter})
    if (std::filesystem::equivalent(o.out, input, ignored))
      fail(ErrorCode::kUsage, "merge: the output ", o.out, " is an input; choose another folder");
}

}  // namespace

void merge_adapter(const MergeOptions& o) {
  refuse_overwriting_input(o);
  const LoadedModel model = describe_model(
      {.model = o.model, .adapter = o.adapter, .inference = true, .quantise = o.quantise});
  AdapterReader adapter(o.adapter, load_lora_config(o.adapter), model.config);
  WeightReader reader({.checkpoint = o.model, .adapter = &adapter}, model.config, model.parameters);
  MergedWeights merged(model, reader, o.quantise);
  const ModelDirectory directory = {
      .path = o.out, .base = o.model, .config_json = "", .shard_bytes = o.shard_bytes};
  directory.write(
      model.config, model.parameters,
      [](const StoredPart& part, const ModelFiles* base) {
        // A head that the base does not have is of the type of its other weights.
        return base->contains(part.name) ? base->info(part.name).type
                                         : base->files()[0].tensors().begin()->second.type;
      },
      [&](const nn::Parameter& p) { return merged(p); });
  reader.finish();
}

}  // namespace hone
