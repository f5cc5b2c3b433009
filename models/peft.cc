// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "models/peft.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "data/file.h"
#include "data/printable.h"
#include "data/safetensors_writer.h"
#include "kernels/elementwise/elementwise.h"
#include "models/weights.h"

namespace hone {
namespace {

constexpr std::string_view kPrefix = "base_model.model.";
constexpr const char* kBaseLayer = ".base_layer";
constexpr const char* kEmbedding = "model.embed_tokens.weight";
constexpr const char* kHead = "lm_head.weight";

bool is_lora_name(std::string_view name) { return name.find(".lora_") != std::string_view::npos; }

// A LoRA matrix of an expert stack: <module>.experts.<which>.lora_{A,B}.
struct ExpertName {
  std::string module;  // "model.layers.0.mlp.experts"
  bool gate_up = false;
  bool is_a = false;
};
std::optional<ExpertName> expert_name(const std::string& name) {
  for (const bool gate_up : {true, false})
    for (const bool is_a : {true, false}) {
      const std::string end =
          std::string(gate_up ? ".gate_up_proj" : ".down_proj") + (is_a ? ".lora_A" : ".lora_B");
      if (name.ends_with(".experts" + end))
        return ExpertName{name.substr(0, name.size() - end.size()), gate_up, is_a};
    }
  return std::nullopt;
}

// The base weight that a key of a PEFT file is for: "base_model.model.model.norm.weight" ->
// "model.norm.weight".
std::string weight_of(std::string key) {
  for (size_t at; (at = key.find(kBaseLayer)) != std::string::npos;)
    key.erase(at, std::string_view(kBaseLayer).size());
  if (key.starts_with(kPrefix)) key.erase(0, kPrefix.size());
  // Adapters trained on the vision-language class carry its extra path component.
  if (key.starts_with("model.language_model.")) key.erase(6, 15);
  return key;
}

// PEFT 0.19 (April 2026) exchanged the sides of expert adapters.
bool version_is_old(const std::string& version) {
  char* end = nullptr;
  const long major = std::strtol(version.c_str(), &end, 10);
  const long minor = *end == '.' ? std::strtol(end + 1, nullptr, 10) : 0;
  return major == 0 && minor < 19;
}

// to[e, i, k] = from[i, k E + e]: between B [out, R E] of PEFT and [E, out, R].
template <class Index>
void permute(const Tensor& from, const Tensor& to, Index index) {
  kernels::visit_float(to.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < to.numel(); ++i) to.data<T>()[i] = from.data<T>()[index(i)];
  });
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  const std::span<const std::byte> x = named_bytes("", a).bytes, y = named_bytes("", b).bytes;
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

int64_t count_not_finite(const Tensor& t) {
  int64_t count = 0;
  kernels::visit_float(t.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < t.numel(); ++i)
      count += !std::isfinite(static_cast<double>(t.data<T>()[i]));
  });
  return count;
}

}  // namespace

PeftLayout::PeftLayout(const std::vector<std::string>& names, const std::string& infix)
    : infix_(infix) {
  constexpr std::string_view kLinearA = ".lora_A.weight";
  for (const std::string& name : names) {
    if (const auto e = expert_name(name); e && e->is_a)
      ++wraps_[e->module];
    else if (name.ends_with(kLinearA))
      ++wraps_[name.substr(0, name.size() - kLinearA.size())];
  }
}

int64_t PeftLayout::wraps(const std::string& module) const {
  const auto found = wraps_.find(module);
  return found != wraps_.end() ? found->second : 0;
}

std::string PeftLayout::key(const std::string& name) const {
  if (const auto e = expert_name(name))
    return module_name(e->module, infix_) +
           (e->gate_up && wraps(e->module) == 2 ? kBaseLayer : "") +
           (e->is_a ? ".lora_A.weight" : ".lora_B.weight");
  if (is_lora_name(name)) return module_name(name, infix_);
  const size_t dot = name.rfind('.');
  std::string key = module_name(name.substr(0, dot), infix_);
  for (int64_t i = 0; i < wraps(name.substr(0, dot)); ++i) key += kBaseLayer;
  return key + name.substr(dot);
}

PeftTensor PeftLayout::to_peft(const std::string& name, const Tensor& value) const {
  const auto e = expert_name(name);
  if (!e) return {key(name), value};
  const Shape s = value.shape();
  if (e->is_a) return {key(name), value.view({s[0] * s[1], s[2]})};
  const int64_t E = s[0], out = s[1], R = s[2];
  Tensor to = Tensor::empty({out, R * E}, value.dtype());
  permute(value, to, [=](int64_t i) {
    const int64_t o = i / (R * E), column = i % (R * E);
    return ((column % E) * out + o) * R + column / E;
  });
  return {key(name), to};
}

