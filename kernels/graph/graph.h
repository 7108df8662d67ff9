#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "kernels/graph/operator.h"
#include "kernels/graph/values.h"

/// The network as the compiler, the analytical models and the training expansion see it: one normal form, every shape
/// known, no trace of the file format. ONNX import makes it; passes (`kernels/graph/passes/`) rewrite it.
namespace systole {

enum class ElementType {
  Float32,
  Float16,
  BFloat16,
  Float64,
  Int8,
  UInt8,
  Int16,
  UInt16,
  Int32,
  UInt32,
  Int64,
  UInt64,
  Bool
};

[[nodiscard]] const char* to_string(ElementType type);

/// Row-major extents, outermost first; every one is at least 1; {} is a scalar.
using Shape = std::vector<std::int64_t>;

/// The most elements a tensor may have, so that products of a few extents stay far from overflow.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

/// Number of elements; 1 for a scalar.
[[nodiscard]] std::int64_t element_count(const Shape& shape);
/// `1x3x224x224`; `scalar` for {}.
[[nodiscard]] std::string to_string(const Shape& shape);
/// The shape that all of them broadcast to by numpy's rule, or nullopt when they do not.
[[nodiscard]] std::optional<Shape> broadcast(const std::vector<Shape>& shapes);

/// Index into Graph::tensors.
enum class TensorId : std::uint32_t {};
/// Index into Graph::nodes. Passes that remove nodes renumber.
enum class NodeId : std::uint32_t {};

struct Tensor {
  std::string name;  ///< as in the file; unique in the graph
  Shape shape;
  ElementType type = ElementType::Float32;
  bool constant = false;  ///< weights and other data fixed before the network runs
  Values values;          ///< of a constant, or what a state holds at first; Absent for everything else
};

/// A node of the file that another one has taken in (batch normalization folded into a convolution).
struct Absorbed {
  std::string name;
  std::string onnx_op;
};

/// What part of a training iteration a node belongs to.
enum class TrainingPhase {
  Forward,
  GradData,    ///< gradient by the input of a convolution or matrix product
  GradWeight,  ///< gradient by its weights
  Grad,        ///< every other gradient
  Update       ///< of weights
};

struct Node {
  std::string name;     ///< the ONNX node's, or `<op>_<index in the file>` when it has none; unique in the graph
  std::string onnx_op;  ///< the operator as the file calls it: "Flatten" where `op` is Reshape
  OpKind op = OpKind::Reshape;
  std::vector<TensorId> inputs;  ///< in the order that OpKind documents
  std::vector<TensorId> outputs;
  Attributes attributes;           ///< the alternative that OpKind documents; NoAttributes for the rest
  std::vector<Absorbed> absorbed;  ///< in the order in which they ran
  TrainingPhase phase = TrainingPhase::Forward;
};

/// A tensor that outlives an iteration: weights, moments of the optimizer, running statistics. `after` is written in
/// the memory of `before`, so the next iteration finds it there.
struct State {
  TensorId before{};  ///< a graph input; its Tensor::values are what it holds at first
  TensorId after{};   ///< a graph output of the same shape, made when nobody else reads `before` any more
};

/// The only way a graph changes is through its public data; `validate` says whether it still is one.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;  ///< in topological order
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::vector<State> states;  ///< of a training graph

  TensorId add(Tensor tensor);
  NodeId add(Node node);

  [[nodiscard]] const Tensor& tensor(TensorId id) const { return tensors.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] Tensor& tensor(TensorId id) { return tensors.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] Node& node(NodeId id) { return nodes.at(static_cast<std::size_t>(id)); }

  [[nodiscard]] const Shape& shape(TensorId id) const { return tensor(id).shape; }
  /// The tensor of that name.
  [[nodiscard]] std::optional<TensorId> find(const std::string& tensor_name) const;
  [[nodiscard]] bool is_output(TensorId id) const;

  /// The node that makes the tensor; nullopt for graph inputs and constants. Linear in the graph: use `Uses` in loops.
  [[nodiscard]] std::optional<NodeId> producer(TensorId id) const;
  /// The nodes that read the tensor, ascending, each once. Linear in the graph: use `Uses` in loops.
  [[nodiscard]] std::vector<NodeId> consumers(TensorId id) const;

  /// True multiply-accumulates: every output times the reduction's length, image padding included as everybody counts,
  /// the array's padding not. Zero for what is neither convolution nor matrix product.
  [[nodiscard]] Macs macs(const Node& node) const;
  [[nodiscard]] Macs macs() const;

  /// Checks ids, order, uniqueness, sizes of values, and each operator's shape rule; a violation is our bug
  /// (InternalError).
  void validate() const;
};

/// What breaks the rule of the node's operator (attributes, number and shapes of operands, output shape); empty when
/// nothing does. Its tensor ids must be the graph's.
[[nodiscard]] std::string fault_of(const Graph& graph, const Node& node);

/// Producers and consumers of every tensor at one moment; stale after the graph changes.
class Uses {
 public:
  explicit Uses(const Graph& graph);
  [[nodiscard]] std::optional<NodeId> producer(TensorId id) const {
    return producers_.at(static_cast<std::size_t>(id));
  }
  [[nodiscard]] const std::vector<NodeId>& consumers(TensorId id) const {
    return consumers_.at(static_cast<std::size_t>(id));
  }

 private:
  std::vector<std::optional<NodeId>> producers_;
  std::vector<std::vector<NodeId>> consumers_;
};

}  // namespace systole
