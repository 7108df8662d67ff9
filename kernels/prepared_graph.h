#pragma once

#include <map>
#include <string>

#include "kernels/graph/graph.h"
#include "kernels/plan/machine.h"

namespace systole {

/// A graph as it is lowered: what can be folded is folded, and every node has a lowering.
struct PreparedGraph {
  Graph graph;
  std::map<std::string, std::string>
      origins;            ///< the imported node's name, of nodes that are not in the imported graph
  bool integers = false;  ///< it computes in integers
};

/// Depends on the machine's number formats alone. Throws UserError: operators that cannot be compiled (all of them at
/// once), operands that the array cannot have.
PreparedGraph prepare_graph(const Graph& imported, const Machine& machine);

}  // namespace systole
