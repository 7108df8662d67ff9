#include "kernels/plan/layout_assignment.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/units.h"

namespace systole {

namespace {

/// A tensor's place in the memory of `storage`, in elements.
struct Place {
  TensorId storage{};
  std::int64_t offset = 0;
  Layout view;  ///< of element_bits 1: its strides count elements
};

/// A tensor that is written straight into a concatenation.
struct Joined {
  TensorId whole{};
  std::size_t axis = 0;
  std::int64_t start = 0;
};

bool is_view(OpKind op) {
  return op == OpKind::Reshape || op == OpKind::Transpose || op == OpKind::Slice || op == OpKind::Split;
}

Order default_order(std::size_t rank) {
  return rank == 4 ? channels_last(rank) : row_major(rank);
}

class Assigner {
 public:
  Assigner(const Graph& graph, const Machine& machine, const std::vector<bool>& fused)
      : graph_(graph),
        machine_(machine),
        fused_(fused),
        uses_(graph),
        orders_(graph.tensors.size()),
        joined_(graph.tensors.size()),
        places_(graph.tensors.size()) {}

  LayoutAssignment run(RegionTable& regions) {
    choose_orders();
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (node->op == OpKind::Concat) join(*node);
    }
    LayoutAssignment result;
    result.layouts.resize(graph_.tensors.size());
    const std::map<TensorId, int> bits = choose_bits();
    std::map<TensorId, RegionId> memory;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (graph_.tensors[t].constant || fused_[t]) continue;
      const Place& place = resolve(static_cast<TensorId>(t));
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

  // Orders: what each tensor would have if it owned its memory.

  void choose_orders() {
    for (const TensorId input : graph_.inputs) orders_[at(input)] = input_order(input);
    for (const Node& node : graph_.nodes) {
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        orders_[at(node.outputs[i])] = output_order(node, node.outputs[i]);
      }
    }
  }

  /// A network that takes images channels last transposes them first; the host then writes what the rest wants.
  [[nodiscard]] Order input_order(TensorId input) const {
    const std::vector<NodeId>& consumers = uses_.consumers(input);
    const std::size_t rank = shape(input).size();
    if (consumers.empty() || graph_.node(consumers.front()).op != OpKind::Transpose) return default_order(rank);
    Order order = default_order(rank);
    const Node& node = graph_.node(consumers.front());
    const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
    for (int& dim : order) dim = static_cast<int>(permutation.at(static_cast<std::size_t>(dim)));
    return order;
  }

  [[nodiscard]] Order output_order(const Node& node, TensorId output) const {
    const std::size_t rank = shape(output).size();
    switch (node.op) {
      case OpKind::Conv:
      case OpKind::MaxPool:
      case OpKind::AveragePool:
      case OpKind::Lrn:
        return channels_last(rank);
      case OpKind::Gemm:
      case OpKind::MatMul:
        return row_major(rank);
      default:
        break;
    }
    const std::optional<TensorId> model = order_model(node, output);
    if (!model) return default_order(rank);
    const Layout dense = dense_layout(shape(*model), orders_[at(*model)], 1);
    if (node.op == OpKind::Reshape) {
      const std::optional<Layout> view = reshaped(shape(*model), dense, shape(output));
      return view ? order_of(shape(output), *view) : default_order(rank);
    }
    if (node.op == OpKind::Transpose) {
      const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
      return order_of(shape(output), transposed(dense, permutation));
    }
    return rank == shape(*model).size() ? orders_[at(*model)] : without_axes(node, orders_[at(*model)], rank);
  }

  /// The input whose order an operator keeps: the first that is not constant and, where operands broadcast, has the
  /// result's rank.
  [[nodiscard]] std::optional<TensorId> order_model(const Node& node, TensorId output) const {
    for (const TensorId input : node.inputs) {
      if (graph_.tensor(input).constant) continue;
      if (!is_broadcasting_elementwise(node.op) || shape(input) == shape(output)) return input;
    }
    return std::nullopt;
  }

