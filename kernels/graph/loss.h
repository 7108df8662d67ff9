#pragma once

#include <map>
#include <optional>
#include <string>

#include "kernels/graph/graph.h"

/// Losses, spelled out as ordinary nodes: what they cost and what their gradients are follows from the operators.
namespace systole {

enum class LossReduction { Mean, Sum, None };

/// What a loss node appends to the graph.
struct LossResult {
  TensorId loss{};
  TensorId log_probabilities{};  ///< of a cross-entropy, of the shape of the scores
};

/// -log softmax(scores)[label], of scores {N,C} or {N,C,d..} and labels {N} or {N,d..} that hold class numbers: a
/// LogSoftmax, a one-hot mask (Equal with 0 .. C-1), Mul and ReduceSum. A label that is no class number costs nothing
/// and is not counted by Mean when `ignores` is set. `weights` are a constant vector of C. Nodes are named
/// `<name>/<part>`.
LossResult add_cross_entropy(Graph& graph, const std::string& name, TensorId scores, TensorId labels,
                             LossReduction reduction, std::optional<TensorId> weights = std::nullopt,
                             bool ignores = false);
/// The same of scores that are logarithms of probabilities already.
LossResult add_negative_log_likelihood(Graph& graph, const std::string& name, TensorId log_probabilities,
                                       TensorId labels, LossReduction reduction,
                                       std::optional<TensorId> weights = std::nullopt, bool ignores = false);
/// The graph inputs that hold class numbers of such a loss, and how many classes there are.
std::map<TensorId, std::int64_t> class_inputs(const Graph& graph);
/// The mean of (prediction - target)^2 over all elements; the same shape for both.
LossResult add_mean_squared(Graph& graph, const std::string& name, TensorId prediction, TensorId target);

}  // namespace systole
