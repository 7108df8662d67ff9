#pragma once

#include <map>
#include <optional>
#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/plan/layout.h"

namespace systole {

/// A tensor's place in the memory of `storage`, in elements.
struct Place {
  TensorId storage{};
  std::int64_t offset = 0;
  Layout view;  ///< of element_bits 1: its strides count elements
};

/// Which tensors share memory: states with what replaces them, views of what they are made from, and parts that are
/// written straight into a concatenation. The last concatenation is served first, so that the largest of a nest (as in
/// DenseNet) gets its parts in place and the earlier ones are views of it.
class Placement {
 public:
  Placement(const Graph& graph, const Uses& uses, const std::vector<Order>& orders);

  const Place& resolve(TensorId id);
  /// Are all inputs of a concatenation already neighbours in a larger one? Then it is a view of that.
  [[nodiscard]] bool follow_each_other(const Node& concat) const;
  /// Are all inputs of a concatenation written in place?
  [[nodiscard]] bool joins_all(const Node& concat) const;
  [[nodiscard]] bool is_graph_input(TensorId id) const;

 private:
  /// A tensor that is written straight into a concatenation.
  struct Joined {
    TensorId whole{};
    std::size_t axis = 0;
    std::int64_t start = 0;
  };

  void join(const Node& node);
  [[nodiscard]] bool may_join(TensorId input, TensorId whole) const;
  Place find_place(TensorId id);
  std::optional<Place> view_of(const Node& node, TensorId output);
  static std::size_t at(TensorId id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] const Shape& shape(TensorId id) const { return graph_.shape(id); }

  const Graph& graph_;
  const Uses& uses_;
  const std::vector<Order>& orders_;
  std::vector<std::optional<Joined>> joined_;
  std::vector<std::optional<Place>> places_;
  std::map<TensorId, TensorId> overwritten_;  ///< by Graph::states: what each `after` replaces
};

}  // namespace systole
