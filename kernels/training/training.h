#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/graph/graph.h"

/// One training iteration of a network as a graph: forward, loss, gradients, updates.
namespace systole {

enum class LossKind { CrossEntropy, MeanSquared };
enum class OptimizerKind { Sgd, Momentum, Nesterov, Adam, Adagrad };

struct TrainingOptions {
  std::optional<LossKind> loss;  ///< nullopt: cross-entropy over scores, the model's own loss if it has one
  OptimizerKind optimizer = OptimizerKind::Sgd;
  double learning_rate = 0.01;
  double weight_decay = 0.0;
  double momentum = 0.9;         ///< Momentum, Nesterov; Adam's beta1
  double second_moment = 0.999;  ///< Adam's beta2
  double epsilon = 1e-8;         ///< Adam, Adagrad
  bool input_gradient = false;   ///< the gradient by the network's inputs is computed as well, and is an output
};

/// What the caller must know beside the graph.
struct Training {
  /// Inputs: those of the network, then `labels` or `targets`, a `<node>/mask` for every dropout, and every state.
  /// Outputs: `loss`, what replaces every state, and `<input>/gradient` where asked for.
  Graph graph;
  std::string notes;                  ///< a sentence or two: which output is taken with which loss
  std::vector<std::string> warnings;  ///< a sentence each
  struct Mask {
    std::string input;
    double ratio = 0.0;  ///< share of zeros; the others are 1/(1-ratio)
  };
  std::vector<Mask> masks;  ///< of dropouts
};

/// Expands a network into one iteration. Trained are the weights and biases of convolutions, matrix products, batch
/// normalizations and PRelu, and what Add and Mul apply with more than one element behind one of these. Throws
/// UserError: no output that the loss fits; every operator that cannot be trained through, all at once.
Training expand_training(const Graph& network, const TrainingOptions& options);

}  // namespace systole
