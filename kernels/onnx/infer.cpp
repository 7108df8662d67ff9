#include "kernels/onnx/infer.h"

#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "kernels/onnx/operators.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole {
namespace {

void add_value(const Tensor& tensor, onnx::GraphProto& graph) {
  onnx::ValueInfoProto* input = graph.add_input();
  input->set_name(tensor.name);
  onnx::TypeProto_Tensor* type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx_type(tensor.type));
  onnx::TensorShapeProto* shape = type->mutable_shape();
  for (const std::int64_t extent : tensor.shape) shape->add_dim()->set_dim_value(extent);
  onnx::TensorProto values;
  if (to_proto(tensor, values)) *graph.add_initializer() = std::move(values);
}

/// libonnx infers nothing for the attribute form of Slice (below opset 10) when a bound counts from the end.
void count_from_front(onnx::NodeProto& slice, const Shape& shape) {
  onnx::AttributeProto* starts = nullptr;
  onnx::AttributeProto* ends = nullptr;
  std::vector<std::int64_t> axes;
  for (auto& attribute : *slice.mutable_attribute()) {
    if (attribute.name() == "starts") starts = &attribute;
    if (attribute.name() == "ends") ends = &attribute;
    if (attribute.name() == "axes") axes.assign(attribute.ints().begin(), attribute.ints().end());
  }
  for (onnx::AttributeProto* bounds : {starts, ends}) {
    for (int i = 0; bounds != nullptr && i < bounds->ints_size(); ++i) {
      const std::int64_t axis = i < static_cast<int>(axes.size()) ? axes[static_cast<std::size_t>(i)] : i;
      const auto at = static_cast<std::size_t>(from_front(axis, static_cast<std::int64_t>(shape.size())));
      if (bounds->ints(i) < 0 && at < shape.size()) {
        bounds->set_ints(i, std::max<std::int64_t>(0, from_front(bounds->ints(i), shape[at])));
      }
    }
  }
}

/// libonnx says "[ShapeInferenceError] (op_type:..): [ShapeInferenceError] cause"; the node is named by our own
/// message.
std::string cause_of(const std::exception& failure) {
  const std::string text = failure.what();
  const std::size_t tag = text.rfind("Error] ");
  return tag == std::string::npos ? text : text.substr(tag + 7);
}

/// Fills in type and shape; returns what is wrong with them, or empty.
std::string read_type(const onnx::ValueInfoProto& value, OutputInfo& output) {
  const onnx::TypeProto_Tensor& type = value.type().tensor_type();
  const auto element = element_type(type.elem_type());
  if (!value.type().has_tensor_type() || !element) return "its output '" + value.name() + "' is no tensor of numbers";
  output.type = *element;
  bool known = type.has_shape();
  for (const auto& dim : type.shape().dim()) {
    known = known && dim.has_dim_value();
    output.shape.push_back(dim.dim_value());
  }
  return known ? "" : "the shape of its output '" + value.name() + "' does not follow from constants";
}

}  // namespace

std::vector<OutputInfo> infer_outputs(const onnx::NodeProto& node, int opset, const std::vector<const Tensor*>& inputs,
                                      const std::unordered_set<std::string>& read) {
  onnx::ModelProto model;
  model.set_ir_version(onnx::Version::IR_VERSION);
  onnx::OperatorSetIdProto* version = model.add_opset_import();
  version->set_version(opset);
  onnx::OperatorSetIdProto* optimizers = model.add_opset_import();
  optimizers->set_domain(kTrainingDomain);
  optimizers->set_version(1);
  onnx::GraphProto& graph = *model.mutable_graph();
  *graph.add_node() = node;
  if (node.op_type() == "Slice" && inputs.size() == 1 && inputs[0] != nullptr) {
    count_from_front(*graph.mutable_node(0), inputs[0]->shape);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& names = node.input();
    const bool first_use = std::find(names.begin(), names.begin() + static_cast<int>(i), names[static_cast<int>(i)]) ==
                           names.begin() + static_cast<int>(i);
    if (inputs[i] != nullptr && first_use) add_value(*inputs[i], graph);
  }
  for (const std::string& name : node.output()) {
    if (!name.empty()) graph.add_output()->set_name(name);
  }
  try {
    require_sane(node, inputs);
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {true, 1, false});
  } catch (const Rejected&) {
    throw;
  } catch (const std::exception& failure) {
    throw Rejected(cause_of(failure));
  }
  std::vector<OutputInfo> outputs;
  int next = 0;
  for (const std::string& name : node.output()) {
    OutputInfo output{name, {}, ElementType::Float32, read.count(name) != 0};
    const std::string fault = name.empty() ? "" : read_type(graph.output(next++), output);
    if (!fault.empty() && (outputs.empty() || output.used))
      throw Rejected(fault, "inputs that give shapes, axes or sizes must be constants");
    if (fault.empty()) require_valid(output.shape, name, 0);
    outputs.push_back(std::move(output));
  }
  return outputs;
}

}  // namespace systole
