#include <gtest/gtest.h>
#include <onnx/defs/schema.h>
#include <onnx/version_converter/convert.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "kernels/onnx/import.h"
#include "kernels/onnx/operators.h"
#include "kernels/onnx/tensor_proto.h"
#include "test/kernels/onnx/model_builder.h"
#include "test/values/machine_run.h"

// ONNX's own operator models (Debian package libonnx-testdata), through compiler and machine, against the outputs that
// come with them. What cannot run is in test/values/data/skipped_operators.txt with its reason, written anew with
// UPDATE_GOLDEN=1: a model is either run or in that table.
namespace systole::test {
namespace {

const std::filesystem::path kModels = "/usr/share/libonnx-testdata/data";
const std::string kTable = std::string(SYSTOLE_SOURCE_DIR) + "/test/values/data/skipped_operators.txt";

/// Sums of integers, which must be equal bit for bit, on machines of integers too.
const std::set<std::string> kQuantised = {"ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"};

/// A model that does not run, and why.
struct Skipped {
  std::string reason;
};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Elements elements_of(const Tensor& tensor) {
  const auto values = as_floats(tensor.values, element_count(tensor.shape));
  if (!values) throw Skipped{"a test tensor without values"};
  return {values->begin(), values->end()};
}

/// One operator model with its first data set.
class OperatorModel {
 public:
  explicit OperatorModel(const std::filesystem::path& folder) : folder_(folder) {
    std::ifstream file(folder / "model.onnx", std::ios::binary);
    if (!model_.ParseFromIstream(&file)) throw Skipped{"no model"};
    if (folder.filename() == "test_adam_multiple") {
      throw Skipped{"its outputs were made with an epsilon of 0.01, which the model leaves out"};
    }
    bring_up_to_date();
    std::set<std::string> unknown;
    for (const auto& node : model_.graph().node()) {
      if (find_operator(node.op_type(), node.domain()) == nullptr) unknown.insert(node.op_type());
    }
    if (!unknown.empty()) throw Skipped{"operator " + *unknown.begin() + " is not supported"};
    std::set<std::string> initializers;
    for (const auto& initializer : model_.graph().initializer()) initializers.insert(initializer.name());
    for (const auto& input : model_.graph().input()) {
      if (initializers.count(input.name()) == 0) inputs_.push_back(input.name());
    }
  }

  [[nodiscard]] std::set<std::string> operators() const {
    std::set<std::string> names;
    for (const auto& node : model_.graph().node()) names.insert(node.op_type());
    return names;
  }
  [[nodiscard]] bool is_quantised() const {
    const std::set<std::string> names = operators();
    return std::any_of(names.begin(), names.end(), [](const auto& name) { return kQuantised.count(name) > 0; });
  }

  /// With the inputs that the network computes on as inputs if that compiles, else all but the first as constants.
  void expect_right(const config::Machine& machine) {
    try {
      run(import(false), machine);
    } catch (const UserError&) {
      try {
        run(import(true), machine);
      } catch (const UserError& error) {
        throw Skipped{error.diagnostics().front().message};
      }
    }
  }

 private:
  /// Models before opset 7, the first that import reads: as they are where their operators are still the same, else as
  /// ONNX itself converts them from opset 6.
  void bring_up_to_date() {
    const auto opset = model_.opset_import(0).version();
    path_ = (folder_ / "model.onnx").string();
    if (opset >= kFirstOpset || !model_.opset_import(0).domain().empty()) return;
    const auto& nodes = model_.graph().node();
    const bool unchanged = std::all_of(nodes.begin(), nodes.end(), [&](const auto& node) {
      const onnx::OpSchema* const schema = onnx::OpSchemaRegistry::Schema(node.op_type(), kFirstOpset);
      return schema != nullptr && schema->SinceVersion() <= opset;
    });
    if (unchanged) {
      model_.mutable_opset_import(0)->set_version(kFirstOpset);
    } else if (opset < kFirstOpset - 1) {
      return;
    } else {
      try {
        model_ = onnx::version_conversion::ConvertVersion(model_, kFirstOpset);
      } catch (const std::exception&) {
        throw Skipped{"opset 6, which ONNX does not convert to 7 here"};
      }
    }
    path_ = testing::TempDir() + "/opset7.onnx";
    std::ofstream file(path_, std::ios::binary);
    model_.SerializeToOstream(&file);
  }

  /// Are integers data, such as labels or the number of an iteration, and not axes or sizes?
  [[nodiscard]] bool takes_integers() const {
    static const std::set<std::string> kTraining = {"Adagrad", "Adam", "Momentum", "NegativeLogLikelihoodLoss",
                                                    "SoftmaxCrossEntropyLoss"};
    const std::set<std::string> names = operators();
    return std::any_of(names.begin(), names.end(), [](const auto& name) { return kTraining.count(name) > 0; });
  }

  [[nodiscard]] Tensor tensor(const std::string& direction, std::size_t i) const {
    const auto path = folder_ / "test_data_set_0" / (direction + "_" + std::to_string(i) + ".pb");
    if (!std::filesystem::exists(path)) throw Skipped{"no " + direction + " in the test data"};
    return read_tensor(path.string());
  }

