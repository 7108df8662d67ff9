#pragma once

#include <string>
#include <vector>

#include "kernels/graph/values.h"

namespace systole {

class NodeImport;

/// The opsets of the standard ONNX domain that import reads.
inline constexpr int kFirstOpset = 7;
inline constexpr int kLastOpset = 17;

/// One supported ONNX operator. The table `operators()` is the only list of them: import dispatches through it,
/// `systole info` prints it, tests run over it.
struct Operator {
  const char* name;
  int since;            ///< first opset that has it, kFirstOpset at least
  const char* becomes;  ///< what it is in the graph; "a constant" when it is supported on constants only
  const char* doc;      ///< one line: limits and notes
  /// Adds its node to the graph; null when the operator is supported on constants only. Throws Rejected.
  void (*convert)(NodeImport&);
  /// The values of its only output when the inputs are constants; null when it is never folded. Throws Rejected.
  Values (*fold)(const NodeImport&);
  bool folds_from_shapes;  ///< folded whatever the inputs are, from their shapes alone
};

/// In alphabetical order.
[[nodiscard]] const std::vector<Operator>& operators();
/// The operator of the standard domain with that name, or null.
[[nodiscard]] const Operator* find_operator(const std::string& name);

}  // namespace systole
