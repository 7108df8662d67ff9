#include "kernels/onnx/graph_inputs.h"

#include <onnx/onnx_pb.h>

#include <map>
#include <vector>

#include "kernels/onnx/node_import.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole {
namespace {

struct Use {
  const onnx::NodeProto* node;
  int operand;
};

using UsesByName = std::map<std::string, std::vector<Use>>;

bool is_weight_operand(const Use& use, int rank) {
  static const std::map<std::string, std::pair<int, int>> kWeightOperands = {{"Conv", {1, 2}},
                                                                             {"Gemm", {1, 2}},
                                                                             {"BatchNormalization", {1, 4}},
                                                                             {"PRelu", {1, 1}},
                                                                             {"MatMul", {1, 1}},
                                                                             {"ConvInteger", {1, 1}},
                                                                             {"QLinearConv", {3, 3}},
                                                                             {"MatMulInteger", {1, 1}},
                                                                             {"QLinearMatMul", {3, 3}},
                                                                             {"NegativeLogLikelihoodLoss", {2, 2}},
                                                                             {"SoftmaxCrossEntropyLoss", {2, 2}}};
  const auto found = kWeightOperands.find(use.node->op_type());
  if (found == kWeightOperands.end()) return false;
  // A second MatMul operand of more than two dimensions is usually an activation (attention).
  if (use.node->op_type() == "MatMul" && rank != 2) return false;
  return use.operand >= found->second.first && use.operand <= found->second.second;
}

bool rearranges(const onnx::NodeProto& node) {
  static const std::set<std::string> kRearranging = {"Identity", "Transpose", "Reshape",
                                                     "Squeeze",  "Unsqueeze", "Cast"};
  return kRearranging.count(node.op_type()) != 0 && node.output_size() == 1;
}

/// `visited` stops on cycles, which only a damaged file has.
bool only_weight_uses(const std::string& name, int rank, const UsesByName& uses, std::set<std::string>& visited) {
  const auto found = uses.find(name);
  if (found == uses.end() || !visited.insert(name).second) return false;
  for (const Use& use : found->second) {
    const bool passes_on = use.operand == 0 && rearranges(*use.node);
    if (!is_weight_operand(use, rank) && !(passes_on && only_weight_uses(use.node->output(0), rank, uses, visited)))
      return false;
  }
  return true;
}

void add_fault(Diagnostics& faults, const std::string& file, const std::string& input, const std::string& cause,
               const char* hint) {
  faults.add({file, 0, 0, "graph input '" + input + "'" + cause, hint});
}

}  // namespace

std::set<std::string> absent_weights(const onnx::GraphProto& graph) {
  UsesByName uses;
  for (const auto& node : graph.node()) {
    for (int i = 0; i < node.input_size(); ++i) uses[node.input(i)].push_back({&node, i});
  }
  std::set<std::string> weights;
  for (const auto& input : graph.input()) {
    std::set<std::string> visited;
    const int rank = input.type().tensor_type().shape().dim_size();
    if (only_weight_uses(input.name(), rank, uses, visited)) weights.insert(input.name());
  }
  return weights;
}

std::optional<std::int64_t> declared_batch(const onnx::ValueInfoProto& input) {
  const onnx::TensorShapeProto& shape = input.type().tensor_type().shape();
  if (shape.dim_size() == 0 || !shape.dim(0).has_dim_value()) return std::nullopt;
  return shape.dim(0).dim_value();
}

std::optional<Tensor> declared_tensor(const onnx::ValueInfoProto& input, std::optional<std::int64_t> batch,
                                      const std::string& file, Diagnostics& faults) {
  const onnx::TypeProto_Tensor& type = input.type().tensor_type();
  const auto element = element_type(type.elem_type());
  if (!input.type().has_tensor_type() || !element) {
    add_fault(faults, file, input.name(), " is no tensor of numbers", "");
    return std::nullopt;
  }
  if (!type.has_shape()) {
    add_fault(faults, file, input.name(), " has no shape", "export the network with fixed sizes");
    return std::nullopt;
  }
  Tensor tensor{input.name(), {}, *element, false, Absent{}};
  bool known = true;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const auto& dim = type.shape().dim(i);
    const bool replaced = i == 0 && batch.has_value();
    if (!replaced && !dim.has_dim_value()) {
      const std::string what = dim.dim_param().empty() ? "is missing" : "is symbolic ('" + dim.dim_param() + "')";
      add_fault(faults, file, input.name(), ": dimension " + std::to_string(i) + " " + what,
                i == 0 ? "choose the batch with --batch N"
                       : "export the network with fixed sizes; --batch sets only dimension 0");
      known = false;
    }
    tensor.shape.push_back(replaced ? *batch : dim.dim_value());
  }
  if (!known) return std::nullopt;
  try {
    require_valid(tensor.shape, tensor.name, 1);
  } catch (const Rejected& fault) {
    faults.add({file, 0, 0, fault.what(), fault.hint()});
    return std::nullopt;
  }
  return tensor;
}

}  // namespace systole
