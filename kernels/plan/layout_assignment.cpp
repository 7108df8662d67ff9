#include "kernels/plan/layout_assignment.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/units.h"
#include "kernels/plan/placement.h"
#include "kernels/plan/tensor_order.h"

namespace systole {

namespace {

class Assigner {
 public:
  Assigner(const Graph& graph, const Machine& machine, const std::vector<bool>& fused)
      : graph_(graph),
        machine_(machine),
        fused_(fused),
        uses_(graph),
        orders_(choose_orders(graph, uses_)),
        placement_(graph, uses_, orders_) {}

  LayoutAssignment run(RegionTable& regions) {
    LayoutAssignment result;
    result.layouts.resize(graph_.tensors.size());
    const std::map<TensorId, int> bits = choose_bits();
    std::map<TensorId, RegionId> memory;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (graph_.tensors[t].constant || fused_[t]) continue;
      const Place& place = placement_.resolve(static_cast<TensorId>(t));
      if (memory.count(place.storage) == 0) {
        memory[place.storage] = regions.add(region_of(place.storage, bits.at(place.storage)));
      }
      result.layouts[t] = scaled(place, bits.at(place.storage), memory.at(place.storage));
    }
    mark_outputs(regions, result);
    for (const Node& node : graph_.nodes) result.free_notes.push_back(free_note(node));
    return result;
  }

 private:
  static std::size_t at(TensorId id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] const Shape& shape(TensorId id) const { return graph_.shape(id); }

  // Widths.

