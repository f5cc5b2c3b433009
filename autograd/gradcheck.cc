// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd/tape.h"
#include "tensor/random.h"

namespace hone {
namespace {

Tensor copy_of(const Tensor& t) {
  Tensor c = Tensor::empty_like(t);
  copy_bytes(t, c);
  return c;
}

std::vector<Var> leaves(const std::vector<Tensor>& inputs, bool requires_grad) {
  std::vector<Var> vars;
  for (const Tensor& t : inputs) vars.emplace_back(t, requires_grad);
  return vars;
}

// sum_i <u_i, y_i> over the seeded outputs.
double projected(const GradcheckFn& f, const std::vector<Tensor>& inputs,
                 const std::vector<Tensor>& seeds) {
  const NoGrad no_grad;
  const std::vector<Var> ys = f(leaves(inputs, false));
  double sum = 0;
  for (size_t i = 0; i < ys.size(); ++i) {
    if (!seeds[i].defined()) continue;
    const std::vector<double> y = ys[i].value().to_vector<double>();
    for (size_t j = 0; j < y.size(); ++j) sum += seeds[i].data<double>()[j] * y[j];
  }
  return sum;
}

std::vector<double> numeric_gradient(const GradcheckFn& f, std::vector<Tensor> inputs, size_t which,
                                     const std::vector<Tensor>& seeds) {
  inputs[which] = copy_of(inputs[which]);
  double* x = inputs[which].data<double>();
  std::vector<double> gradient;
  for (int64_t j = 0; j < inputs[which].numel(); ++j) {
    const double at = x[j], h = 1e-5 * std::max(1.0, std::abs(at));
    x[j] = at + h;
    const double above = projected(f, inputs, seeds);
    x[j] = at - h;
    const double below = projected(f, inputs, seeds);
    x[j] = at;
    gradient.push_back((above - below) / (2 * h));
  }
  return gradient;
}

// Relative error in norm; not-a-number counts as infinite.
double relative_error(const std::vector<double>& analytic, const std::vector<double>& numeric) {
  double difference = 0, norm = 0;
  for (size_t j = 0; j < numeric.size(); ++j) {
    difference += (analytic[j] - numeric[j]) * (analytic[j] - numeric[j]);
    norm += numeric[j] * numeric[j];
  }
  const double error = std::sqrt(difference) / std::max(std::sqrt(norm), 1e-3);
  return std::isfinite(error) ? error : HUGE_VAL;
}

void compare(const GradcheckFn& f, const std::vector<Tensor>& inputs,
             const std::vector<Tensor>& seeds, const std::string& seeding,
             GradcheckResult& result) {
  const std::vector<Var> xs = leaves(inputs, true);
  {
    Tape tape;
    const std::vector<Var> ys = f(xs);
    std::vector<Tensor> own;  // backward may adopt and then write a seed
    for (const Tensor& s : seeds) own.push_back(s.defined() ? copy_of(s) : Tensor());
    tape.backward(ys, own);
  }
  for (size_t i = 0; i < xs.size(); ++i) {
    const std::vector<double> numeric = numeric_gradient(f, inputs, i, seeds);
    const Tensor& g = xs[i].grad()->value();
    const std::vector<double> analytic =
        g.defined() ? g.to_vector<double>() : std::vector<double>(numeric.size(), 0.0);
    check(analytic.size() == numeric.size(), "gradcheck: gradient ", g.shape(), " for input ",
          inputs[i].shape());
    const double error = relative_error(analytic, numeric);
    result.checked += static_cast<int64_t>(numeric.size());
    if (result.where.empty() || error > result.worst) {
      result.worst = error;
      result.where = "input " + std::to_string(i) + ", " + seeding;
    }
  }
}

}  // namespace

Tensor random_f64(const Shape& shape, const std::string& stream, double scale) {
  const RandomStream random(0, stream);
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(scale * random.normal(static_cast<uint64_t>(i)));
  return Tensor::of(values, shape);
}

GradcheckResult gradcheck(const GradcheckFn& f, const std::vector<Tensor>& inputs) {
  std::vector<Shape> shapes;
  {
    const NoGrad no_grad;
    for (const Var& y : f(leaves(inputs, false))) shapes.push_back(y.shape());
  }
  std::vector<Tensor> seeds;
  for (size_t i = 0; i < shapes.size(); ++i)
    seeds.push_back(random_f64(shapes[i], "gradcheck.seed." + std::to_string(i)));

  GradcheckResult result;
  compare(f, inputs, seeds, "all outputs seeded", result);
  for (size_t i = 0; shapes.size() > 1 && i < shapes.size(); ++i) {
    std::vector<Tensor> alone(shapes.size());
    alone[i] = seeds[i];
    compare(f, inputs, alone, "output " + std::to_string(i) + " seeded", result);
  }
  return result;
}

}  // namespace hone
