// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// Router, experts and load-balancing loss together, against what transformers 5.17 computes in
// float64 (Qwen3_5MoeTopKRouter, Qwen3_5MoeExperts, load_balancing_loss_func). Its router's softmax
// is float32, so the two agree to about 1e-7.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/linear.h"
#include "autograd/ops/load_balancing_loss.h"
#include "autograd/ops/moe_experts.h"
#include "autograd/ops/moe_route.h"
#include "autograd/tape.h"
#include "tests/support/compare.h"

namespace hone {
namespace {

using test::rel_err;

// Numbers that the other side can make too.
Tensor wave(const Shape& shape, double salt, double scale) {
  std::vector<double> v;
  for (int64_t i = 0; i < shape.numel(); ++i)
    v.push_back(scale * std::sin(0.7 * static_cast<double>(i * i % 101) + salt));
  return Tensor::of(v, shape);
}

double norm(const Tensor& t) {
  double sum = 0;
  for (const double v : t.to_vector<double>()) sum += v * v;
  return std::sqrt(sum);
}

TEST_CASE("moe block: routing, output and gradients equal transformers'") {
  const int64_t N = 6, C = 5, I = 3, E = 4, K = 2;
  const Var x(wave({N, C}, 1, 1), true), router(wave({E, C}, 2, 1), true),
      gate_up(wave({E, 2 * I, C}, 3, 0.5), true), down(wave({E, C, I}, 4, 0.5), true);
  Tape tape;
  const Var logits = linear(x, Weight(router));
  const MoeRoute route = moe_route(logits, K, true);
  const Var y = moe_experts(x, route.weights, kernels::moe_sort(route.ids, E), Weight(gate_up),
                            nullptr, Weight(down), nullptr);
  tape.backward(y, wave({N, C}, 5, 1));

  CHECK(route.ids.to_vector<int32_t>() == std::vector<int32_t>{0, 1, 1, 0, 3, 2, 3, 1, 3, 1, 2, 3});
  const std::vector<double> expected_weights = {
      0.59824317693710327, 0.40175682306289673, 0.53723496198654175, 0.46276509761810303,
      0.65874475240707397, 0.34125521779060364, 0.83871287107467651, 0.16128711402416229,
      0.72197842597961426, 0.27802151441574097, 0.57390475273132324, 0.42609524726867676};
  CHECK(rel_err(route.weights.value(), Tensor::of(expected_weights, {N, K})) < 1e-6);
  const std::vector<double> expected_y = {
      -0.095092213004977846, 0.0084227370670844834,  0.0098564763823130973, -0.048958663674433883,
      0.018504475736343767,  0.032806486996639052,   0.0174981729033175,    0.048460107680067699,
      0.063665391469628047,  -0.059913837626557949,  -0.074634096972946026, -0.015745188311797796,
      -0.065053272736721623, -0.069370654065699783,  -0.017224866560854694, 0.0020860399297559125,
      0.010864046971467813,  -0.0035840114995117703, 0.035057653925130008,  -0.030344730878195121,
      -0.093047170681633679, -0.1152533644409966,    -0.10052278342364823,  -0.12673314747935804,
      -0.036878226156781907, -0.016194277093703593,  -0.042786147597869494, 0.0045041197836832789,
      0.04272623197254536,   0.025366470841744735};
  CHECK(rel_err(y.value(), Tensor::of(expected_y, {N, C})) < 1e-6);
  const std::vector<double> expected_dx = {
      0.027430841740598715,  0.064846961601327205, -0.035496113712684046, 0.10852773132527137,
      -0.02743527016210796,  0.020223452530418719, -0.11244741453699975,  -0.35148255007447837,
      0.045092893655020561,  -0.13754469498499974, 0.10762973103201112,   -0.017897104049835719,
      -0.031296660840527679, 0.082139380209241594, 0.018428425830463911,  0.023056668979687629,
      0.021274738144418145,  0.020430513179437559, -0.098719913586533189, -0.027804676308290026,
      0.046288963015307938,  0.38614120190464024,  0.53053006244869594,   -0.09626533165189502,
      -0.3410746248742994,   0.10999747057244916,  -0.16098878549186779,  0.074308895394808283,
      0.011690009656545942,  -0.076634452142734066};
  CHECK(rel_err(x.grad()->value(), Tensor::of(expected_dx, {N, C})) < 1e-6);
  const std::vector<double> expected_drouter = {
      -0.024066199356281272, 0.033359042014269272,  -0.027128459601290501,  0.039149823091824403,
      0.047268859967980581,  0.053055419583441635,  -0.10367268654120022,   0.016639987954244557,
      0.0092228148604862753, -0.058888457345542336, 0.012089694334245903,   -0.0099786860839396231,
      -0.010097035092607485, -0.011955217851663563, -0.0092370255678212686, -0.041078916436799104,
      0.080292334120160402,  0.020585509110791031,  -0.036417422079184122,  0.02085662600412538};
  CHECK(rel_err(router.grad()->value(), Tensor::of(expected_drouter, {E, C})) < 1e-6);
  CHECK(norm(gate_up.grad()->value()) == doctest::Approx(1.3746733660544945).epsilon(1e-6));
  CHECK(norm(down.grad()->value()) == doctest::Approx(0.584134436328307).epsilon(1e-6));
}

TEST_CASE("moe block: the load-balancing loss equals transformers', with and without padding") {
  const std::vector<Var> logits = {Var(wave({5, 4}, 6, 2)), Var(wave({5, 4}, 7, 2))};
  std::vector<Tensor> ids;
  for (const Var& layer : logits) ids.push_back(moe_route(layer, 2, true).ids);
  const auto loss = [&](int32_t end) {
    const Tensor counted = Tensor::of(std::vector<int32_t>{0, end}, {2});
    return load_balancing_loss(logits, ids, counted).value().item<double>();
  };
  CHECK(loss(5) == doctest::Approx(2.1889245510101318).epsilon(1e-6));
  CHECK(loss(4) == doctest::Approx(2.181908130645752).epsilon(1e-6));
}

}  // namespace
}  // namespace hone
