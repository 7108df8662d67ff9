#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/value_check.h"
#include "configs/machine.h"
#include "isa/program.pb.h"
#include "kernels/training/training.h"

namespace systole {

/// What MODEL on the command line turned out to be, ready to run: a program and the machine it is for.
struct ProgramSource {
  config::Machine machine;  ///< every field set
  isa::Program program;
  std::optional<Graph> graph;        ///< the network, with weights, when its values are to be checked
  std::string notes;                 ///< what the user should know, lines; empty: nothing
  std::optional<Training> training;  ///< what the iteration was made from, when its values are to be checked
  double import_seconds = 0.0;       ///< reading the network; 0 for a compiled program
  double compile_seconds = 0.0;      ///< compiling it; 0 for a compiled program
};

/// The machine of --hw, --dram and --set, or the one named `otherwise` when --hw was not given; `training` decides
/// number formats that it leaves open. Throws UserError and EnvironmentError.
config::Machine machine_from(const MachineOptions& options, const std::string& otherwise, bool training = false);

/// MODEL is an ONNX file, the name of a shipped network, or (when `accepts_program`) a compiled program: its content
/// decides. Imports and compiles a network, with the values of its constants for a check; checks that a program is
/// right and made for the machine. Throws UserError and EnvironmentError.
ProgramSource program_from(const std::string& model, const MachineOptions& machine, const ModelOptions& options,
                           bool accepts_program, const CheckOptions& check = {});

/// Keeps only the blocks in which a layer takes part whose name matches one of `patterns` (`*`, `?` and `[..]`, as a
/// shell's); all of them when there is no pattern. Returns the indices of the layers that are left, ascending. Throws
/// UserError when nothing matches.
std::vector<int> keep_layers(const std::vector<std::string>& patterns, isa::Program& program);

/// Indices of the layers whose name matches one of the patterns, ascending. Throws UserError, which names the option,
/// for a pattern that matches none.
std::vector<int> matching_layers(const std::vector<std::string>& patterns, const std::string& option,
                                 const isa::Program& program);

/// Indices of the layers that take part in a block, ascending.
std::vector<int> layers_of(const isa::EncodedBlock& block);

}  // namespace systole
