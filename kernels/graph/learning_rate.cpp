#include "kernels/graph/learning_rate.h"

#include <cmath>

#include "kernels/graph/node_appender.h"

namespace systole {

namespace {

/// 1 - base^step, and 1 where step is 0.
TensorId one_minus_power(NodeAppender& build, const char* part, double base, TensorId step, TensorId is_first) {
  const std::string name = part;
  const TensorId exponent = build.add((name + "_exponent").c_str(), OpKind::Mul,
                                      {step, build.number((name + "_log").c_str(), std::log(base))}, {});
  const TensorId power = build.add((name + "_power").c_str(), OpKind::Exp, {exponent}, {});
  const TensorId rest =
      build.add((name + "_rest").c_str(), OpKind::Sub, {build.number((name + "_one").c_str(), 1), power}, {});
  return build.add(part, OpKind::Add, {rest, is_first}, {});
}

TensorId add_is_first(NodeAppender& build, TensorId step) {
  return build.add("is_first", OpKind::Equal, {step, build.number("zero", 0)}, {});
}

}  // namespace

TensorId add_adam_rate(Graph& graph, const std::string& name, TensorId rate, TensorId step, double alpha, double beta) {
  NodeAppender build(graph, name, TrainingPhase::Update);
  const TensorId is_first = add_is_first(build, step);
  const TensorId first = one_minus_power(build, "alpha", alpha, step, is_first);
  const TensorId second = one_minus_power(build, "beta", beta, step, is_first);
  const TensorId root = build.add("root", OpKind::Sqrt, {second}, {});
  const TensorId correction = build.add("correction", OpKind::Div, {root, first}, {});
  return build.add("rate", OpKind::Mul, {correction, rate}, {});
}

TensorId add_decayed_rate(Graph& graph, const std::string& name, TensorId rate, TensorId step, double decay) {
  NodeAppender build(graph, name, TrainingPhase::Update);
  const TensorId grown = build.add("growth", OpKind::Mul, {step, build.number("decay", decay)}, {});
  const TensorId divisor = build.add("divisor", OpKind::Add, {grown, build.number("one", 1)}, {});
  return build.add("rate", OpKind::Div, {rate, divisor}, {});
}

TensorId add_first_whole(Graph& graph, const std::string& name, TensorId step, double share) {
  NodeAppender build(graph, name, TrainingPhase::Update);
  const TensorId is_first = add_is_first(build, step);
  const TensorId rest = build.add("rest", OpKind::Mul, {is_first, build.number("others", 1 - share)}, {});
  return build.add("share", OpKind::Add, {rest, build.number("later", share)}, {});
}

}  // namespace systole
