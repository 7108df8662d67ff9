#include "kernels/graph/loss.h"

#include <numeric>
#include <utility>
#include <vector>

namespace systole {

namespace {

/// Appends the nodes of one loss.
class LossBuilder {
 public:
  LossBuilder(Graph& graph, std::string name) : graph_(graph), name_(std::move(name)) {}

  TensorId add(const char* part, OpKind op, std::vector<TensorId> inputs, const Shape& shape,
               Attributes attributes = NoAttributes{}) {
    const TensorId output = graph_.add(Tensor{name_ + "/" + part, shape, ElementType::Float32, false, Absent{}});
    Node node;
    node.name = name_ + "/" + part;
    node.onnx_op = to_string(op);
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.attributes = std::move(attributes);
    graph_.add(std::move(node));
    return output;
  }

  TensorId constant(const char* part, const Shape& shape, Values values) {
    return graph_.add(Tensor{name_ + "/" + part, shape, ElementType::Float32, true, std::move(values)});
  }

  TensorId total(const char* part, TensorId of) {
    ReduceAttributes all{{}, false};
    all.axes.resize(graph_.shape(of).size());
    std::iota(all.axes.begin(), all.axes.end(), 0);
    return add(part, OpKind::ReduceSum, {of}, {}, all);
  }

 private:
  Graph& graph_;
  std::string name_;
};

}  // namespace

LossResult add_negative_log_likelihood(Graph& graph, const std::string& name, TensorId log_probabilities,
                                       TensorId labels, LossReduction reduction, std::optional<TensorId> weights,
                                       bool ignores) {
  LossBuilder build(graph, name);
  const Shape scores = graph.shape(log_probabilities);
  Shape column(scores.size() - 1, 1);  // classes along dimension 1 of the scores
  column.front() = scores.at(1);
  Shape one_class = scores;
  one_class[1] = 1;
  std::vector<float> numbers(static_cast<std::size_t>(scores[1]));
  std::iota(numbers.begin(), numbers.end(), 0.0F);
  const TensorId classes = build.constant("classes", column, std::move(numbers));
  const TensorId lifted = build.add("labels", OpKind::Reshape, {labels}, one_class);
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
  LossBuilder build(graph, name);
  const Shape shape = graph.shape(scores);
  const TensorId logarithms = build.add("log_prob", OpKind::LogSoftmax, {scores}, shape, SoftmaxAttributes{1, 2});
  return add_negative_log_likelihood(graph, name, logarithms, labels, reduction, weights, ignores);
}

LossResult add_mean_squared(Graph& graph, const std::string& name, TensorId prediction, TensorId target) {
  LossBuilder build(graph, name);
  const Shape shape = graph.shape(prediction);
  const TensorId error = build.add("error", OpKind::Sub, {prediction, target}, shape);
  const TensorId two = build.constant("two", {}, Fill{2.0});
  const TensorId square = build.add("square", OpKind::Pow, {error, two}, shape);
  const TensorId sum = build.total("sum", square);
  const TensorId share = build.constant("factor", {}, Fill{1.0 / static_cast<double>(element_count(shape))});
  return {build.add("loss", OpKind::Mul, {sum, share}, {}), {}};
}

}  // namespace systole
