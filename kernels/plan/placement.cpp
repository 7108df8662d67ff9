#include "kernels/plan/placement.h"

#include <algorithm>
#include <iterator>

#include "kernels/plan/tensor_order.h"

namespace systole {

Placement::Placement(const Graph& graph, const Uses& uses, const std::vector<Order>& orders)
    : graph_(graph), uses_(uses), orders_(orders), joined_(graph.tensors.size()), places_(graph.tensors.size()) {
  for (const State& state : graph_.states) overwritten_[state.after] = state.before;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    if (node->op == OpKind::Concat) join(*node);
  }
}

void Placement::join(const Node& node) {
  const TensorId whole = node.outputs.front();
  const auto axis = static_cast<std::size_t>(std::get<ConcatAttributes>(node.attributes).axis);
  if (follow_each_other(node)) return;
  std::int64_t start = 0;
  for (const TensorId input : node.inputs) {
    if (may_join(input, whole)) joined_[at(input)] = Joined{whole, axis, start};
    start += shape(input).at(axis);
  }
}

bool Placement::follow_each_other(const Node& node) const {
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

bool Placement::may_join(TensorId input, TensorId whole) const {
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

const Place& Placement::resolve(TensorId id) {
  std::optional<Place>& place = places_[at(id)];
  if (!place) place = find_place(id);
  return *place;
}

Place Placement::find_place(TensorId id) {
  if (const std::optional<Joined>& joined = joined_[at(id)]) {
    Place place = resolve(joined->whole);
    place.offset += joined->start * place.view.bit_strides.at(joined->axis);
    return place;
  }
  if (const auto state = overwritten_.find(id); state != overwritten_.end()) return resolve(state->second);
  if (const std::optional<NodeId> producer = uses_.producer(id)) {
    const std::optional<Place> view = view_of(graph_.node(*producer), id);
    // The host writes inputs and reads outputs, so that one is never the other.
    if (view && !(graph_.is_output(id) && is_graph_input(view->storage))) return *view;
  }
  return {id, 0, dense_layout(shape(id), orders_[at(id)], 1)};
}

std::optional<Place> Placement::view_of(const Node& node, TensorId output) {
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

bool Placement::is_graph_input(TensorId id) const {
  return std::find(graph_.inputs.begin(), graph_.inputs.end(), id) != graph_.inputs.end();
}

bool Placement::joins_all(const Node& concat) const {
  return std::all_of(concat.inputs.begin(), concat.inputs.end(), [&](TensorId input) {
    return joined_[at(input)] && joined_[at(input)]->whole == concat.outputs.front();
  });
}

}  // namespace systole
