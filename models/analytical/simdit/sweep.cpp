#include "models/analytical/simdit/sweep.h"

#include <algorithm>
#include <tuple>

namespace systole::simdit {

namespace {

/// Everything that a layer's cost depends on.
auto key(const PlacedLayer& placed) {
  const Layer& l = placed.layer;
  return std::make_tuple(l.operation, l.batch, l.in_channels, l.out_channels, l.out_height, l.out_width,
                         l.kernel_height, l.kernel_width, l.stride, placed.fusion.input, placed.fusion.output,
                         !on_array(l.operation) && placed.feeds_array);
}

}  // namespace

Sweep::Sweep(const std::vector<Layer>& program, bool fused) {
  for (const PlacedLayer& layer : placed_layers(program, fused)) {
    std::vector<Item>& items = on_array(layer.layer.operation) ? array_ : simd_;
    const auto known =
        std::find_if(items.begin(), items.end(), [&](const Item& item) { return key(item.layer) == key(layer); });
    if (known == items.end()) {
      items.push_back({layer, 1});
    } else {
      known->count += 1;
    }
  }
}

std::optional<double> Sweep::cycles(const Machine& m) const {
  double sum = 0;
  for (const Item& item : array_) {
    const auto tile = find_array_tile(item.layer.layer, m);
    if (!tile) return std::nullopt;
    sum += item.count * array_layer_cycles(item.layer.layer, *tile, m, item.layer.fusion);
  }
  for (const Item& item : simd_) {
    const auto tile = find_simd_tile(item.layer.layer, m);
    if (!tile) return std::nullopt;
    sum += item.count *
           simd_layer_cost(item.layer.layer, *tile, m, output_bits(item.layer, m), item.layer.fusion).cycles();
  }
  return sum;
}

std::optional<Sweep::Counted> Sweep::count(const Machine& m, double weight) const {
  Counted sum;
  for (const std::vector<Item>* items : {&array_, &simd_}) {
    for (const Item& item : *items) {
      const std::optional<Cost> cost = item_cost(item.layer, m);
      if (!cost) return std::nullopt;
      sum.cycles += weight * item.count * cost->cycles();
      sum.work += work_of(item.layer.layer, *cost, m, weight * item.count);
    }
  }
  return sum;
}

std::optional<Cost> item_cost(const PlacedLayer& placed, const Machine& m) {
  if (on_array(placed.layer.operation)) {
    const auto tile = find_array_tile(placed.layer, m);
    if (!tile) return std::nullopt;
    return array_layer_cost(placed.layer, *tile, m, placed.fusion);
  }
  const auto tile = find_simd_tile(placed.layer, m);
  if (!tile) return std::nullopt;
  return simd_layer_cost(placed.layer, *tile, m, output_bits(placed, m), placed.fusion);
}

}  // namespace systole::simdit