  Graph import(bool constants) {
    ImportOptions options;
    values_.clear();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      Tensor value = tensor("input", i);
      values_[inputs_[i]] = elements_of(value);
      if (is_integer(value.type) && model_.graph().node(0).op_type() == "Div") {
        throw Skipped{"divides integers; the machine divides real numbers"};
      }
      const bool integer = value.type != ElementType::Float32 && value.type != ElementType::Float64 &&
                           value.type != ElementType::Float16;
      if (i > 0 && (constants || (integer && !takes_integers()))) options.constants[inputs_[i]] = std::move(value);
    }
    const Graph graph = import_onnx(path_, options);
    bool complete = true;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const bool is_input = std::any_of(graph.inputs.begin(), graph.inputs.end(),
                                        [&](TensorId id) { return graph.tensor(id).name == inputs_[i]; });
      if (is_input || options.constants.count(inputs_[i]) > 0) continue;
      options.constants[inputs_[i]] = tensor("input", i);  // a weight
      complete = false;
    }
    return complete ? graph : import_onnx(path_, options);
  }

  void run(const Graph& graph, const config::Machine& machine) {
    const NamedElements reference = evaluate(graph, values_);
    for (const auto& [name, elements] : reference) {
      const auto& outputs = model_.graph().output();
      const auto output = std::find_if(outputs.begin(), outputs.end(),
                                       [&, wanted = name](const auto& o) { return o.name() == wanted; });
      const auto i = static_cast<std::size_t>(output - outputs.begin());
      EXPECT_EQ(difference(elements, elements_of(tensor("output", i)), tolerance()), "")
          << folder_.filename() << " by the reference";
    }
    for (const bool fusion : {true, false}) {
      const MachineRun run = run_on_machine(graph, machine, values_, fusion);
      const bool integers = run.program.numbers() == isa::Program::integers;
      EXPECT_EQ(integers, is_quantised() && machine.simd_unit().number_format() == config::fixed32)
          << folder_.filename();
      for (int i = 0; i < model_.graph().output_size(); ++i) {
        const std::string& name = model_.graph().output(i).name();
        const auto found = run.outputs.find(name);
        if (found == run.outputs.end()) throw Skipped{"its output " + name + " is constant or an input"};
        const Elements expected = elements_of(tensor("output", static_cast<std::size_t>(i)));
        const std::string fault = difference(found->second, expected, tolerance());
        EXPECT_EQ(fault, "") << folder_.filename() << " on " << machine.name();
      }
    }
  }

  /// 1e-5, but 1e-3 after functions that the machine approximates, and 0 for integers.
  [[nodiscard]] double tolerance() const {
    if (is_quantised() || operators().count("QuantizeLinear") > 0) return 0;
    static const std::set<std::string> kApproximated = {"Sigmoid",
                                                        "Tanh",
                                                        "Exp",
                                                        "Elu",
                                                        "Erf",
                                                        "Softmax",
                                                        "LogSoftmax",
                                                        "Pow",
                                                        "LRN",
                                                        "Sqrt",
                                                        "Adagrad",
                                                        "Adam",
                                                        "SoftmaxCrossEntropyLoss"};
    const auto& nodes = model_.graph().node();
    return std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return kApproximated.count(n.op_type()) > 0; })
               ? 1e-3
               : 1e-5;
  }

  std::filesystem::path folder_;
  std::string path_;  ///< of the model to import
  onnx::ModelProto model_;
  std::vector<std::string> inputs_;
  NamedElements values_;
};

std::vector<std::filesystem::path> models() {
  std::vector<std::filesystem::path> folders;
  for (const char* const set : {"node", "pytorch-converted", "pytorch-operator"}) {
    if (!std::filesystem::exists(kModels / set)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(kModels / set)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

TEST(Operators, every_model_of_a_supported_operator_computes_what_onnx_says) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "package libonnx-testdata is not installed";
  const std::vector<config::Machine> machines = {load("tiny_4x4"), load("tiny_8x4")};
  const std::vector<config::Machine> integers = {load("tiny_4x4", "fixed32"), load("tiny_8x4", "fixed32")};
  std::string table;
  int ran = 0;
  std::map<std::string, int> passed;
  for (const std::filesystem::path& folder : models()) {
    const std::string name = folder.parent_path().filename().string() + "/" + folder.filename().string();
    try {
      OperatorModel model(folder);
      for (const config::Machine& machine : machines) model.expect_right(machine);
      if (model.is_quantised()) {
        for (const config::Machine& machine : integers) model.expect_right(machine);
      }
      ++ran;
      for (const std::string& op : model.operators()) ++passed[op];
    } catch (const Skipped& skipped) {
      table += name + ": " + first_line(skipped.reason) + "\n";
    } catch (const std::exception& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
  RecordProperty("models", ran);
  std::cout << ran << " models ran:";
  for (const auto& [op, count] : passed) std::cout << ' ' << op << ' ' << count;
  std::cout << '\n';
  for (const Operator& op : operators()) {
    const bool computes = op.convert != nullptr;  // what only constants may have is tested with the importer
    EXPECT_TRUE(passed[op.name] > 0 || !computes) << "no model of " << op.name << " ran";
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(kTable) << table;
  std::ifstream file(kTable);
  const std::string recorded((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(table, recorded) << "a model is neither run nor in the table; write it anew with UPDATE_GOLDEN=1";
}

}  // namespace
}  // namespace systole::test
