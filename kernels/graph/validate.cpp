#include <algorithm>
#include <set>
#include <string>

#include "base/errors.h"
#include "kernels/graph/graph.h"

namespace systole {
namespace {

void check_tensor(const Tensor& tensor, bool has_state) {
  const auto what = [&](const char* fault) {
    return "tensor '" + tensor.name + "' " + to_string(tensor.shape) + ": " + fault;
  };
  for (const std::int64_t extent : tensor.shape) check(extent >= 1, "graph", [&] { return what("extent below 1"); });
  check(tensor.constant || has_state || !has_values(tensor.values), "graph",
        [&] { return what("values of what is neither constant nor a state"); });
  const auto count = static_cast<std::size_t>(element_count(tensor.shape));
  if (const auto* floats = std::get_if<std::vector<float>>(&tensor.values)) {
    check(floats->size() == count, "graph", [&] { return what("number of values"); });
  }
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.values)) {
    check(integers->size() == count, "graph", [&] { return what("number of values"); });
  }
  if (const auto* row_fill = std::get_if<RowFill>(&tensor.values)) {
    check(!tensor.shape.empty() && static_cast<std::int64_t>(row_fill->rows.size()) == tensor.shape[0], "graph",
          [&] { return what("number of rows"); });
  }
}

void check_state(const Graph& graph, const State& state) {
  const auto what = [&](const char* fault) { return "state '" + graph.tensor(state.before).name + "': " + fault; };
  const auto& inputs = graph.inputs;
  check(std::find(inputs.begin(), inputs.end(), state.before) != inputs.end() && graph.is_output(state.after), "graph",
        [&] { return what("it is not a graph input that becomes a graph output"); });
  check(graph.shape(state.before) == graph.shape(state.after), "graph", [&] { return what("its shape changes"); });
  const std::optional<NodeId> writer = graph.producer(state.after);
  check(writer.has_value(), "graph", [&] { return what("nobody writes it"); });
  for (const NodeId reader : graph.consumers(state.before)) {
    check(reader <= *writer, "graph", [&] { return what("it is read after it has been overwritten"); });
  }
}

}  // namespace

void Graph::validate() const {
  std::set<std::string> tensor_names;
  std::vector<bool> ready;
  std::set<TensorId> held;
  for (const State& state : states) held.insert(state.before);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const Tensor& tensor = tensors[t];
    check_tensor(tensor, held.count(static_cast<TensorId>(t)) != 0);
    check(tensor_names.insert(tensor.name).second, "graph", [&] { return "two tensors named '" + tensor.name + "'"; });
    ready.push_back(tensor.constant);
  }
  const auto known = [&](TensorId id) { return static_cast<std::size_t>(id) < tensors.size(); };
  for (const TensorId input : inputs) {
    check(known(input) && !tensor(input).constant, "graph", "a graph input is unknown or constant");
    ready[static_cast<std::size_t>(input)] = true;
  }
  std::set<std::string> node_names;
  for (const Node& node : nodes) {
    const auto what = [&](const std::string& fault) {
      return "node '" + node.name + "' (" + to_string(node.op) + "): " + fault;
    };
    check(node_names.insert(node.name).second, "graph", [&] { return what("two nodes have this name"); });
    for (const TensorId input : node.inputs) {
      const bool made = known(input) && ready[static_cast<std::size_t>(input)];
      check(made, "graph", [&] { return what("an input is used before it is made"); });
    }
    for (const TensorId output : node.outputs) {
      const bool first = known(output) && !ready[static_cast<std::size_t>(output)];
      check(first, "graph", [&] { return what("an output is made twice"); });
      ready[static_cast<std::size_t>(output)] = true;
    }
    const std::string fault = fault_of(*this, node);
    check(fault.empty(), "graph", [&] { return what(fault); });
  }
  check(!outputs.empty(), "graph", "no outputs");
  for (const TensorId output : outputs) {
    check(known(output) && ready[static_cast<std::size_t>(output)], "graph", "a graph output is never made");
  }
  for (const State& state : states) check_state(*this, state);
}

}  // namespace systole
