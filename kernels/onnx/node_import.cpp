#include "kernels/onnx/node_import.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

#include "base/errors.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole {

NodeImport::NodeImport(const onnx::NodeProto& proto, int opset, std::string unique_name, Graph& graph,
                       std::vector<std::optional<TensorId>> inputs, std::vector<OutputInfo> outputs,
                       std::int64_t fold_limit)
    : proto_(proto),
      opset_(opset),
      name_(std::move(unique_name)),
      graph_(graph),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      fold_limit_(fold_limit) {}

const onnx::AttributeProto* NodeImport::attribute(const std::string& name) const {
  const auto& all = proto_.attribute();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.name() == name; });
  return found == all.end() ? nullptr : &*found;
}

std::int64_t NodeImport::integer(const std::string& name, std::int64_t otherwise) const {
  const onnx::AttributeProto* found = attribute(name);
  return found == nullptr ? otherwise : found->i();
}

double NodeImport::real(const std::string& name, double otherwise) const {
  const onnx::AttributeProto* found = attribute(name);
  return found == nullptr ? otherwise : static_cast<double>(found->f());
}

std::string NodeImport::text(const std::string& name, const std::string& otherwise) const {
  const onnx::AttributeProto* found = attribute(name);
  return found == nullptr ? otherwise : found->s();
}

std::optional<std::vector<std::int64_t>> NodeImport::integers(const std::string& name) const {
  const onnx::AttributeProto* found = attribute(name);
  if (found == nullptr) return std::nullopt;
  return std::vector<std::int64_t>(found->ints().begin(), found->ints().end());
}

TensorId NodeImport::input(std::size_t i) const {
  if (!has_input(i)) throw Rejected("input " + std::to_string(i) + " is missing");
  return *inputs_[i];
}

std::vector<TensorId> NodeImport::all_inputs() const {
  std::vector<TensorId> all;
  for (std::size_t i = 0; i < inputs_.size(); ++i) all.push_back(input(i));
  return all;
}

void NodeImport::require_constant(std::size_t i, const char* role) const {
  if (!operand(i).constant) {
    throw Rejected("its " + std::string(role) + " '" + operand(i).name + "' is computed while the network runs",
                   "only a constant is supported here");
  }
}

std::optional<std::vector<std::int64_t>> NodeImport::constant_integers(std::size_t i) const {
  if (!has_input(i)) return std::nullopt;
  const Tensor& tensor = operand(i);
  const auto values = as_integers(tensor.values, element_count(tensor.shape));
  if (!values) throw Rejected("input '" + tensor.name + "' must be a constant whose values are in the file");
  return values;
}

std::optional<double> NodeImport::constant_real(std::size_t i) const {
  if (!has_input(i)) return std::nullopt;
  const Tensor& tensor = operand(i);
  if (element_count(tensor.shape) != 1) throw Rejected("input '" + tensor.name + "' must have one element");
  const auto values = as_floats(tensor.values, 1);
  if (!values) throw Rejected("input '" + tensor.name + "' must be a constant whose value is in the file");
  return values->front();
}

void NodeImport::require_single_output(const char* why) const {
  for (std::size_t i = 1; i < outputs_.size(); ++i) {
    if (outputs_[i].used) throw Rejected("its output '" + outputs_[i].name + "' is used: " + why);
  }
}

void NodeImport::emit(OpKind op, std::vector<TensorId> inputs, Attributes attributes) {
  emit_outputs(op, std::move(inputs), std::move(attributes), 1);
}

void NodeImport::emit_all_outputs(OpKind op, std::vector<TensorId> inputs, Attributes attributes) {
  emit_outputs(op, std::move(inputs), std::move(attributes), outputs_.size());
}

TensorId NodeImport::emit_helper(const std::string& suffix, OpKind op, std::vector<TensorId> inputs,
                                 Attributes attributes, const Shape& shape, ElementType type) {
  const std::string name = name_ + "/" + suffix;
  const TensorId made = graph_.add(Tensor{name, shape, type, false, Absent{}});
  graph_.add(Node{name, proto_.op_type(), op, std::move(inputs), {made}, std::move(attributes), {}});
  return made;
}

TensorId NodeImport::add_constant(const std::string& suffix, const Shape& shape, ElementType type, Values values) {
  return graph_.add(Tensor{name_ + "/" + suffix, shape, type, true, std::move(values)});
}

TensorId NodeImport::reshaped(std::size_t i, const Shape& shape) {
  if (operand(i).shape == shape) return input(i);
  if (!operand(i).constant) {
    return emit_helper("lifted", OpKind::Reshape, {input(i)}, NoAttributes{}, shape, operand(i).type);
  }
  Tensor copy = operand(i);
  copy.name = name_ + "/" + copy.name;
  copy.shape = shape;
  return graph_.add(std::move(copy));
}

void NodeImport::emit_through(const Shape& inner, OpKind op, std::vector<TensorId> inputs, Attributes attributes) {
  if (inner == output().shape) return emit(op, std::move(inputs), std::move(attributes));
  const TensorId made = emit_helper("window", op, std::move(inputs), std::move(attributes), inner, output().type);
  emit(OpKind::Reshape, {made});
}

void NodeImport::adopt(const std::vector<TensorId>& made) {
  for (std::size_t i = 0; i < made.size() && i < outputs_.size(); ++i) {
    if (outputs_[i].name.empty()) continue;
    graph_.tensor(made[i]).name = outputs_[i].name;
    emitted_.push_back(made[i]);
  }
}

void NodeImport::emit_outputs(OpKind op, std::vector<TensorId> inputs, Attributes attributes, std::size_t count) {
  check(emitted_.empty(), "onnx", [&] { return "node '" + name_ + "' emitted twice"; });
  for (const TensorId id : inputs) require_valid(graph_.shape(id), graph_.tensor(id).name, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const OutputInfo& made = outputs_.at(i);
    require_valid(made.shape, made.name, 1);
    emitted_.push_back(graph_.add(Tensor{made.name, made.shape, made.type, false, Absent{}}));
  }
  graph_.add(Node{name_, proto_.op_type(), op, std::move(inputs), emitted_, std::move(attributes), {}});
}

}  // namespace systole