  /// A reduction that drops its axes.
  static Order without_axes(const Node& node, const Order& order, std::size_t rank) {
    const auto* reduce = std::get_if<ReduceAttributes>(&node.attributes);
    if (reduce == nullptr) return default_order(rank);
    Order result;
    for (const int dim : order) {
      if (std::binary_search(reduce->axes.begin(), reduce->axes.end(), dim)) continue;
      const auto dropped = std::lower_bound(reduce->axes.begin(), reduce->axes.end(), dim) - reduce->axes.begin();
      result.push_back(dim - static_cast<int>(dropped));
    }
    return result.size() == rank ? result : default_order(rank);
  }

  // Concatenations, the last first, so that the largest of a nest (as in DenseNet) gets its parts in place.

  void join(const Node& node) {
    const TensorId whole = node.outputs.front();
    const auto axis = static_cast<std::size_t>(std::get<ConcatAttributes>(node.attributes).axis);
    if (follow_each_other(node)) return;
    std::int64_t start = 0;
    for (const TensorId input : node.inputs) {
      if (may_join(input, whole)) joined_[at(input)] = Joined{whole, axis, start};
      start += shape(input).at(axis);
    }
  }

  /// Are all inputs already neighbours in one larger concatenation? Then this one is a view of it.
  [[nodiscard]] bool follow_each_other(const Node& node) const {
    const TensorId whole = node.outputs.front();
    const std::optional<Joined>& first = joined_[at(node.inputs.front())];
    const auto axis = static_cast<std::size_t>(std::get<ConcatAttributes>(node.attributes).axis);
    if (!first || joined_[at(whole)] || first->whole == whole || first->axis != axis) return false;
    std::int64_t start = first->start;
    for (const TensorId input : node.inputs) {
      const std::optional<Joined>& part = joined_[at(input)];
      if (!part || part->whole != first->whole || part->start != start) return false;
      start += shape(input).at(axis);
    }
    return true;
  }

  [[nodiscard]] bool may_join(TensorId input, TensorId whole) const {
    const std::optional<NodeId> producer = uses_.producer(input);
    if (!producer || is_view(graph_.node(*producer).op) || joined_[at(input)] || graph_.is_output(input)) return false;
    const auto real = [&](const Order& order) {
      Order dims;
      std::copy_if(order.begin(), order.end(), std::back_inserter(dims),
                   [&](int dim) { return shape(whole)[static_cast<std::size_t>(dim)] > 1; });
      return dims;
    };
    return real(orders_[at(input)]) == real(orders_[at(whole)]);
  }

  // Places.

  const Place& resolve(TensorId id) {
    std::optional<Place>& place = places_[at(id)];
    if (!place) place = find_place(id);
    return *place;
  }

  Place find_place(TensorId id) {
    if (const std::optional<Joined>& joined = joined_[at(id)]) {
      Place place = resolve(joined->whole);
      place.offset += joined->start * place.view.bit_strides.at(joined->axis);
      return place;
    }
    if (const std::optional<NodeId> producer = uses_.producer(id)) {
      const std::optional<Place> view = view_of(graph_.node(*producer), id);
      // The host writes inputs and reads outputs, so that one is never the other.
      if (view && !(graph_.is_output(id) && is_graph_input(view->storage))) return *view;
    }
    return {id, 0, dense_layout(shape(id), orders_[at(id)], 1)};
  }

