#include "kernels/onnx/import.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/errors.h"
#include "base/files.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/graph/passes/unique_names.h"
#include "kernels/onnx/graph_inputs.h"
#include "kernels/onnx/infer.h"
#include "kernels/onnx/model_file.h"
#include "kernels/onnx/operators.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole {
namespace {

/// One walk over the nodes in file order. Each node's shapes are inferred from those before it, so that a fault is the
/// fault of one node; a node that fails poisons its outputs and the walk goes on to collect the other faults.
class Importer {
 public:
  Importer(std::string path, const ImportOptions& options)
      : path_(std::move(path)), batch_(options.batch), given_(options.constants) {}

  Graph run();

 private:
  void add_initializers();
  void add_inputs();
  void add_input(const onnx::ValueInfoProto& input, bool weight);
  void check_whole_model();
  void add_node(int index);
  void convert(int index, const Operator& op);
  std::vector<OutputInfo> infer(int index, std::vector<std::optional<TensorId>>& inputs);
  void rescale_reshape(std::vector<std::optional<TensorId>>& inputs);
  void fold(const Operator& op, const NodeImport& node);
  void add_outputs();

  /// Gives a tensor its name; false when the name is taken, which only a damaged file does.
  bool define(const std::string& name, TensorId id) { return ids_.emplace(name, id).second; }
  void fault(const std::string& message, const std::string& hint = "") { faults_.add({path_, 0, 0, message, hint}); }

