#pragma once

#include <string>
#include <vector>

#include "configs/machine.pb.h"
#include "kernels/graph/graph.h"
#include "models/analytical/simdit/from_graph.h"
#include "models/analytical/simdit/network.h"
#include "traces/results.h"

namespace systole {

/// The published model's answer for a network.
struct SimditAnalysis {
  simdit::Program program;
  std::vector<simdit::Cost> costs;  ///< one a layer
};

struct SimditOptions {
  bool fused = true;
  bool training = false;          ///< one iteration: forward, backward, update
  bool allow_unmodelled = false;  ///< operators that the model has no cost for are charged nothing, as it does
};

/// `file` is the network's, for messages. Throws UserError: every operator without a model (unless allowed), a guard of
/// the model on a buffer that does not hold, neighbours that its fusion refuses.
SimditAnalysis simdit_analysis(const Graph& imported, const std::string& file, const config::Machine& machine,
                               const SimditOptions& options);

/// As results; fractions of cycles and bytes are rounded. The model's own numbers are in its table (simdit/csv.h).
RunResult simdit_result(const SimditAnalysis& analysis, const config::Machine& machine, const std::string& model,
                        const std::string& mode, std::int64_t batch);

}  // namespace systole
