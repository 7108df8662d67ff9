#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isa/program.pb.h"
#include "traces/results.h"

/// The cycle-level machine and an analytical model, layer by layer, with the causes of every difference.
namespace systole::validation {

struct LayerComparison {
  std::string name;
  std::string op;  ///< with `+n` when n layers are fused into it
  std::int64_t cycle = 0;
  double analytical = 0;
  std::optional<double> error;  ///< (analytical - cycle) / cycle; nothing when cycle is 0
  Named<double> causes;         ///< cycles of (cycle - analytical) by cause: they sum to it
};

struct Validation {
  std::string model, analytical_model, hardware, memory;
  std::int64_t batch = 1;
  std::vector<LayerComparison> layers;  ///< their cycles sum to the run's
  std::int64_t cycle = 0;
  double analytical = 0;
  double mean_absolute_error = 0;  ///< over layers that take any time
  double total_error = 0;
  Named<double> causes;
};

/// Cycles by layer index: the machine's, and a model's, which may have fractions.
using MachineCycles = std::vector<std::int64_t>;
using ModelCycles = std::vector<double>;

/// Cycles of every layer that leads a block, by layer index, from the times at which the blocks end: a block's time
/// counts from the end of the one before. A block belongs to the array's layer, else the first nest's, else the first
/// stream's, and if that is fused into another, to that one.
MachineCycles cycles_by_layer(const isa::Program& program, const std::vector<std::int64_t>& block_ends);
ModelCycles cycles_by_layer(const isa::Program& program, const std::vector<double>& block_ends);

/// The layer that another's cycles count for: the one it is fused into, or itself.
int leader_of(const isa::Program& program, int layer);

/// Takes cycles by layer on every rung of the ladder, from the machine as it is to the ideal one. What a cause is worth
/// is the step that the cycle level takes when it goes away, less the step that the model takes: what the model missed
/// of it. What is left on the last rung is the cause `model`.
///
/// A model's cycles are rounded to 2^-16 of a cycle, here and below, so that every sum of them is exact and causes add
/// up to the difference to the last bit.
Validation compare(const isa::Program& program, const std::vector<std::string>& causes,
                   const std::vector<MachineCycles>& cycle, const std::vector<ModelCycles>& analytical);

/// A model that knows nothing of the ladder's causes and has faults of its own. `steps` are its cycles by layer as
/// published and then with one fault less each; `faults` name them (one fewer). The last cause is `last_cause`.
Validation compare_with_faults(const isa::Program& program, const std::vector<std::string>& causes,
                               const std::vector<MachineCycles>& cycle, const std::vector<std::string>& faults,
                               const std::vector<ModelCycles>& steps, const std::string& last_cause);

}  // namespace systole::validation
