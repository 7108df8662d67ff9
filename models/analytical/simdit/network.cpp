#include "models/analytical/simdit/network.h"

#include <fmt/format.h>

#include "base/errors.h"
#include "models/analytical/simdit/simd_layers.h"

namespace systole::simdit {
namespace {

bool may_join(Operation array, Operation simd) {
  if (array == Operation::gemm) return simd == Operation::sgd;
  return simd == Operation::relu || simd == Operation::elem_add || simd == Operation::mean_var ||
         simd == Operation::sgd;
}

std::vector<Fusion> join_neighbours(const std::vector<Layer>& program) {
  std::vector<Fusion> fusion(program.size());
  std::size_t previous = program.size();
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (program[i].operation == Operation::ignored) continue;
    if (previous < i && on_array(program[previous].operation) && !on_array(program[i].operation)) {
      if (!may_join(program[previous].operation, program[i].operation)) {
        throw UserError(Diagnostic{"", 0, 0,
                                   fmt::format("SimDIT's fusion has no rule for '{}' followed by '{}'",
                                               program[previous].name, program[i].name),
                                   "use --no-fusion with --model simdit"});
      }
      fusion[previous].output = true;
      fusion[i].input = true;
    }
    previous = i;
  }
  return fusion;
}

}  // namespace

std::vector<PlacedLayer> placed_layers(const std::vector<Layer>& program, bool fused) {
  const std::vector<Fusion> fusion = fused ? join_neighbours(program) : std::vector<Fusion>(program.size());
  std::vector<PlacedLayer> placed;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (program[i].operation == Operation::ignored) continue;
    placed.push_back({program[i], fusion[i], i + 1 < program.size() && on_array(program[i + 1].operation)});
  }
  return placed;
}

std::int64_t output_bits(const PlacedLayer& layer, const Machine& m) {
  return layer.feeds_array ? m.activation_bits : m.accumulator_bits;
}

std::vector<Cost> network_cost(const std::vector<Layer>& program, const Machine& m, bool fused,
                               const Corrections& corrections) {
  const std::vector<PlacedLayer> placed = placed_layers(program, fused);
  std::vector<Cost> costs;
  costs.reserve(program.size());
  auto next = placed.begin();
  for (const Layer& row : program) {
    if (row.operation == Operation::ignored) {
      costs.emplace_back();
      continue;
    }
    const Layer& layer = next->layer;
    costs.push_back(on_array(layer.operation)
                        ? array_layer_cost(layer, tile_array_layer(layer, m), m, next->fusion, corrections)
                        : simd_layer_cost(layer, tile_simd_layer(layer, m), m, output_bits(*next, m), next->fusion));
    ++next;
  }
  return costs;
}

}  // namespace systole::simdit
