#pragma once

#include <string>
#include <vector>

#include "kernels/graph/values.h"

namespace systole {

class NodeImport;

/// The opsets of the standard ONNX domain that import reads.
inline constexpr int kFirstOpset = 7;
inline constexpr int kLastOpset = 17;
/// The domain of ONNX's optimizers.
inline constexpr const char* kTrainingDomain = "ai.onnx.preview.training";

/// One supported ONNX operator. The table `operators()` is the only list of them: import dispatches through it,
/// `systole info` prints it, tests run over it.
struct Operator {
  const char* name;
  int since;            ///< first opset that has it, kFirstOpset at least; 1 outside the standard domain
  const char* becomes;  ///< what it is in the graph; "a constant" when it is supported on constants only
  const char* doc;      ///< one line: limits and notes
  /// Adds its node to the graph; null when the operator is supported on constants only. Throws Rejected.
  void (*convert)(NodeImport&);
  /// The values of its only output when the inputs are constants; null when it is never folded. Throws Rejected.
  Values (*fold)(const NodeImport&);
  bool folds_from_shapes;   ///< folded whatever the inputs are, from their shapes alone
  const char* domain = "";  ///< of version 1, where it is not the standard one
};

/// In alphabetical order.
[[nodiscard]] const std::vector<Operator>& operators();
/// The operator with that name in that domain, or null.
[[nodiscard]] const Operator* find_operator(const std::string& name, const std::string& domain = "");

}  // namespace systole