AdapterReader::AdapterReader(const std::string& adapter_dir, const LoraConfig& config,
                             const ModelConfig& model)
    : file_(SafetensorsFile::open(adapter_dir + "/adapter_model.safetensors")),
      peft_version_(config.peft_version) {
  for (const auto& [key, info] : file_.tensors())
    if (!is_lora_name(key)) weights_[weight_of(key)] = key;
  if (model.tie_word_embeddings) check_tied_head(config);
}

// PEFT gives the embedding and the head copies of their own, which are one only where it was asked to
// tie them.
void AdapterReader::check_tied_head(const LoraConfig& config) {
  const auto saved = [&](const std::string& weight) {
    return std::any_of(config.modules_to_save.begin(), config.modules_to_save.end(),
                       [&](const std::string& entry) {
                         return weight.substr(0, weight.rfind('.')).ends_with(entry);
                       });
  };
  const auto refuse = [&](const char* why) {
    fail(ErrorCode::kModel, printable(file_.path(), 4096), ": ", why,
         "; the model ties its output head to its embedding, and hone keeps them tied. Train the "
         "adapter again with ensure_weight_tying=True");
  };
  if (!holds(kHead)) {
    if (holds(kEmbedding) && saved(kEmbedding) && !config.ensure_weight_tying)
      refuse("the embedding was trained apart from the head");
    return;
  }
  if (!holds(kEmbedding)) refuse("the head was trained apart from the embedding");
  const Tensor head = load_tensor(file_, weights_[kHead]),
               embedding = load_tensor(file_, weights_[kEmbedding]);
  if (head.shape() != embedding.shape() || !same_bytes(head, embedding))
    refuse("the head is not what the embedding is");
  used_.insert(weights_[kHead]);
  weights_.erase(kHead);
}

void AdapterReader::require(const std::string& weight) const {
  if (!holds(weight))
    fail(ErrorCode::kModel, printable(file_.path(), 4096), ": no values of ", printable(weight),
         ", whose module adapter_config.json has among its modules_to_save");
}

// Adapters trained on the vision-language class carry its extra path component.
std::string AdapterReader::find_key(const std::string& name, const PeftLayout& layout) const {
  if (const auto weight = weights_.find(name); weight != weights_.end()) return weight->second;
  const std::string key = std::string(kPrefix) + layout.key(name);
  if (file_.contains(key)) return key;
  const std::string text = std::string(kPrefix) + "model.";
  const std::string vl = text + "language_model.";
  const std::string other = key.starts_with(vl)     ? text + key.substr(vl.size())
                            : key.starts_with(text) ? vl + key.substr(text.size())
                                                    : key;
  if (file_.contains(other)) return other;
  fail(ErrorCode::kModel, printable(file_.path(), 4096), ": tensor ", printable(key),
       " is missing; adapter_config.json has it among its ",
       is_lora_name(name) ? "targets" : "modules_to_save");
}

// Shapes where they leave one answer, then the version, then the sibling's shapes.
bool AdapterReader::old_orientation(const nn::WeightRequest& request,
                                    const std::string& key) const {
  const bool is_a = request.name.ends_with(".lora_A");
  std::string key_a = key, key_b = key;
  (is_a ? key_b : key_a)
      .replace(key.rfind(is_a ? "lora_A" : "lora_B"), 6, is_a ? "lora_B" : "lora_A");
  const auto side = [&](const std::string& k, int dim) {
    return file_.contains(k) && file_.info(k).shape.rank() == 2 ? file_.info(k).shape[dim] : -1;
  };
  const int64_t a_side = side(key_a, 1), b_side = side(key_b, 0);
  const int64_t own = is_a ? request.shape[2] : request.shape[1];
  const bool fits_new = own == (is_a ? a_side : b_side);
  const bool fits_old = own == (is_a ? b_side : a_side);
  if (fits_new != fits_old) return fits_old;
  if (!peft_version_.empty()) return version_is_old(peft_version_);
  // Square: the stack beside it has unequal sides (a gate_up of 2F = C rows has a down of F = C/2).
  const bool gate_up = key_a.find(".base_layer.") != std::string::npos;
  std::string sibling = key_a;
  if (gate_up)
    sibling.erase(sibling.find(".base_layer"), std::string_view(".base_layer").size());
  else
    sibling.insert(sibling.rfind(".lora_A"), ".base_layer");
  return side(sibling, 1) == (gate_up ? own : 2 * own);
}

