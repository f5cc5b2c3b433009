// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "autograd/ops/gated_delta_rule.h"

#include <doctest/doctest.h>

#include "autograd/gradcheck.h"
#include "autograd/ops/delta_gates.h"
#include "autograd/ops/split_l2_norm.h"
#include "autograd/tape.h"
#include "kernels/core/parallel.h"
#include "kernels/l2_norm/l2_norm.h"
#include "tests/support/compare.h"
#include "tests/support/on_gpu.h"

namespace hone {
namespace {

using kernels::DeltaRuleGrads;
using kernels::DeltaRuleInput;
using test::random_tensor;
using test::rel_err;
using test::same_bits;

constexpr DeltaForm kForms[] = {DeltaForm::recurrent, DeltaForm::chunked};

Tensor documents(const std::vector<int32_t>& at) {
  return Tensor::of(at, {static_cast<int64_t>(at.size())});
}

// Random inputs as a layer makes them: normalised q and k, decays around -exp(a_log).
DeltaRuleInput inputs(const kernels::DeltaHeads& h, const std::vector<int32_t>& at, DType dtype,
                      double a_log = -3) {
  const int64_t N = at.back();
  const auto normal = [&](const Shape& s, const char* name) {
    return random_tensor(s, dtype, name);
  };
  const Tensor rate = random_tensor({h.value_heads}, dtype, "rate", 0.1);
  const Tensor shift = Tensor::empty_like(rate);
  kernels::fill(shift, a_log);
  const auto gates =
      delta_gates(Var(normal({N, h.value_heads}, "a")), Var(normal({N, h.value_heads}, "b")),
                  Var(kernels::add(rate, shift)), Var(normal({h.value_heads}, "dt")));
  return {kernels::l2_norm_forward(normal({N, h.key_heads, h.key_dim}, "q"), 1e-6).y,
          kernels::l2_norm_forward(normal({N, h.key_heads, h.key_dim}, "k"), 1e-6).y,
          normal({N, h.value_heads, h.value_dim}, "v"),
          gates[0].value(),
          gates[1].value(),
          documents(at),
          Tensor()};
}

DeltaRuleInput cast_inputs(const DeltaRuleInput& in, DType dtype) {
  const DType wide = kernels::accumulator_dtype(dtype);
  return {kernels::cast(in.q, dtype),
          kernels::cast(in.k, dtype),
          kernels::cast(in.v, dtype),
          kernels::cast(in.g, wide),
          kernels::cast(in.beta, wide),
          in.cu_seqlens,
          Tensor()};
}

// Document s of a packed input; `at` is its cu_seqlens.
DeltaRuleInput alone(const DeltaRuleInput& in, const std::vector<int32_t>& at, size_t s) {
  const auto rows = [&](const Tensor& t) { return t.rows(at[s], at[s + 1]); };
  return {rows(in.q), rows(in.k),    rows(in.v),
          rows(in.g), rows(in.beta), documents({0, at[s + 1] - at[s]}),
          Tensor()};
}

// The recurrence straight from its definition, in double.
Tensor definition(const DeltaRuleInput& input) {
  const DeltaRuleInput in = cast_inputs(input, DType::f64);
  const int64_t Hk = in.q.dim(1), Dk = in.q.dim(2), Hv = in.v.dim(1), Dv = in.v.dim(2);
  const Tensor o = Tensor::zeros(in.v.shape(), DType::f64);
  for (int64_t s = 0; s + 1 < in.cu_seqlens.dim(0); ++s)
    for (int64_t h = 0; h < Hv; ++h) {
      std::vector<double> S(static_cast<size_t>(Dk * Dv), 0.0);
      for (int64_t t = in.cu_seqlens.data<int32_t>()[s]; t < in.cu_seqlens.data<int32_t>()[s + 1];
           ++t) {
        const double* q = in.q.data<double>() + (t * Hk + h / (Hv / Hk)) * Dk;
        const double* k = in.k.data<double>() + (t * Hk + h / (Hv / Hk)) * Dk;
        const double beta = in.beta.data<double>()[t * Hv + h];
        for (double& x : S) x *= std::exp(in.g.data<double>()[t * Hv + h]);
        for (int64_t j = 0; j < Dv; ++j) {
          double held = 0;
          for (int64_t i = 0; i < Dk; ++i) held += S[i * Dv + j] * k[i];
          const double delta = beta * (in.v.data<double>()[(t * Hv + h) * Dv + j] - held);
          double& y = o.data<double>()[(t * Hv + h) * Dv + j];
          for (int64_t i = 0; i < Dk; ++i) {
            S[i * Dv + j] += k[i] * delta;
            y += S[i * Dv + j] * q[i] / std::sqrt(static_cast<double>(Dk));
          }
        }
      }
    }
  return o;
}

std::vector<std::pair<const char*, Tensor>> named(const DeltaRuleGrads& d) {
  return {{"dq", d.dq}, {"dk", d.dk}, {"dv", d.dv}, {"dg", d.dg}, {"dbeta", d.dbeta}};
}

Tensor forward(const DeltaRuleInput& in, DeltaForm form) {
  return kernels::gated_delta_rule_forward(in, form, false).o;
}
DeltaRuleGrads backward(const DeltaRuleInput& in, DeltaForm form) {
  const Tensor grad_o = random_tensor(in.v.shape(), in.v.dtype(), "grad_o");
  return kernels::gated_delta_rule_backward(grad_o, Tensor(), in, form);
}

TEST_CASE("gated_delta_rule: both forms match the definition in every dtype") {
  for (const auto& [dtype, tolerance] :
       {std::pair{DType::f64, 1e-12}, {DType::f32, 2e-6}, {DType::bf16, 4e-3}})
    for (const kernels::DeltaHeads& h :
         {kernels::DeltaHeads{1, 1, 1, 1}, {2, 2, 16, 9}, {1, 3, 17, 33}})
      for (const double a_log : {-3.0, 0.0, 2.7}) {
        const DeltaRuleInput in = inputs(h, {0, 1, 1, 64, 131, 300}, dtype, a_log);
        const Tensor expected = definition(in);
        for (const DeltaForm form : kForms) CHECK(rel_err(forward(in, form), expected) < tolerance);
      }
}

TEST_CASE("gated_delta_rule: with the layer's norms and gates, the numbers of transformers") {
  // torch_recurrent_gated_delta_rule of transformers 5.17's qwen3_5, with use_qk_l2norm_in_kernel.
  const std::vector<float> q{-1.9f, 0.4f, -0.3f, -1.1f, 0.6f, 0.9f};
  const std::vector<float> k{0.7f, 1.4f, -0.8f, -1.9f, 1.0f, -1.5f};
  const std::vector<float> v{-0.3f, 1.3f,  -1.0f, 1.2f, 1.5f, 1.7f, 0.3f,  -1.9f, -0.7f,
                             0.1f,  -1.5f, 0.2f,  0.6f, 1.3f, 1.7f, -1.3f, 0.6f,  -1.6f};
  const std::vector<float> a{0.6f, -0.7f, -0.1f, 0.8f, -0.6f, -1.0f};
  const std::vector<float> b{-0.2f, 1.2f, -1.2f, 1.8f, -2.0f, -0.9f};
  const std::vector<float> o{0.02419446f, -0.1048426f, 0.08064819f, -0.1652194f, -0.2065242f,
                             -0.2340608f, 0.1189686f,  -0.6128792f, 0.1207405f,  -0.006521799f,
                             -0.9855934f, 0.02584841f, -0.1349295f, 0.5510134f,  -0.1772395f,
                             0.120172f,   0.8187727f,  0.1209676f};
  const std::vector<float> state{-0.03929425f, 0.4863503f,  0.01408253f, -0.2031399f,
                                 0.6123095f,   -0.3106377f, -0.1674799f, 0.7646869f,
                                 -0.2206744f,  0.3159065f,  0.8818552f,  0.3527218f};
  std::vector<float> qkv;
  for (size_t t = 0; t < 3; ++t) {
    qkv.insert(qkv.end(), q.begin() + 2 * t, q.begin() + 2 * t + 2);
    qkv.insert(qkv.end(), k.begin() + 2 * t, k.begin() + 2 * t + 2);
    qkv.insert(qkv.end(), v.begin() + 6 * t, v.begin() + 6 * t + 6);
  }
  const auto [qn, kn, vn] = split_l2_norm(Var(Tensor::of(qkv, {3, 10})), {1, 2, 2, 3});
  const auto [g, beta] = delta_gates(Var(Tensor::of(a, {3, 2})), Var(Tensor::of(b, {3, 2})),
                                     Var(Tensor::of(std::vector<float>{-1.9f, -1.7f}, {2})),
                                     Var(Tensor::of(std::vector<float>{-1.8f, 0.3f}, {2})));
  for (const DeltaForm form : kForms) {
    const auto out = kernels::gated_delta_rule_forward(
        {qn.value(), kn.value(), vn.value(), g.value(), beta.value(), documents({0, 3}), Tensor()},
        form, true);
    CHECK(rel_err(out.o, Tensor::of(o, {3, 2, 3})) < 1e-6);
    CHECK(rel_err(out.final_state, Tensor::of(state, {1, 2, 2, 3})) < 1e-6);
  }
}

TEST_CASE("gated_delta_rule: the chunked form equals the recurrent one, gradients included") {
  for (const auto& [dtype, tolerance] : {std::pair{DType::f64, 1e-10}, {DType::f32, 1e-4}})
    for (const int64_t G : {1, 2, 3})
      for (const double a_log : {-3.0, 2.7}) {
        const DeltaRuleInput in = inputs({2, 2 * G, 17, 9}, {0, 300}, dtype, a_log);
        CHECK(rel_err(forward(in, DeltaForm::chunked), forward(in, DeltaForm::recurrent)) <
              tolerance);
        const auto chunked = named(backward(in, DeltaForm::chunked));
        const auto recurrent = named(backward(in, DeltaForm::recurrent));
        for (size_t i = 0; i < chunked.size(); ++i)
          CHECK_MESSAGE(rel_err(chunked[i].second, recurrent[i].second) < tolerance,
                        chunked[i].first);
      }
}

TEST_CASE("gated_delta_rule: chunked gradients in f32 are those of double precision") {
  for (const double a_log : {-3.0, 0.0, 2.7}) {
    const DeltaRuleInput in = inputs({2, 4, 33, 17}, {0, 300}, DType::f32, a_log);
    const auto narrow = named(backward(in, DeltaForm::chunked));
    const auto wide = named(backward(cast_inputs(in, DType::f64), DeltaForm::recurrent));
    for (size_t i = 0; i < narrow.size(); ++i)
      CHECK_MESSAGE(rel_err(narrow[i].second, wide[i].second) < 1e-5, narrow[i].first);
  }
}

// The op with gradients to every input; v is column 1 onwards of a wider matrix.
std::vector<Var> op_on_strided_v(std::span<const Var> x, const Tensor& cu_seqlens, DeltaForm form) {
  const Tensor wide = x[2].value();
  const Var v =
      record({x[2]}, wide.narrow(2, 1, wide.dim(2) - 1), [wide, g = x[2].grad()](const Tensor& dv) {
        const Tensor d = Tensor::zeros_like(wide);
        kernels::cast_into(dv, d.narrow(2, 1, wide.dim(2) - 1), false);
        g->add(d);
      });
  return {gated_delta_rule(x[0], x[1], v, x[3], x[4], cu_seqlens, form)};
}

TEST_CASE("gradcheck: gated_delta_rule") {
  struct Case {
    kernels::DeltaHeads heads;
    std::vector<int32_t> at;
  };
  for (const Case& c : {Case{{1, 1, 1, 1}, {0, 1}}, Case{{1, 1, 3, 2}, {0, 17}},
                        Case{{2, 4, 2, 3}, {0, 5, 5, 6, 9}}, Case{{1, 3, 2, 1}, {0, 3, 7}},
                        Case{{1, 1, 2, 1}, {0, 66, 70}}, Case{{1, 2, 1, 1}, {0, 130}}})
    for (const DeltaForm form : kForms) {
      const DeltaRuleInput in = inputs(c.heads, c.at, DType::f64, -1);
      const Tensor wide_v =
          random_f64({c.at.back(), c.heads.value_heads, c.heads.value_dim + 1}, "wide_v");
      const auto r =
          gradcheck([&](std::span<const Var> x) { return op_on_strided_v(x, in.cu_seqlens, form); },
                    {in.q, in.k, wide_v, in.g, in.beta});
      CHECK_MESSAGE(r.worst < 1e-7, (in.v.shape().str() + ": " + r.where));
    }
}

TEST_CASE("gated_delta_rule: gradients of and through the states") {
  for (const DeltaForm form : kForms) {
    DeltaRuleInput in = inputs({1, 2, 3, 2}, {0, 4, 4, 70}, DType::f64, -2);
    const auto r = gradcheck(
        [&](std::span<const Var> x) {
          in.v = x[0].value();
          in.initial_state = x[1].value();
          const auto out = kernels::gated_delta_rule_forward(in, form, true);
          return record({x[0], x[1]}, {out.o, out.final_state},
                        [in, form, gv = x[0].grad(), gs = x[1].grad()](std::span<const Tensor> dy) {
                          const auto d = kernels::gated_delta_rule_backward(
                              dy[0].defined() ? dy[0] : Tensor::zeros_like(in.v), dy[1], in, form);
                          gv->add(d.dv);
                          gs->add(d.dinitial_state);
                        });
        },
        {in.v, random_f64({3, 2, 3, 2}, "state")});
    CHECK_MESSAGE(r.worst < 1e-7, r.where);
  }
}

TEST_CASE("gated_delta_rule: packed documents give what each gives alone, to the bit") {
  // A slow decay: what leaked from one document would still be there in the next.
  const std::vector<int32_t> at{0, 1, 64, 64, 128, 193, 323, 323};
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const DeltaForm form : kForms) {
      const DeltaRuleInput packed = inputs({2, 4, 16, 8}, at, dtype, -3);
      const Tensor o = forward(packed, form);
      const Tensor grad_o = random_tensor(o.shape(), dtype, "grad_o");
      const auto grads = named(kernels::gated_delta_rule_backward(grad_o, Tensor(), packed, form));
      for (size_t s = 0; s + 1 < at.size(); ++s) {
        const DeltaRuleInput one = alone(packed, at, s);
        CHECK(same_bits(o.rows(at[s], at[s + 1]), forward(one, form)));
        const auto expected = named(
            kernels::gated_delta_rule_backward(grad_o.rows(at[s], at[s + 1]), Tensor(), one, form));
        for (size_t i = 0; i < grads.size(); ++i)
          CHECK_MESSAGE(same_bits(grads[i].second.rows(at[s], at[s + 1]), expected[i].second),
                        grads[i].first);
      }
      // The check above can fail: one long document is something else.
      DeltaRuleInput joined = packed;
      joined.cu_seqlens = documents({0, at.back()});
      CHECK(rel_err(forward(joined, form), o) > 0.1);
    }
}

TEST_CASE("gated_delta_rule: a document may be cut anywhere and continued from its state") {
  const std::vector<int32_t> whole{0, 200};
  const DeltaRuleInput in = inputs({1, 2, 16, 8}, whole, DType::f64, -3);
  for (const DeltaForm form : kForms) {
    const auto all = kernels::gated_delta_rule_forward(in, form, true);
    Tensor state;
    for (const std::vector<int32_t>& part :
         {std::vector<int32_t>{0, 90}, {90, 90}, {90, 198}, {198, 199}, {199, 200}}) {
      DeltaRuleInput piece = alone(in, part, 0);
      piece.initial_state = state;
      const auto out = kernels::gated_delta_rule_forward(
          piece, part[1] - part[0] == 1 ? DeltaForm::recurrent : form, true);
      if (part[1] > part[0]) CHECK(rel_err(out.o, all.o.rows(part[0], part[1])) < 1e-12);
      state = out.final_state;
    }
    CHECK(rel_err(state, all.final_state) < 1e-12);
  }
}

TEST_CASE("gated_delta_rule: decays so strong that e^-gamma would overflow are harmless") {
  DeltaRuleInput in = inputs({1, 2, 8, 4}, {0, 150}, DType::f32);
  for (int64_t i = 0; i < in.g.numel(); ++i)
    in.g.data<float>()[i] = i % 5 == 0 ? -200.0f : -0.01f;  // a sum of -2,560 in a chunk
  CHECK(rel_err(forward(in, DeltaForm::chunked), definition(in)) < 2e-6);
  const auto narrow = named(backward(in, DeltaForm::chunked));
  const auto wide = named(backward(cast_inputs(in, DType::f64), DeltaForm::recurrent));
  for (size_t i = 0; i < narrow.size(); ++i)
    CHECK_MESSAGE(rel_err(narrow[i].second, wide[i].second) < 1e-5, narrow[i].first);
}

TEST_CASE("gated_delta_rule: the same bits on any number of threads") {
  const DeltaRuleInput in = inputs({2, 4, 16, 8}, {0, 100, 100, 130, 300}, DType::f32);
  for (const DeltaForm form : kForms) {
    std::vector<Tensor> results[2];
    for (int run = 0; run < 2; ++run) {
      kernels::set_num_threads(run == 0 ? 1 : 3);
      results[run] = {forward(in, form)};
      for (const auto& [name, grad] : named(backward(in, form))) results[run].push_back(grad);
    }
    for (size_t i = 0; i < results[0].size(); ++i) CHECK(same_bits(results[0][i], results[1][i]));
  }
}

TEST_CASE("gated_delta_rule: on the meta device shapes come out and nothing runs") {
  const auto t = [](const Shape& s, DType d) { return Tensor::empty(s, d, kMeta); };
  const DeltaRuleInput in{t({90, 2, 8}, DType::bf16),
                          t({90, 2, 8}, DType::bf16),
                          t({90, 4, 6}, DType::bf16),
                          t({90, 4}, DType::f32),
                          t({90, 4}, DType::f32),
                          t({5}, DType::i32),
                          Tensor()};
  const auto out = kernels::gated_delta_rule_forward(in, DeltaForm::chunked, true);
  CHECK(out.o.shape() == Shape{90, 4, 6});
  CHECK(out.final_state.shape() == Shape{4, 4, 8, 6});
  CHECK(kernels::gated_delta_rule_backward(out.o, Tensor(), in, DeltaForm::chunked).dq.shape() ==
        in.q.shape());
}

TEST_CASE("gated_delta_rule: bad operands are refused with both shapes named") {
  const DeltaRuleInput good = inputs({2, 4, 8, 6}, {0, 5}, DType::f32);
  const auto refused = [&](auto change, const char* message) {
    DeltaRuleInput bad = good;
    change(bad);
    CHECK_THROWS_WITH_AS(forward(bad, DeltaForm::chunked), doctest::Contains(message), Error);
  };
  refused(
      [](auto& x) {
        x.v = random_tensor({5, 3, 6}, DType::f32, "v");
      },
      "3 value heads are not a multiple of 2 key heads");
  refused(
      [](auto& x) {
        x.k = random_tensor({5, 2, 7}, DType::f32, "k");
      },
      "q [5, 2, 8], k [5, 2, 7]");
  refused(
      [](auto& x) {
        x.beta = random_tensor({5, 2}, DType::f32, "b");
      },
      "gate [5, 2] float32 must be [5, 4] float32");
  refused([](auto& x) { x.q = kernels::cast(x.q, DType::bf16); }, "q is bfloat16, k float32");
  refused([](auto& x) { x.cu_seqlens = documents({0, 6}); }, "number of rows, 5");
  refused(
      [](auto& x) {
        x.initial_state = random_tensor({1, 2, 8, 6}, DType::f32, "s");
      },
      "initial state [1, 2, 8, 6] float32 must be [1, 4, 8, 6] float32");
}

TEST_CASE("cuda: gated_delta_rule matches the CPU") {
  if (!test::have_gpu()) return;
  struct GpuCase {
    kernels::DeltaHeads heads;
    std::vector<int32_t> at;
    double a_log;
  };
  const GpuCase cases[] = {{{1, 1, 1, 1}, {0, 1}, -3},
                           {{2, 4, 17, 5}, {0, 1, 1, 64, 130, 193}, -3},
                           {{1, 3, 32, 48}, {0, 63, 150, 150}, 0},
                           {{2, 4, 128, 128}, {0, 200, 264}, 1},
                           {{1, 3, 128, 128}, {0, 1, 1, 64, 130, 193}, -3},
                           {{2, 2, 128, 128}, {0, 500}, 0},
                           {{1, 2, 64, 64}, {0, 1, 130}, -3},
                           {{2, 2, 32, 32}, {0, 77, 300}, 0},
                           {{1, 2, 64, 128}, {0, 500}, -3}};
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16})
    for (const GpuCase& c : cases)
      for (const DeltaForm form : kForms)
        for (const bool with_state : {false, true}) {
          const DeltaRuleInput in = inputs(c.heads, c.at, dtype, c.a_log);
          const Shape states = {static_cast<int64_t>(c.at.size()) - 1, c.heads.value_heads,
                                c.heads.key_dim, c.heads.value_dim};
          const Tensor state =
              with_state ? random_tensor(states, in.g.dtype(), "state", 0.1) : Tensor();
          const auto run = [&](const std::vector<Tensor>& t) {
            const DeltaRuleInput x{t[0], t[1], t[2], t[3], t[4], t[5], t[6]};
            const auto out = kernels::gated_delta_rule_forward(x, form, with_state);
            const auto d = kernels::gated_delta_rule_backward(t[7], t[6], x, form);
            return std::vector<Tensor>{out.o,   out.final_state, d.dq, d.dk, d.dv, d.dg,
                                       d.dbeta, d.dinitial_state};
          };
          // Sums of hundreds of products, in other orders: what reliability asks of this op.
          test::check_gpu_matches(std::to_string(c.at.back()) + " rows in " + name_of(dtype) +
                                      (form == DeltaForm::chunked ? ", chunked" : ", recurrent"),
                                  {in.q, in.k, in.v, in.g, in.beta, in.cu_seqlens, state,
                                   random_tensor(in.v.shape(), dtype, "do")},
                                  run, dtype == DType::f32 ? 30 : 8);
        }
}

}  // namespace
}  // namespace hone
