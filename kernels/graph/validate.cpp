#include <set>
#include <string>

#include "base/errors.h"
#include "kernels/graph/graph.h"

namespace systole {
namespace {

void check_tensor(const Tensor& tensor) {
  const auto what = [&](const char* fault) {
    return "tensor '" + tensor.name + "' " + to_string(tensor.shape) + ": " + fault;
  };
  for (const std::int64_t extent : tensor.shape) check(extent >= 1, "graph", [&] { return what("extent below 1"); });
  check(tensor.constant || !has_values(tensor.values), "graph", [&] { return what("values of what is not constant"); });
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

}  // namespace

void Graph::validate() const {
  std::set<std::string> tensor_names;
  std::vector<bool> ready;
  for (const Tensor& tensor : tensors) {
    check_tensor(tensor);
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
}

}  // namespace systole
