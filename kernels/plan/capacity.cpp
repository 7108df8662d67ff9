#include "kernels/plan/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace systole {

namespace {

Diagnostic too_small(std::string message) {
  return {"", 0, 0, std::move(message), "a smaller batch, or a memory with more capacity"};
}

/// Bytes that the tensors take off chip. Constants have no layout yet: as narrow as the machine reads them.
std::int64_t bytes_of(const std::vector<TensorId>& tensors, const Graph& graph, const std::vector<Layout>& layouts,
                      const RegionTable& regions, const Machine& machine) {
  std::set<RegionId> counted;
  std::int64_t bytes = 0;
  for (const TensorId id : tensors) {
    const Tensor& tensor = graph.tensor(id);
    const RegionId region = layouts.at(static_cast<std::size_t>(id)).region;
    if (tensor.constant) {
      bytes += element_count(tensor.shape) * std::min(machine.weight_bits, machine.activation_bits) / 8;
    } else if (counted.insert(region).second) {
      bytes += regions.at(region).bytes;
    }
  }
  return bytes;
}

}  // namespace

void check_operands(const Graph& graph, const std::vector<Layout>& layouts, const RegionTable& regions,
                    const Machine& machine) {
  const auto check_together = [&](const std::vector<TensorId>& tensors, const std::string& what) {
    const std::int64_t needed = bytes_of(tensors, graph, layouts, regions, machine);
    if (needed <= machine.memory_bytes) return;
    throw MemoryTooSmall(too_small(fmt::format("the network needs {} bytes of memory for {} alone, the machine has {}",
                                               needed, what, machine.memory_bytes)),
                         needed, 0);
  };
  check_together(graph.inputs, "its inputs");
  check_together(graph.outputs, "its outputs");
  for (const Node& node : graph.nodes) {
    if (!is_conv_or_gemm(node.op)) continue;
    check_together({node.inputs.at(0), node.inputs.at(1)},
                   fmt::format("the operands of {} '{}'", to_string(node.op), node.name));
  }
}

void check_capacity(const MemoryPlan& plan, const RegionTable& regions, std::int64_t instruction_bytes,
                    const Machine& machine) {
  const std::int64_t needed = plan.end + instruction_bytes;
  if (needed <= machine.memory_bytes) return;
  std::int64_t states = 0;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const Region& region = regions.at(static_cast<RegionId>(r));
    if (region.kind == Region::Kind::state) states += region.bytes;
  }
  const std::string held = states > 0 ? fmt::format("{} of weights and other states, ", states) : "";
  throw MemoryTooSmall(
      too_small(fmt::format("the network needs {} bytes of memory ({}{} of activations, {} of constants, {} of "
                            "instructions), the machine has {}",
                            needed, held, plan.activation_bytes - states, plan.constant_bytes, instruction_bytes,
                            machine.memory_bytes)),
      needed, states + plan.constant_bytes + instruction_bytes);
}

}  // namespace systole