  std::string path_;
  std::optional<std::int64_t> batch_;
  const std::map<std::string, Tensor>& given_;
  std::optional<std::int64_t> old_batch_;  ///< what the file was made for, when that is a number
  onnx::ModelProto model_;
  int opset_ = 0;
  bool checked_ = false;  ///< libonnx's checker has seen the whole model
  Graph graph_;
  std::unordered_map<std::string, TensorId> ids_;
  std::unordered_set<std::string> poisoned_;  ///< outputs of nodes that failed
  std::unordered_set<std::string> read_;      ///< names that a node reads or the graph puts out
  std::set<TensorId> from_shapes_;            ///< constants computed from shapes: they follow the batch by themselves
  std::int64_t fold_budget_ = kMaterialiseLimit;  ///< elements that folding may still write out, over the whole file
  Diagnostics faults_;
};

Graph Importer::run() {
  if (batch_ && *batch_ < 1)
    throw UserError({"", 0, 0, "batch " + std::to_string(*batch_) + " is not possible", "--batch is at least 1"});
  read_model(path_, model_);
  opset_ = opset_of(model_, path_);
  graph_.name = model_.graph().name();
  faults_ = unsupported_operators(model_, opset_, path_);
  add_initializers();
  add_inputs();
  check_whole_model();
  for (const auto& node : model_.graph().node()) read_.insert(node.input().begin(), node.input().end());
  for (const auto& output : model_.graph().output()) read_.insert(output.name());
  for (int i = 0; i < model_.graph().node_size(); ++i) add_node(i);
  add_outputs();
  faults_.throw_if_any();
  remove_dead(graph_);
  if (graph_.nodes.empty())
    throw UserError({path_, 0, 0, "no output depends on an input: there is nothing to run", ""});
  make_names_unique(graph_);
  graph_.validate();
  return std::move(graph_);
}

/// Moves the initializers into the graph and declares them as inputs instead: the checker and shape inference then
/// never see (or copy, or demand) weights.
void Importer::add_initializers() {
  onnx::GraphProto& graph = *model_.mutable_graph();
  if (graph.sparse_initializer_size() > 0) fault("sparse initializers are not supported", "store the weights densely");
  std::unordered_set<std::string> declared;
  for (const auto& input : graph.input()) declared.insert(input.name());
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  for (const auto& initializer : graph.initializer()) {
    try {
      Tensor tensor = tensor_from(initializer, folder);
      if (declared.insert(tensor.name).second) {
        onnx::ValueInfoProto* input = graph.add_input();
        input->set_name(tensor.name);
        auto* type = input->mutable_type()->mutable_tensor_type();
        type->set_elem_type(initializer.data_type());
        for (const std::int64_t extent : tensor.shape) type->mutable_shape()->add_dim()->set_dim_value(extent);
        if (tensor.shape.empty()) type->mutable_shape();
      }
      if (!define(initializer.name(), graph_.add(std::move(tensor))))
        fault("two initializers are named '" + initializer.name() + "'");
    } catch (const Rejected& rejected) {
      fault(rejected.what(), rejected.hint());
      poisoned_.insert(initializer.name());
    }
  }
  graph.clear_initializer();
}

/// Declared types of outputs and of values in between say nothing that inference does not, and many exporters leave
/// their shapes out, which the checker would refuse: they are replaced.
void Importer::check_whole_model() {
  checked_ = faults_.empty();
  if (!checked_) return;
  model_.mutable_graph()->clear_value_info();
  for (auto& output : *model_.mutable_graph()->mutable_output()) {
    output.clear_type();
    output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    output.mutable_type()->mutable_tensor_type()->mutable_shape();
  }
  check_model(model_, path_);
}

void Importer::add_inputs() {
  for (const auto& [name, given] : given_) {
    Tensor tensor = given;
    tensor.name = name;
    tensor.constant = true;
    define(name, graph_.add(std::move(tensor)));
  }
  const std::set<std::string> weights = absent_weights(model_.graph());
  for (const auto& input : model_.graph().input()) {
    if (ids_.count(input.name()) == 0 && poisoned_.count(input.name()) == 0)
      add_input(input, weights.count(input.name()) != 0);
  }
}

void Importer::add_input(const onnx::ValueInfoProto& input, bool weight) {
  const bool has_batch = !weight && input.type().tensor_type().shape().dim_size() > 0;
  const std::optional<std::int64_t> declared = declared_batch(input);
  if (has_batch && batch_ && declared) {
    if (old_batch_ && *old_batch_ != *declared) {
      fault("graph input '" + input.name() + "' has batch " + std::to_string(*declared) + ", another one " +
                std::to_string(*old_batch_),
            "--batch needs inputs of the same batch in dimension 0");
    }
    old_batch_ = declared;
  }
  std::optional<Tensor> tensor = declared_tensor(input, has_batch ? batch_ : std::nullopt, path_, faults_);
  if (!tensor) {
    poisoned_.insert(input.name());
    return;
  }
  tensor->constant = weight;
  const TensorId id = graph_.add(std::move(*tensor));
  define(input.name(), id);
  if (!weight) graph_.inputs.push_back(id);
}

void Importer::add_node(int index) {
  const onnx::NodeProto& node = model_.graph().node(index);
  const Operator* op = find_operator(node.op_type(), node.domain());
  const bool blocked = op == nullptr || opset_ < op->since ||
                       std::any_of(node.input().begin(), node.input().end(),
                                   [&](const auto& name) { return poisoned_.count(name) != 0; });
  const std::string where = describe_node(model_, index) + ": ";
  try {
    if (!blocked) return convert(index, *op);
  } catch (const Rejected& rejected) {
    fault(where + rejected.what(), rejected.hint());
  }
  for (const std::string& output : node.output()) {
    if (!output.empty() && ids_.count(output) == 0) poisoned_.insert(output);
  }
}

void Importer::convert(int index, const Operator& op) {
  const onnx::NodeProto& proto = model_.graph().node(index);
  if (!checked_) check_node(model_, opset_, index);
  if (proto.output_size() == 0 || proto.output(0).empty()) throw Rejected("it has no output");
  std::vector<std::optional<TensorId>> inputs;
  for (const std::string& name : proto.input()) {
    const auto found = ids_.find(name);
    if (!name.empty() && found == ids_.end()) throw Rejected("its input '" + name + "' is not made by an earlier node");
    inputs.push_back(name.empty() ? std::nullopt : std::optional<TensorId>(found->second));
  }
  std::vector<OutputInfo> outputs = infer(index, inputs);
  const std::string name = proto.name().empty() ? proto.op_type() + "_" + std::to_string(index) : proto.name();
  NodeImport node(proto, opset_, name, graph_, inputs, std::move(outputs), fold_budget_);
  const bool all_constant =
      std::all_of(inputs.begin(), inputs.end(), [&](const auto& id) { return !id || graph_.tensor(*id).constant; });
  if (op.fold != nullptr && (all_constant || op.folds_from_shapes)) return fold(op, node);
  if (op.convert == nullptr) throw Rejected("it is supported on constants only");
  const std::size_t first = graph_.nodes.size();
  op.convert(node);
  for (std::size_t i = first; i < graph_.nodes.size(); ++i) {
    if (const std::string broken = fault_of(graph_, graph_.nodes[i]); !broken.empty()) throw Rejected(broken);
  }
  for (const TensorId id : node.emitted()) {
    if (!define(graph_.tensor(id).name, id))
      throw Rejected("its output '" + graph_.tensor(id).name + "' is made twice");
  }
}

std::vector<OutputInfo> Importer::infer(int index, std::vector<std::optional<TensorId>>& inputs) {
  const onnx::NodeProto& proto = model_.graph().node(index);
  if (proto.op_type() == "Reshape" && batch_ && old_batch_) rescale_reshape(inputs);
  std::vector<const Tensor*> operands;
  for (const auto& id : inputs) operands.push_back(id ? &graph_.tensor(*id) : nullptr);
  return infer_outputs(proto, opset_, operands, read_);
}

/// A constant target such as [1, 1000] or [1, -1] was written for the file's batch. When the data follow the batch, and
/// the target is no function of a shape (which would follow by itself), its first entry is the batch.
void Importer::rescale_reshape(std::vector<std::optional<TensorId>>& inputs) {
  if (inputs.size() != 2 || !inputs[0] || !inputs[1]) return;
  const Tensor& target = graph_.tensor(*inputs[1]);
  if (graph_.tensor(*inputs[0]).constant || !target.constant || from_shapes_.count(*inputs[1]) != 0 ||
      target.shape.size() != 1)
    return;
  auto values = as_integers(target.values, target.shape[0]);
  if (!values || values->empty() || values->front() != *old_batch_) return;
  values->front() = *batch_;
  Tensor rescaled = target;
  rescaled.values = std::move(*values);
  inputs[1] = graph_.add(std::move(rescaled));
}

void Importer::fold(const Operator& op, const NodeImport& node) {
  const OutputInfo& output = node.output();
  Tensor tensor{output.name, output.shape, output.type, true, Absent{}};
  if (element_count(output.shape) == 0) {
    tensor.values = std::vector<std::int64_t>{};
  } else {
    tensor.values = op.fold(node);
  }
  const bool written_out = !std::holds_alternative<Fill>(tensor.values) && has_values(tensor.values);
  if (written_out) fold_budget_ = std::max<std::int64_t>(0, fold_budget_ - element_count(tensor.shape));
  const TensorId id = graph_.add(std::move(tensor));
  if (!define(output.name, id)) throw Rejected("its output '" + output.name + "' is made twice");
  bool from_shape = op.folds_from_shapes;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    from_shape = from_shape || (node.has_input(i) && from_shapes_.count(node.input(i)) != 0);
  }
  if (from_shape) from_shapes_.insert(id);
}

void Importer::add_outputs() {
  if (model_.graph().output_size() == 0) fault("the graph has no outputs");
  for (const auto& output : model_.graph().output()) {
    const auto found = ids_.find(output.name());
    if (found != ids_.end()) {
      graph_.outputs.push_back(found->second);
    } else if (poisoned_.count(output.name()) == 0) {
      fault("graph output '" + output.name() + "' is made by no node");
    }
  }
}

}  // namespace

Graph import_onnx(const std::string& path, const ImportOptions& options) {
  return Importer(path, options).run();
}

Tensor read_tensor(const std::string& path) {
  onnx::TensorProto proto;
  if (!proto.ParseFromString(read_file(path))) throw UserError({path, 0, 0, "the file holds no ONNX tensor", ""});
  try {
    return tensor_from(proto, std::filesystem::path(path).parent_path().string());
  } catch (const Rejected& rejected) {
    throw UserError({path, 0, 0, rejected.what(), rejected.hint()});
  }
}

}  // namespace systole
