// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
#include "train/result_svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace hone {
namespace {

// Pixels.
constexpr double kWidth = 720, kHeight = 360;
constexpr double kLeft = 60, kRight = 660, kTop = 44, kBottom = 310;
constexpr size_t kMaxPoints = 600;  // no more than pixels across

constexpr const char* kLossColor = "#2563a8";
constexpr const char* kEvalColor = "#3a9a6b";
constexpr const char* kMatchColor = "#d3611d";

std::string printed(const char* format, double x) {
  std::array<char, 32> buffer = {};
  std::snprintf(buffer.data(), buffer.size(), format, x);
  return buffer.data();
}

std::string px(double x) { return printed("%.1f", x); }

// 1, 2 or 5 times a power of ten, so that `range` has about five of them.
double tick_distance(double range) {
  constexpr double kTicks = 5;
  const double raw = range / kTicks;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power) return factor * power;
  return 10 * power;
}

struct Axis {
  double high, low_pixel, high_pixel;  // the low end is 0
  double at(double x) const {
    return low_pixel + std::clamp(x / high, 0.0, 1.0) * (high_pixel - low_pixel);
  }
};

std::string text(double x, double y, const char* anchor, const char* color,
                 const std::string& words) {
  return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + anchor + "\" fill=\"" +
         color + "\">" + words + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const char* color) {
  return "<line x1=\"" + px(x1) + "\" y1=\"" + px(y1) + "\" x2=\"" + px(x2) + "\" y2=\"" + px(y2) +
         "\" stroke=\"" + color + "\"/>\n";
}

// At most kMaxPoints, each the mean of as many neighbours.
std::vector<CurvePoint> thinned(const std::vector<CurvePoint>& curve) {
  const size_t each = (curve.size() + kMaxPoints - 1) / kMaxPoints;
  if (each <= 1) return curve;
  std::vector<CurvePoint> points;
  for (size_t begin = 0; begin < curve.size(); begin += each) {
    const size_t end = std::min(curve.size(), begin + each);
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += curve[i].value;
    points.push_back({curve[end - 1].step, sum / static_cast<double>(end - begin)});
  }
  return points;
}

std::string curve(const std::vector<CurvePoint>& points, const Axis& x, const Axis& y,
                  const char* color, bool dots) {
  if (points.empty()) return "";
  std::string path, circles;
  for (const CurvePoint& p : points) {
    const std::string at_x = px(x.at(static_cast<double>(p.step))), at_y = px(y.at(p.value));
    path += (path.empty() ? "" : " ") + at_x + "," + at_y;
    if (dots)
      circles +=
          "<circle cx=\"" + at_x + "\" cy=\"" + at_y + "\" r=\"3\" fill=\"" + color + "\"/>\n";
  }
  return "<polyline points=\"" + path + "\" fill=\"none\" stroke=\"" + color +
         "\" stroke-width=\"1.6\" stroke-linejoin=\"round\"/>\n" + circles;
}

double highest(const std::vector<CurvePoint>& points) {
  double high = 0;
  for (const CurvePoint& p : points) high = std::max(high, p.value);
  return high;
}

}  // namespace

std::string result_svg(const RunCurves& c) {
  const std::vector<CurvePoint> loss = thinned(c.loss);
  const double steps = static_cast<double>(std::max<int64_t>(
      {1, loss.empty() ? 0 : loss.back().step, c.eval_loss.empty() ? 0 : c.eval_loss.back().step}));
  const double top = std::max({highest(loss), highest(c.eval_loss), 1e-6});
  const double loss_tick = tick_distance(top), step_tick = std::max(1.0, tick_distance(steps));
  const Axis x = {steps, kLeft, kRight};
  const Axis y = {std::ceil(top / loss_tick) * loss_tick, kBottom, kTop};
  const Axis match = {1, kBottom, kTop};

  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                    printed("%.0f", kWidth) + printed(" %.0f", kHeight) +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  for (int i = 0; i * loss_tick <= y.high * (1 + 1e-9); ++i) {
    const double at = y.at(i * loss_tick);
    svg += line(kLeft, at, kRight, at, "#e4e4e4");
    svg += text(kLeft - 8, at + 4, "end", kLossColor, printed("%g", i * loss_tick));
  }
  for (int i = 0; i * step_tick <= steps; ++i)
    svg +=
        text(x.at(i * step_tick), kBottom + 18, "middle", "#444444", printed("%g", i * step_tick));
  svg += text((kLeft + kRight) / 2, kBottom + 38, "middle", "#444444", "step");
  svg += text(kLeft - 8, kTop - 18, "start", kLossColor, "training loss");
  if (!c.eval_loss.empty())
    svg += text(kLeft + 92, kTop - 18, "start", kEvalColor, "held-out loss");
  if (!c.exact_match.empty()) {
    constexpr int kQuarters = 4;
    for (int i = 0; i <= kQuarters; ++i)
      svg += text(kRight + 8, match.at(0.25 * i) + 4, "start", kMatchColor,
                  std::to_string(25 * i) + " %");
    svg += text(kRight + 8, kTop - 18, "end", kMatchColor, "exact match of held-out answers");
  }
  svg += curve(loss, x, y, kLossColor, /*dots=*/false);
  svg += curve(c.eval_loss, x, y, kEvalColor, /*dots=*/true);
  svg += curve(c.exact_match, x, match, kMatchColor, /*dots=*/true);
  return svg + line(kLeft, kBottom, kRight, kBottom, "#444444") + "</svg>\n";
}

}  // namespace hone
