#include "test/kernels/onnx/model_builder.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace systole::test {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes)
      : path_(std::filesystem::temp_directory_path() / ("systole_test_" + std::to_string(getpid()) + ".onnx")) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void set_shape(onnx::ValueInfoProto& value, const Ints& shape, int type) {
  auto* tensor = value.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  tensor->mutable_shape();
  for (const std::int64_t extent : shape) {
    auto* dim = tensor->mutable_shape()->add_dim();
    if (extent < 0) {
      dim->set_dim_param("N");
    } else {
      dim->set_dim_value(extent);
    }
  }
}

onnx::AttributeProto named(const std::string& name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto proto;
  proto.set_name(name);
  proto.set_type(type);
  return proto;
}

}  // namespace

onnx::AttributeProto attribute(const std::string& name, std::int64_t value) {
  auto proto = named(name, onnx::AttributeProto::INT);
  proto.set_i(value);
  return proto;
}

onnx::AttributeProto attribute(const std::string& name, float value) {
  auto proto = named(name, onnx::AttributeProto::FLOAT);
  proto.set_f(value);
  return proto;
}

onnx::AttributeProto attribute(const std::string& name, const char* value) {
  auto proto = named(name, onnx::AttributeProto::STRING);
  proto.set_s(value);
  return proto;
}

onnx::AttributeProto attribute(const std::string& name, const Ints& values) {
  auto proto = named(name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) proto.add_ints(value);
  return proto;
}

Model::Model(int opset) {
  proto_.set_ir_version(7);
  proto_.add_opset_import()->set_version(opset);
  proto_.mutable_graph()->set_name("test");
}

Model& Model::input(const std::string& name, const Ints& shape, int type) {
  auto* value = proto_.mutable_graph()->add_input();
  value->set_name(name);
  set_shape(*value, shape, type);
  return *this;
}

Model& Model::output(const std::string& name) {
  auto* value = proto_.mutable_graph()->add_output();
  value->set_name(name);
  value->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  return *this;
}

Model& Model::floats(const std::string& name, const Ints& shape, const std::vector<float>& values) {
  no_values(name, shape);
  auto* tensor = proto_.mutable_graph()->mutable_initializer(proto_.graph().initializer_size() - 1);
  for (const float value : values) tensor->add_float_data(value);
  return *this;
}

Model& Model::no_values(const std::string& name, const Ints& shape) {
  auto* tensor = proto_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : shape) tensor->add_dims(extent);
  return *this;
}

Model& Model::ints(const std::string& name, const Ints& values) {
  auto* tensor = proto_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor->add_int64_data(value);
  return *this;
}

Model& Model::fill(const std::string& name, const Ints& shape, float value) {
  ints(name + ".shape", shape);
  auto value_attribute = named("value", onnx::AttributeProto::TENSOR);
  value_attribute.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value_attribute.mutable_t()->add_dims(1);
  value_attribute.mutable_t()->add_float_data(value);
  return node("ConstantOfShape", {name + ".shape"}, {name}, {value_attribute});
}

Model& Model::node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs, const std::vector<onnx::AttributeProto>& attributes,
                   const std::string& name) {
  auto* node = proto_.mutable_graph()->add_node();
  node->set_op_type(op);
  node->set_name(name);
  for (const std::string& input : inputs) node->add_input(input);
  for (const std::string& made : outputs) node->add_output(made);
  for (const auto& one : attributes) *node->add_attribute() = one;
  return *this;
}

Graph Model::import(const ImportOptions& options) const {
  return import_bytes(bytes(), options);
}

std::string Model::faults(const ImportOptions& options) const {
  try {
    static_cast<void>(import(options));
    return "";
  } catch (const UserError& error) {
    std::string lines;
    for (const Diagnostic& d : error.diagnostics()) lines += d.message + (d.hint.empty() ? "" : " | " + d.hint) + "\n";
    return lines;
  }
}

Graph import_bytes(const std::string& bytes, const ImportOptions& options) {
  const TemporaryFile file(bytes);
  return import_onnx(file.path(), options);
}

}  // namespace systole::test