  std::optional<Place> view_of(const Node& node, TensorId output) {
    const bool concat = node.op == OpKind::Concat && follow_each_other(node);
    if ((!is_view(node.op) && !concat) || graph_.tensor(node.inputs.front()).constant) return std::nullopt;
    Place place = resolve(node.inputs.front());
    std::vector<std::int64_t>& strides = place.view.bit_strides;
    if (node.op == OpKind::Reshape) {
      const std::optional<Layout> view = reshaped(shape(node.inputs.front()), place.view, shape(output));
      if (!view) return std::nullopt;
      place.view = *view;
    } else if (node.op == OpKind::Transpose) {
      place.view = transposed(place.view, std::get<TransposeAttributes>(node.attributes).permutation);
    } else if (node.op == OpKind::Slice) {
      const auto& slice = std::get<SliceAttributes>(node.attributes);
      for (std::size_t d = 0; d < strides.size(); ++d) {
        if (slice.steps[d] < 0) return std::nullopt;
        place.offset += slice.starts[d] * strides[d];
        strides[d] *= slice.steps[d];
      }
    } else if (node.op == OpKind::Split) {
      const auto axis = static_cast<std::size_t>(std::get<SplitAttributes>(node.attributes).axis);
      for (const TensorId part : node.outputs) {
        if (part == output) break;
        place.offset += shape(part).at(axis) * strides.at(axis);
      }
    }
    return place;
  }

  [[nodiscard]] bool is_graph_input(TensorId id) const {
    return std::find(graph_.inputs.begin(), graph_.inputs.end(), id) != graph_.inputs.end();
  }

  // Widths.

  std::map<TensorId, int> choose_bits() {
    std::map<TensorId, int> bits;
    for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
      if (graph_.tensors[t].constant || fused_[t]) continue;
      const TensorId storage = resolve(static_cast<TensorId>(t)).storage;
      int& width = bits.emplace(storage, machine_.accumulator_bits).first->second;
      if (read_by_array(static_cast<TensorId>(t))) width = machine_.activation_bits;
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
      int& width = bits.at(resolve(static_cast<TensorId>(t)).storage);
      if (width < 8 && !whole_bytes(static_cast<TensorId>(t), width)) width = 8;
    }
    return bits;
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
    int& width = bits.at(resolve(id).storage);
    const std::vector<NodeId>& consumers = uses_.consumers(id);
    if (width == machine_.activation_bits || consumers.empty() || resolve(id).storage != id) return false;
    const bool narrow = std::all_of(consumers.begin(), consumers.end(), [&](NodeId consumer) {
      const Node& node = graph_.node(consumer);
      const bool keeps = is_view(node.op) || node.op == OpKind::Concat || node.op == OpKind::MaxPool;
      return keeps && std::all_of(node.outputs.begin(), node.outputs.end(), [&](TensorId output) {
               return !fused_[at(output)] && bits.at(resolve(output).storage) == machine_.activation_bits;
             });
    });
    if (narrow) width = machine_.activation_bits;
    return narrow;
  }

  /// Do all rows of neighbouring elements begin at whole bytes, groups of channels included?
  bool whole_bytes(TensorId id, int width) {
    const Place& place = resolve(id);
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
    region.kind = is_graph_input(storage) ? Region::Kind::input : Region::Kind::activation;
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
    for (const TensorId output : graph_.outputs) {
      if (graph_.tensor(output).constant) continue;
      Region& region = regions.at(result.layouts[at(output)].region);
      if (region.kind == Region::Kind::activation) region.kind = Region::Kind::output;
    }
  }

  std::string free_note(const Node& node) {
    if (node.op == OpKind::Concat) {
      if (graph_.tensor(node.inputs.front()).constant) return "";
      if (follow_each_other(node)) return "its inputs already follow each other in memory";
      const TensorId whole = node.outputs.front();
      const bool in_place = std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) {
        return joined_[at(input)] && joined_[at(input)]->whole == whole;
      });
      return in_place ? "its inputs are written in place" : "";
    }
    if (!is_view(node.op) || graph_.tensor(node.inputs.front()).constant) return "";
    const TensorId storage = resolve(node.inputs.front()).storage;
    for (const TensorId output : node.outputs) {
      if (resolve(output).storage != storage) return "";
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
  std::vector<std::optional<Joined>> joined_;
  std::vector<std::optional<Place>> places_;
};

}  // namespace

LayoutAssignment assign_layouts(const Graph& graph, const Machine& machine, const std::vector<bool>& fused,
                                RegionTable& regions) {
  return Assigner(graph, machine, fused).run(regions);
}

}  // namespace systole
