#include "kernels/graph/passes/unique_names.h"

#include <set>
#include <string>

namespace systole {
namespace {

template <typename Named>
void make_unique(std::vector<Named>& all) {
  std::set<std::string> names;
  for (Named& one : all) {
    const std::string base = one.name;
    for (int copy = 2; !names.insert(one.name).second; ++copy) one.name = base + "/" + std::to_string(copy);
  }
}

}  // namespace

void make_names_unique(Graph& graph) {
  make_unique(graph.tensors);
  make_unique(graph.nodes);
}

}  // namespace systole
