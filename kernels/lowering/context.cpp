#include <fmt/format.h>

#include <utility>

#include "base/errors.h"
#include "base/units.h"
#include "kernels/lowering/lowering.h"

namespace systole {

LoweringContext::LoweringContext(const Graph& graph, const Machine& machine, SimdFormat format, RegionTable& regions,
                                 std::vector<Layout> layouts)
    : graph_(graph),
      machine_(machine),
      format_(format),
      regions_(regions),
      layouts_(std::move(layouts)),
      outcomes_(graph.nodes.size()),
      chains_(graph.nodes.size()) {
  check(layouts_.size() == graph.tensors.size(), "lowering", "every tensor needs a layout");
}

NodeId LoweringContext::id(const Node& node) const {
  const auto index = &node - graph_.nodes.data();
  check(index >= 0 && index < static_cast<std::ptrdiff_t>(graph_.nodes.size()), "lowering", "a node of another graph");
  return static_cast<NodeId>(index);
}

const Layout& LoweringContext::layout(TensorId tensor) const {
  check(!graph_.tensor(tensor).constant, "lowering",
        [&] { return "constant " + graph_.tensor(tensor).name + " lies where its reader asks for it"; });
  return layouts_.at(static_cast<std::size_t>(tensor));
}

Layout LoweringContext::constant(TensorId tensor, const Order& order, int element_bits) {
  const Shape& shape = graph_.shape(tensor);
  Layout layout = dense_layout(shape, order, element_bits);
  Packing packing;
  std::int64_t stride = element_count(shape);
  for (const std::int64_t extent : shape) {
    stride /= extent;
    packing.axes.push_back({extent, stride});
  }
  for (const int dim : order) {
    const auto d = static_cast<std::size_t>(dim);
    packing.counters.push_back({shape[d], layout.bit_strides[d], dim, 1});
  }
  layout.region = constant(tensor, packing, element_bits, span_bytes(shape, layout));
  return layout;
}

RegionId LoweringContext::constant(TensorId tensor, const Packing& packing, int element_bits, std::int64_t bytes) {
  check(graph_.tensor(tensor).constant, "lowering", [&] { return graph_.tensor(tensor).name + " is not constant"; });
  std::vector<RegionId>& known = constants_[tensor];
  for (const RegionId id : known) {
    const Region& region = regions_.at(id);
    if (region.element_bits == element_bits && region.bytes == bytes && *region.packing == packing) return id;
  }
  Region region;
  region.name = graph_.tensor(tensor).name;
  if (!known.empty()) region.name += fmt::format(" ({})", known.size() + 1);
  region.kind = Region::Kind::constant;
  region.bytes = bytes;
  region.element_bits = element_bits;
  region.tensor = tensor;
  region.packing = packing;
  for (const Packing::Counter& counter : packing.counters) region.shape.push_back(counter.count);
  known.push_back(regions_.add(std::move(region)));
  return known.back();
}

RegionId LoweringContext::scratch(const Node& node, std::int64_t bytes, int element_bits) {
  Region region;
  region.name = node.name + " (scratch)";
  region.bytes = bytes;
  region.element_bits = element_bits;
  region.shape = {bytes * 8 / element_bits};
  return regions_.add(std::move(region));
}

const std::vector<NodeId>& LoweringContext::fused_behind(NodeId root) const {
  return chains_.at(static_cast<std::size_t>(root));
}

void LoweringContext::fuse(NodeId root, std::vector<NodeId> chain) {
  chains_.at(static_cast<std::size_t>(root)) = std::move(chain);
}

TensorId LoweringContext::result_of(NodeId root) const {
  const std::vector<NodeId>& chain = fused_behind(root);
  return graph_.node(chain.empty() ? root : chain.back()).outputs.at(0);
}

void LoweringContext::finish(BlockBuilder& builder) {
  LoweredBlock lowered = builder.take();
  if (lowered.array_node) outcome(*lowered.array_node).on_array = true;
  for (const NodeId node : lowered.nest_nodes) outcome(node).on_simd = true;
  blocks_.push_back(std::move(lowered));
}

void LoweringContext::free(const Node& node, std::string text) {
  note(id(node), std::move(text));
}

void too_small(const Node& node, const std::string& buffer, std::int64_t needed, std::int64_t available,
               const std::string& unit) {
  throw UserError({"", 0, 0,
                   fmt::format("{} '{}': its smallest tile needs {} {} of {}, the machine has {}", node.onnx_op,
                               node.name, needed, unit, buffer, available),
                   fmt::format("a machine with a larger {}", buffer)});
}

}  // namespace systole
