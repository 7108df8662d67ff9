#include "kernels/graph/passes/remove_dead.h"

#include <algorithm>
#include <utility>

namespace systole {
namespace {

std::size_t index(TensorId id) {
  return static_cast<std::size_t>(id);
}

void remove_dead_nodes(Graph& graph) {
  std::vector<bool> needed(graph.tensors.size(), false);
  for (const TensorId output : graph.outputs) needed[index(output)] = true;
  std::vector<Node> alive;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const auto& outputs = node->outputs;
    if (std::none_of(outputs.begin(), outputs.end(), [&](TensorId id) { return needed[index(id)]; })) continue;
    for (const TensorId input : node->inputs) needed[index(input)] = true;
    alive.push_back(std::move(*node));
  }
  std::reverse(alive.begin(), alive.end());
  graph.nodes = std::move(alive);
}

/// Calls `visit` on every TensorId that the graph holds, to read or to change it.
template <typename Visit>
void for_each_id(Graph& graph, Visit visit) {
  for (TensorId& id : graph.inputs) visit(id);
  for (TensorId& id : graph.outputs) visit(id);
  for (State& state : graph.states) {
    visit(state.before);
    visit(state.after);
  }
  for (Node& node : graph.nodes) {
    for (TensorId& id : node.inputs) visit(id);
    for (TensorId& id : node.outputs) visit(id);
  }
}

void remove_unnamed_tensors(Graph& graph) {
  std::vector<bool> named(graph.tensors.size(), false);
  for_each_id(graph, [&](TensorId& id) { named[index(id)] = true; });
  std::vector<TensorId> renumbered(graph.tensors.size());
  std::vector<Tensor> kept;
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (!named[i]) continue;
    renumbered[i] = static_cast<TensorId>(kept.size());
    kept.push_back(std::move(graph.tensors[i]));
  }
  graph.tensors = std::move(kept);
  for_each_id(graph, [&](TensorId& id) { id = renumbered[index(id)]; });
}

}  // namespace

void remove_dead(Graph& graph) {
  remove_dead_nodes(graph);
  remove_unnamed_tensors(graph);
}

}  // namespace systole