Tensor AdapterReader::read_expert(const nn::WeightRequest& request, const std::string& key) const {
  const bool is_a = request.name.ends_with(".lora_A");
  const int64_t E = request.shape[0];
  const int64_t R = is_a ? request.shape[1] : request.shape[2];
  const int64_t side = is_a ? request.shape[2] : request.shape[1];
  const bool old = old_orientation(request, key);
  // In the old orientation our A is the other file tensor's transpose and vice versa.
  std::string stored = key;
  if (old) stored.replace(key.rfind(is_a ? "lora_A" : "lora_B"), 6, is_a ? "lora_B" : "lora_A");
  const bool stored_is_a = is_a != old;
  const Shape expected = stored_is_a ? Shape{R * E, side} : Shape{side, R * E};
  if (!file_.contains(stored) || file_.info(stored).shape != expected)
    fail(ErrorCode::kModel, printable(file_.path(), 4096), ": tensor ", printable(stored), " is ",
         file_.contains(stored) ? file_.info(stored).shape.str() : "missing", ", expected ",
         expected.str(), " (rank ", R, ", ", E, " experts", old ? ", layout before PEFT 0.19" : "",
         ")");
  const Tensor from = kernels::cast(load_tensor(file_, stored), DType::f32);
  Tensor to = Tensor::empty(request.shape, DType::f32);
  if (is_a)  // to[e, k, i]
    permute(from, to, [=](int64_t j) {
      const int64_t i = j % side, k = j / side % R, e = j / (side * R);
      return stored_is_a ? j : i * R * E + k * E + e;
    });
  else  // to[e, o, k]
    permute(from, to, [=](int64_t j) {
      const int64_t k = j % R, o = j / R % side, e = j / (side * R);
      return stored_is_a ? (e * R + k) * side + o : o * R * E + k * E + e;
    });
  return to;
}

Tensor AdapterReader::read(const nn::WeightRequest& request, const PeftLayout& layout) {
  const Tensor t = read_stored(request, layout);
  not_finite_ += count_not_finite(t);
  return t;
}

Tensor AdapterReader::read_stored(const nn::WeightRequest& request, const PeftLayout& layout) {
  const std::string key = find_key(request.name, layout);
  used_.insert(key);
  if (expert_name(request.name)) return read_expert(request, key);
  if (file_.info(key).shape != request.shape)
    fail(ErrorCode::kModel, printable(file_.path(), 4096), ": tensor ", printable(key), " is ",
         file_.info(key).shape.str(), ", expected ", request.shape.str());
  Tensor t = load_tensor(file_, key);
  if (!is_float(t.dtype()))
    fail(ErrorCode::kModel, printable(file_.path(), 4096), ": tensor ", printable(key), " is ",
         name_of(t.dtype()), "; expected float32, bfloat16 or float16");
  return t;
}

std::string AdapterReader::finish() const {
  for (const auto& [name, info] : file_.tensors())
    if (!used_.contains(name))
      fail(ErrorCode::kModel, printable(file_.path(), 4096), ": tensor ", printable(name),
           " matches no module of this model; the adapter belongs to another one, or "
           "adapter_config.json does not target it");
  if (not_finite_ == 0) return "";
  return printable(file_.path(), 4096) + ": " + std::to_string(not_finite_) +
         " values are NaN or infinite; a run that starts from them gives the same";
}

void write_adapter(const std::string& dir, const LoraConfig& config,
                   const nn::ParameterArena& arena, const ModelConfig& model) {
  mkdir(dir.c_str(), 0777);  // an existing directory is fine; anything else shows below
  std::vector<std::string> names;
  for (const auto& slot : arena.slots()) names.push_back(slot.name);
  const PeftLayout layout(names, model.name_infix);
  std::vector<PeftTensor> tensors;
  std::vector<NamedBytes> named;
  for (const auto& slot : arena.slots()) {
    const Tensor value = nn::ParameterArena::slice(arena.master(), slot).to(kCpu);
    tensors.push_back(layout.to_peft(slot.name, value));
    if (config.ensure_weight_tying && slot.name == kEmbedding) tensors.push_back({kHead, value});
  }
  for (const PeftTensor& t : tensors)
    named.push_back(named_bytes("base_model.model." + t.key, t.value));
  write_safetensors(dir + "/adapter_model.safetensors", named);
  write_file(dir + "/adapter_config.json", adapter_config_json(config));
}

}  // namespace hone
