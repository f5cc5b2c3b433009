// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// All trainable parameters in one flat buffer, their gradients in another of the same layout.
//
//   master   [n] f32 (f64 for f64 models)   what the optimizer updates
//   shadow   [n] model dtype                what the kernels read, but for wide parameters; absent when
//                                           it is the master's
//   gradient [n] like master
//
// Each tensor starts at a multiple of 256 elements, so that blocks of an 8-bit optimizer never
// cross tensors; the gaps hold zeros. Tensors with weight decay come first: it applies to [0,
// decayed).
#pragma once

#include <string>
#include <vector>

#include "autograd/var.h"
#include "tensor/tensor.h"

namespace hone::nn {

// One named tensor of a model.
struct Parameter {
  std::string name;
  Shape shape;
  bool trainable = false;
  bool quantised = false;
  int64_t bytes = 0;     // as kept in memory by the model, without gradient and optimizer
  Var var;               // undefined when quantised
  bool adapter = false;  // of LoRA: no checkpoint of the base has it
  bool wide = false;     // kernels read it in the master's dtype
};

class ParameterArena {
 public:
  static constexpr int64_t kAlignment = 256;

  struct Slot {
    std::string name;
    Shape shape;
    int64_t offset = 0;  // elements
    bool wide = false;
    Var var;  // value and gradient are slices of the arena
  };

  // A run of tensors that are treated alike.
  struct Segment {
    int64_t begin = 0, end = 0;  // elements
    bool decays = false;
    bool large = false;  // each tensor has at least kLarge elements
  };
  static constexpr int64_t kLarge = 4096;

  // Lays out the trainable ones of `parameters`. decay_vectors: vectors (norms, biases, decay
  // rates) decay too, as plain torch AdamW does; otherwise only matrices do, as the Hugging Face
  // Trainer does. On meta only sizes are counted.
  ParameterArena(const std::vector<Parameter>& parameters, DType model_dtype, Device device,
                 bool decay_vectors);

  // Copies a value (any float dtype) to its place and returns the Var whose value and gradient live
  // here. Errors: kInternal for a name that was not laid out.
  Var place(const std::string& name, const Tensor& value);

  const std::vector<Slot>& slots() const { return slots_; }
  const Slot& slot(const std::string& name) const;
  bool contains(const std::string& name) const;
  int64_t size() const { return master_.numel(); }  // elements, gaps included
  int64_t parameters() const;                       // elements without gaps
  int64_t decayed() const { return decayed_; }
  // The non-empty ones, in order; together they cover the arena.
  const std::vector<Segment>& segments() const { return segments_; }
  const Tensor& master() const { return master_; }
  const Tensor& shadow() const { return shadow_; }  // undefined if the model dtype is the master's
  const Tensor& gradient() const { return gradient_; }

  // The slice of a flat buffer (master, gradient, optimizer state) that belongs to a slot.
  static Tensor slice(const Tensor& flat, const Slot& slot);

  // Before the first backward pass of a step: gradients written from now on overwrite.
  void clear_gradients();
  // After the last: slots that no backward pass reached become zero.
  void finish_gradients();
  // Copies master to shadow, after master was changed by hand (a checkpoint was loaded).
  void refresh_shadow();

 private:
  std::vector<Slot> slots_;
  std::vector<Segment> segments_;
  Tensor master_, shadow_, gradient_;
  int64_t decayed_ = 0;
};

}  // namespace hone::nn
