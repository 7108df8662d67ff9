#include "kernels/graph/loss.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/graph/node_appender.h"

namespace systole {

LossResult add_negative_log_likelihood(Graph& graph, const std::string& name, TensorId log_probabilities,
                                       TensorId labels, LossReduction reduction, std::optional<TensorId> weights,
                                       bool ignores) {
  NodeAppender build(graph, name);
  const Shape scores = graph.shape(log_probabilities);
  Shape column(scores.size() - 1, 1);  // classes along dimension 1 of the scores
  column.front() = scores.at(1);
  Shape one_class = scores;
  one_class[1] = 1;
  std::vector<float> numbers(static_cast<std::size_t>(scores[1]));
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  const TensorId classes = build.constant("classes", column, std::move(numbers));
  const Tensor& given = graph.tensor(labels);
  const TensorId lifted = given.constant ? build.constant("labels", one_class, given.values)
                                         : build.add("labels", OpKind::Reshape, {labels}, one_class);
  TensorId mask = build.add("one_hot", OpKind::Equal, {lifted, classes}, scores);
  if (weights) {
    Tensor vector = graph.tensor(*weights);
    const TensorId factors = build.constant("class_weights", column, std::move(vector.values));
    mask = build.add("weighted", OpKind::Mul, {mask, factors}, scores);
  }
  const TensorId picked = build.add("picked", OpKind::Mul, {log_probabilities, mask}, scores);
  if (reduction == LossReduction::None) {
    Shape each = scores;
    each.erase(each.begin() + 1);
    const TensorId sum = build.add("sum", OpKind::ReduceSum, {picked}, each, ReduceAttributes{{1}, false});
    return {build.add("loss", OpKind::Mul, {sum, build.constant("sign", {}, Fill{-1.0})}, each), log_probabilities};
  }
  const TensorId sum = build.total("sum", picked);
  const bool counted = reduction == LossReduction::Mean && (weights || ignores);
  const double labels_count = static_cast<double>(element_count(one_class));
  const double factor = reduction == LossReduction::Mean && !counted ? -1.0 / labels_count : -1.0;
  const TensorId negative = build.constant("factor", {}, Fill{factor});
  if (!counted) return {build.add("loss", OpKind::Mul, {sum, negative}, {}), log_probabilities};
  const TensorId share = build.add("mean", OpKind::Div, {sum, build.total("count", mask)}, {});
  return {build.add("loss", OpKind::Mul, {share, negative}, {}), log_probabilities};
}

LossResult add_cross_entropy(Graph& graph, const std::string& name, TensorId scores, TensorId labels,
                             LossReduction reduction, std::optional<TensorId> weights, bool ignores) {
  NodeAppender build(graph, name);
  const Shape shape = graph.shape(scores);
  const TensorId logarithms = build.add("log_prob", OpKind::LogSoftmax, {scores}, shape, SoftmaxAttributes{1, 2});
  return add_negative_log_likelihood(graph, name, logarithms, labels, reduction, weights, ignores);
}

std::map<TensorId, std::int64_t> class_inputs(const Graph& graph) {
  std::map<TensorId, std::int64_t> found;
  for (const Node& node : graph.nodes) {
    if (node.op != OpKind::Equal || !graph.tensor(node.inputs[1]).constant) continue;
    const std::optional<NodeId> lifted = graph.producer(node.inputs[0]);
    if (!lifted || graph.node(*lifted).op != OpKind::Reshape) continue;
    const TensorId labels = graph.node(*lifted).inputs[0];
    if (std::find(graph.inputs.begin(), graph.inputs.end(), labels) == graph.inputs.end()) continue;
    found[labels] = element_count(graph.shape(node.inputs[1]));
  }
  return found;
}

LossResult add_mean_squared(Graph& graph, const std::string& name, TensorId prediction, TensorId target) {
  NodeAppender build(graph, name);
  const Shape shape = graph.shape(prediction);
  const TensorId error = build.add("error", OpKind::Sub, {prediction, target}, shape);
  const TensorId two = build.constant("two", {}, Fill{2.0});
  const TensorId square = build.add("square", OpKind::Pow, {error, two}, shape);
  const TensorId sum = build.total("sum", square);
  const TensorId share = build.constant("factor", {}, Fill{1.0 / static_cast<double>(element_count(shape))});
  return {build.add("loss", OpKind::Mul, {sum, share}, {}), {}};
}

}  // namespace systole
