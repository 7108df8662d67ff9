#pragma once

#include <set>

#include "base/errors.h"

#include "kernels/training/training.h"

namespace systole::training {

/// Rewrites the forward part in place into what a training iteration runs: batch statistics with running averages as
/// states, dropouts with masks, and the loss, which becomes the only output. Faults go to `diagnostics`.
void prepare_forward(const TrainingOptions& options, Training& training, Diagnostics& diagnostics);

/// Makes every constant that is trained a graph input, and returns them. They become states once their gradients are
/// known.
std::set<TensorId> trained_weights(Graph& graph);

/// Lets the max-pools among what is wanted write where their maxima are.
void record_maxima(Graph& graph, const std::vector<bool>& wanted);

}  // namespace systole::training
