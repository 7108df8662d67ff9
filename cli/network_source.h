#pragma once

#include <cstdint>
#include <string>

#include "cli/options.h"
#include "kernels/graph/graph.h"

namespace systole {

/// What MODEL on the command line is as a network.
struct NetworkSource {
  Graph graph;
  std::string path;
  std::string name;  ///< the file's, without folder and ending
  std::int64_t batch = 1;
};

/// A path, or the file of a shipped network when there is no such file and the name could be one. Throws UserError when
/// it is neither.
std::string find_model(const std::string& model);

/// The first dimension of the network's first input.
std::int64_t batch_of(const Graph& graph);

/// Imports the network. Throws UserError and EnvironmentError.
NetworkSource network_from(const std::string& model, const ModelOptions& options);

}  // namespace systole