  std::map<TensorId, int> choose_bits() {
    std::map<TensorId, int> bits;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (graph_.tensors[t].constant || fused_[t]) continue;
      const TensorId storage = placement_.resolve(static_cast<TensorId>(t)).storage;
      int& width = bits.emplace(storage, machine_.accumulator_bits).first->second;
      if (is_small_index(static_cast<TensorId>(t))) width = 8;
      if (read_by_array(static_cast<TensorId>(t)) || is_byte(t)) width = machine_.activation_bits;
    }
    // Against the flow, as often as something changes: storages are shared, so one pass may not see all.
    for (bool changed = true; changed;) {
      changed = false;
      for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
        for (const TensorId output : node->outputs) changed = narrow_like_readers(output, bits) || changed;
      }
    }
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (graph_.tensors[t].constant || fused_[t]) continue;
      int& width = bits.at(placement_.resolve(static_cast<TensorId>(t)).storage);
      if (width < 8 && !whole_bytes(static_cast<TensorId>(t), width)) width = 8;
    }
    return bits;
  }

  [[nodiscard]] bool is_byte(std::size_t tensor) const {
    const ElementType type = graph_.tensors[tensor].type;
    return type == ElementType::Int8 || type == ElementType::UInt8;
  }

  /// What a max pool says about its windows, if it fits 8 bits.
  [[nodiscard]] bool is_small_index(TensorId id) const {
    const std::optional<NodeId> producer = uses_.producer(id);
    if (!producer || graph_.node(*producer).op != OpKind::MaxPool) return false;
    const Node& node = graph_.node(*producer);
    const auto& pool = std::get<PoolAttributes>(node.attributes);
    return node.outputs.front() != id && pool.kernel.height * pool.kernel.width <= 127 && !graph_.is_output(id);
  }

  [[nodiscard]] bool read_by_array(TensorId id) const {
    const std::vector<NodeId>& consumers = uses_.consumers(id);
    return std::any_of(consumers.begin(), consumers.end(), [&](NodeId consumer) {
      const Node& node = graph_.node(consumer);
      if (!is_conv_or_gemm(node.op)) return false;
      return node.inputs[0] == id || (node.inputs.size() > 1 && node.inputs[1] == id);
    });
  }

  /// A tensor that is only copied, or whose largest values are picked, into narrow ones may as well be narrow itself:
  /// rounding and saturation keep the order.
  bool narrow_like_readers(TensorId id, std::map<TensorId, int>& bits) {
    if (graph_.tensor(id).constant || fused_[at(id)] || graph_.is_output(id)) return false;
    int& width = bits.at(placement_.resolve(id).storage);
    const std::vector<NodeId>& consumers = uses_.consumers(id);
    if (width == machine_.activation_bits || consumers.empty() || placement_.resolve(id).storage != id) return false;
    const bool narrow = std::all_of(consumers.begin(), consumers.end(), [&](NodeId consumer) {
      const Node& node = graph_.node(consumer);
      const bool keeps = is_view(node.op) || node.op == OpKind::Concat || node.op == OpKind::MaxPool;
      return keeps && std::all_of(node.outputs.begin(), node.outputs.end(), [&](TensorId output) {
               return !fused_[at(output)] && bits.at(placement_.resolve(output).storage) == machine_.activation_bits;
             });
    });
    if (narrow) width = machine_.activation_bits;
    return narrow;
  }

  /// The dimension of an operand that the array wants next to each other: it picks the elements of others one by one.
  [[nodiscard]] int lane_dimension(const Node& node, TensorId id) const {
    const int rank = static_cast<int>(shape(id).size());
    const auto* gemm = std::get_if<GemmAttributes>(&node.attributes);
    if (node.op == OpKind::Conv) return 1;
    if (!is_conv_or_gemm(node.op)) return -1;
    if (node.inputs[0] == id && rank == 4 && shape(node.outputs[0]).size() == 2) return 1;  // images (prepare.h)
    const bool transposed = gemm != nullptr && (node.inputs[0] == id ? gemm->transpose_a : gemm->transpose_b);
    return transposed ? rank - 2 : rank - 1;
  }

  /// Do all rows of neighbouring elements begin at whole bytes, groups of channels included?
  bool whole_bytes(TensorId id, int width) {
    const Place& place = placement_.resolve(id);
    const auto even = [&](std::int64_t elements) { return elements * width % 8 == 0; };
    bool all = even(place.offset);
    bool neighbours = false;
    for (std::size_t d = 0; d < shape(id).size(); ++d) {
      if (shape(id)[d] == 1) continue;
      if (place.view.bit_strides[d] == 1) {
        neighbours = true;
      } else {
        all = all && even(place.view.bit_strides[d]);
      }
    }
    std::vector<NodeId> nodes = uses_.consumers(id);
    for (const NodeId number : nodes) {
      const int lanes = lane_dimension(graph_.node(number), id);
      for (std::size_t d = 0; lanes >= 0 && d < shape(id).size(); ++d) {
        const std::int64_t stride = place.view.bit_strides[d];
        const bool right = static_cast<int>(d) == lanes ? stride == 1 : even(stride) || shape(id)[d] == 1;
        all = all && right;
      }
    }
    if (const std::optional<NodeId> producer = uses_.producer(id)) nodes.push_back(*producer);
    for (const NodeId number : nodes) {
      const auto* conv = std::get_if<ConvAttributes>(&graph_.node(number).attributes);
      if (conv != nullptr && conv->groups > 1) all = all && even(shape(id).at(1) / conv->groups);
    }
    return all && (neighbours || element_count(shape(id)) == 1);
  }

  // Regions.

  [[nodiscard]] Region region_of(TensorId storage, int width) {
    Region region;
    region.name = graph_.tensor(storage).name;
    region.kind = placement_.is_graph_input(storage) ? Region::Kind::input : Region::Kind::activation;
    region.element_bits = width;
    region.bytes = ceil_div(element_count(shape(storage)) * width, 8);
    region.tensor = storage;
    static constexpr char kImage[] = "NCHW";
    for (const int dim : orders_[at(storage)]) {
      region.shape.push_back(shape(storage)[static_cast<std::size_t>(dim)]);
      if (shape(storage).size() == 4) {
        region.order += kImage[dim];
      } else {
        region.order += std::to_string(dim);
      }
    }
    return region;
  }

  static Layout scaled(const Place& place, int width, RegionId region) {
    Layout layout = place.view;
    for (std::int64_t& stride : layout.bit_strides) stride *= width;
    layout.element_bits = width;
    layout.offset = place.offset * width / 8;
    layout.region = region;
    return layout;
  }

  void mark_outputs(RegionTable& regions, const LayoutAssignment& result) const {
    for (const State& state : graph_.states) {
      regions.at(result.layouts[at(state.before)].region).kind = Region::Kind::state;
    }
    for (const TensorId output : graph_.outputs) {
      if (graph_.tensor(output).constant) continue;
      Region& region = regions.at(result.layouts[at(output)].region);
      if (region.kind == Region::Kind::activation) region.kind = Region::Kind::output;
    }
  }

  std::string free_note(const Node& node) {
    if (node.op == OpKind::Concat) {
      if (graph_.tensor(node.inputs.front()).constant) return "";
      if (placement_.follow_each_other(node)) return "its inputs already follow each other in memory";
      return placement_.joins_all(node) ? "its inputs are written in place" : "";
    }
    if (!is_view(node.op) || graph_.tensor(node.inputs.front()).constant) return "";
    const TensorId storage = placement_.resolve(node.inputs.front()).storage;
    for (const TensorId output : node.outputs) {
      if (placement_.resolve(output).storage != storage) return "";
    }
    if (node.op == OpKind::Reshape) return "the same memory seen with another shape";
    return node.op == OpKind::Transpose ? "its readers walk the memory in another order"
                                        : "its readers walk a part of the memory";
  }

  const Graph& graph_;
  const Machine& machine_;
  const std::vector<bool>& fused_;
  Uses uses_;
  std::vector<Order> orders_;
  Placement placement_;
};

}  // namespace

LayoutAssignment assign_layouts(const Graph& graph, const Machine& machine, const std::vector<bool>& fused,
                                RegionTable& regions) {
  return Assigner(graph, machine, fused).run(regions);
}

}  // namespace systole
