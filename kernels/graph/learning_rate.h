#pragma once

#include <string>

#include "kernels/graph/graph.h"

/// What an optimizer multiplies its rate by when it changes from iteration to iteration: a scalar that a few nodes
/// compute, named `<name>/<part>`, of the phase Update. The factors are those of ONNX's operators Adam, Adagrad and
/// Momentum (domain ai.onnx.preview.training).
namespace systole {

/// `rate` * sqrt(1 - beta^step) / (1 - alpha^step), and `rate` where `step` is 0. Powers are exp(step * log(alpha)).
TensorId add_adam_rate(Graph& graph, const std::string& name, TensorId rate, TensorId step, double alpha, double beta);
/// `rate` / (1 + step * decay).
TensorId add_decayed_rate(Graph& graph, const std::string& name, TensorId rate, TensorId step, double decay);
/// `share`, and 1 where `step` is 0: of the first gradient Momentum takes all.
TensorId add_first_whole(Graph& graph, const std::string& name, TensorId step, double share);

}  // namespace systole
