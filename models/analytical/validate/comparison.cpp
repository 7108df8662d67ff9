#include "models/analytical/validate/comparison.h"

#include <fmt/format.h>

#include <cmath>

#include "base/errors.h"

namespace systole::validation {

namespace {

/// The layer that the block is counted for; -1 when it names none.
int layer_of(const isa::EncodedBlock& block) {
  if (block.array_layer() >= 0) return block.array_layer();
  for (const int layer : block.nest_layers()) {
    if (layer >= 0) return layer;
  }
  for (const int layer : block.stream_layers()) {
    if (layer >= 0) return layer;
  }
  return -1;
}

std::string op_with_fused(const isa::Program& program, int leader) {
  int fused = 0;
  for (const isa::LayerInfo& layer : program.layers()) {
    if (layer.unit() != isa::LayerInfo::none && layer.index() != leader &&
        leader_of(program, layer.index()) == leader) {
      ++fused;
    }
  }
  const std::string& op = program.layers(leader).op();
  return fused == 0 ? op : fmt::format("{} +{}", op, fused);
}

/// 2^16: a double holds multiples of its inverse exactly up to 10^11 cycles.
constexpr double kGrid = 65536;

std::vector<ModelCycles> on_grid(std::vector<ModelCycles> rungs) {
  for (ModelCycles& rung : rungs) {
    for (double& cycles : rung) cycles = std::round(cycles * kGrid) / kGrid;
  }
  return rungs;
}

double relative(double analytical, std::int64_t cycle) {
  return (analytical - static_cast<double>(cycle)) / static_cast<double>(cycle);
}

/// Sums up what `causes_of` says of every layer that takes any time.
template <typename CausesOf>
Validation collect(const isa::Program& program, const MachineCycles& cycle, const ModelCycles& analytical,
                   CausesOf&& causes_of) {
  Validation result;
  result.model = program.model();
  result.hardware = program.machine();
  result.batch = program.batch();
  int counted = 0;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (cycle[i] == 0 && analytical[i] == 0) continue;
    LayerComparison layer;
    layer.name = program.layers(static_cast<int>(i)).name();
    layer.op = op_with_fused(program, static_cast<int>(i));
    layer.cycle = cycle[i];
    layer.analytical = analytical[i];
    if (layer.cycle > 0) {
      layer.error = relative(layer.analytical, layer.cycle);
      result.mean_absolute_error += std::abs(*layer.error);
      ++counted;
    }
    layer.causes = causes_of(i);
    if (result.causes.empty()) {
      for (const auto& cause : layer.causes) result.causes.emplace_back(cause.first, 0.0);
    }
    for (std::size_t c = 0; c < layer.causes.size(); ++c) result.causes[c].second += layer.causes[c].second;
    result.cycle += layer.cycle;
    result.analytical += layer.analytical;
    result.layers.push_back(std::move(layer));
  }
  if (counted > 0) result.mean_absolute_error /= counted;
  if (result.cycle > 0) result.total_error = relative(result.analytical, result.cycle);
  return result;
}

template <typename Time>
std::vector<Time> by_layer(const isa::Program& program, const std::vector<Time>& block_ends) {
  check(static_cast<int>(block_ends.size()) == program.blocks_size(), "validate", "a time for each block");
  std::vector<Time> cycles(static_cast<std::size_t>(program.layers_size()), 0);
  Time before = 0;
  for (int b = 0; b < program.blocks_size(); ++b) {
    const Time end = block_ends[static_cast<std::size_t>(b)];
    const int layer = layer_of(program.blocks(b));
    check(layer >= 0, "validate", "a block that belongs to no layer");
    cycles[static_cast<std::size_t>(leader_of(program, layer))] += end - before;
    before = end;
  }
  return cycles;
}

}  // namespace

int leader_of(const isa::Program& program, int layer) {
  const int into = program.layers(layer).fused_into();
  return into < 0 ? layer : leader_of(program, into);
}

MachineCycles cycles_by_layer(const isa::Program& program, const std::vector<std::int64_t>& block_ends) {
  return by_layer(program, block_ends);
}

ModelCycles cycles_by_layer(const isa::Program& program, const std::vector<double>& block_ends) {
  return by_layer(program, block_ends);
}

Validation compare(const isa::Program& program, const std::vector<std::string>& causes,
                   const std::vector<MachineCycles>& cycle, const std::vector<ModelCycles>& modelled) {
  check(causes.size() + 1 == cycle.size() && cycle.size() == modelled.size(), "validate", "a run of both on each rung");
  const std::vector<ModelCycles> analytical = on_grid(modelled);
  return collect(program, cycle.front(), analytical.front(), [&](std::size_t layer) {
    Named<double> result;
    for (std::size_t step = 0; step < causes.size(); ++step) {
      const std::int64_t cycle_step = cycle[step][layer] - cycle[step + 1][layer];
      const double analytical_step = analytical[step][layer] - analytical[step + 1][layer];
      result.emplace_back(causes[step], static_cast<double>(cycle_step) - analytical_step);
    }
    result.emplace_back("model", static_cast<double>(cycle.back()[layer]) - analytical.back()[layer]);
    return result;
  });
}

Validation compare_with_faults(const isa::Program& program, const std::vector<std::string>& causes,
                               const std::vector<MachineCycles>& cycle, const std::vector<std::string>& faults,
                               const std::vector<ModelCycles>& published, const std::string& last_cause) {
  check(causes.size() + 1 == cycle.size() && faults.size() + 1 == published.size(), "validate", "a run on each rung");
  const std::vector<ModelCycles> steps = on_grid(published);
  return collect(program, cycle.front(), steps.front(), [&](std::size_t layer) {
    Named<double> result;
    for (std::size_t step = 0; step < causes.size(); ++step) {
      result.emplace_back(causes[step], static_cast<double>(cycle[step][layer] - cycle[step + 1][layer]));
    }
    for (std::size_t step = 0; step < faults.size(); ++step) {
      result.emplace_back(faults[step], steps[step + 1][layer] - steps[step][layer]);
    }
    result.emplace_back(last_cause, static_cast<double>(cycle.back()[layer]) - steps.back()[layer]);
    return result;
  });
}

}  // namespace systole::validation
