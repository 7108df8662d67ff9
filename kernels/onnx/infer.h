#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "kernels/onnx/node_import.h"

namespace systole {

/// Types and shapes of a node's outputs, by libonnx's shape inference on a model of this one node. `inputs` holds null
/// for an input that is left out; `read` are the names that anything reads. Throws Rejected when the node contradicts
/// its inputs, or when the shape of the first output, or of another one that is read, does not follow from what is
/// known.
[[nodiscard]] std::vector<OutputInfo> infer_outputs(const onnx::NodeProto& node, int opset,
                                                    const std::vector<const Tensor*>& inputs,
                                                    const std::unordered_set<std::string>& read);

/// What libonnx's inference takes on trust (it would divide by a stride of zero, index by an axis): throws Rejected
/// when an attribute, or a constant input that stands for one, is outside the range that any operator allows.
void require_sane(const onnx::NodeProto& node, const std::vector<const Tensor*>& inputs);

}  // namespace systole
