#include "kernels/onnx/model_file.h"
#include "base/errors.h"
#include "base/files.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#undef fail_check  // libonnx's macro has the name of our function

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

#include "kernels/onnx/node_import.h"
#include "kernels/onnx/operators.h"

namespace systole {
namespace {

/// The length of the UTF-8 character that begins at `at`, or 0 when there is none: overlong forms, surrogates and
/// numbers above U+10FFFF are none.
std::size_t character_length(const std::string& text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  if (length == 1) return 1;
  if (lead < 0xC2U || lead > 0xF4U || at + length > text.size()) return 0;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0U) != 0x80U) return 0;
    code = code << 6 | (byte & 0x3FU);
  }
  const std::uint32_t least = length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U;
  const bool surrogate = code >= 0xD800U && code <= 0xDFFFU;
  return code < least || code > 0x10FFFFU || surrogate ? 0 : length;
}

/// Is it UTF-8 without control characters? Names go to terminals, CSV and JSON.
bool is_printable(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20U || byte == 0x7FU) return false;
    at += length;
  }
  return true;
}

bool has_printable_names(const onnx::GraphProto& graph) {
  std::vector<std::string> names{graph.name()};
  for (const auto& value : graph.input()) names.push_back(value.name());
  for (const auto& value : graph.output()) names.push_back(value.name());
  for (const auto& tensor : graph.initializer()) names.push_back(tensor.name());
  for (const auto& node : graph.node()) {
    names.insert(names.end(), {node.name(), node.op_type(), node.domain()});
    names.insert(names.end(), node.input().begin(), node.input().end());
    names.insert(names.end(), node.output().begin(), node.output().end());
  }
  return std::all_of(names.begin(), names.end(), is_printable);
}

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

onnx::checker::CheckerContext checker_context(const onnx::ModelProto& model, int opset) {
  onnx::checker::CheckerContext context;
  context.set_ir_version(static_cast<int>(model.ir_version()));
  context.set_opset_imports({{"", opset}, {kTrainingDomain, 1}});
  return context;
}

}  // namespace

namespace {

/// Protobuf counts bytes in an int.
void check_size(const std::string& path) {
  std::error_code unreadable;
  if (std::filesystem::is_regular_file(path, unreadable) &&
      std::filesystem::file_size(path, unreadable) > std::numeric_limits<int>::max()) {
    throw UserError({path, 0, 0, "the file is larger than 2 GiB, the most that ONNX allows",
                     "keep the weights in a second file (external data), or leave them out"});
  }
}

}  // namespace

void read_model(const std::string& path, onnx::ModelProto& model) {
  check_size(path);
  const std::string bytes = read_file(path);
  const bool parsed = model.ParseFromString(bytes);
  if (!parsed || !model.has_graph() || model.graph().node_size() == 0) {
    const char* cause = bytes.empty() ? "the file is empty"
                        : parsed      ? "the file holds no ONNX graph"
                                      : "the file is truncated or not an ONNX model";
    throw UserError({path, 0, 0, cause, "expected a model as written by an ONNX exporter"});
  }
  if (!has_printable_names(model.graph())) {
    throw UserError(
        {path, 0, 0, "a name in the file is not printable UTF-8 text", "the file may be damaged; export it again"});
  }
  // One spelling for the standard domain.
  for (auto& import : *model.mutable_opset_import()) {
    if (is_standard(import.domain())) import.clear_domain();
  }
  for (auto& node : *model.mutable_graph()->mutable_node()) {
    if (is_standard(node.domain())) node.clear_domain();
  }
  // Newer container versions add only fields that import does not read; libonnx's checker would refuse the number.
  if (model.ir_version() > onnx::Version::IR_VERSION) model.set_ir_version(onnx::Version::IR_VERSION);
}

int opset_of(const onnx::ModelProto& model, const std::string& path) {
  const std::string range = std::to_string(kFirstOpset) + " to " + std::to_string(kLastOpset) + " are supported";
  for (const auto& import : model.opset_import()) {
    if (!import.domain().empty()) continue;
    if (import.version() >= kFirstOpset && import.version() <= kLastOpset) return static_cast<int>(import.version());
    throw UserError(
        {path, 0, 0,
         "opset " + std::to_string(import.version()) + " is too " + (import.version() < kFirstOpset ? "old" : "new"),
         range + "; export the network with one of them, or convert it with onnx.version_converter"});
  }
  const auto& nodes = model.graph().node();
  const bool none_needed = std::none_of(nodes.begin(), nodes.end(), [](const auto& n) { return n.domain().empty(); });
  if (none_needed) return kLastOpset;
  throw UserError({path, 0, 0, "the file does not say which version of the ONNX operators it uses", "opsets " + range});
}

std::string describe_node(const onnx::ModelProto& model, int node) {
  const onnx::NodeProto& proto = model.graph().node(node);
  const std::string name = proto.name().empty() ? std::to_string(node) : "'" + proto.name() + "'";
  return "node " + name + " (" + (proto.domain().empty() ? "" : proto.domain() + ".") + proto.op_type() + ")";
}

Diagnostics unsupported_operators(const onnx::ModelProto& model, int opset, const std::string& path) {
  std::vector<std::string> known;
  for (const Operator& op : operators()) known.emplace_back(op.name);
  Diagnostics found;
  for (int i = 0; i < model.graph().node_size(); ++i) {
    const onnx::NodeProto& node = model.graph().node(i);
    const Operator* op = find_operator(node.op_type(), node.domain());
    if (op != nullptr && opset >= op->since) continue;
    std::string hint;
    if (op != nullptr) {
      hint = "it exists since opset " + std::to_string(op->since) + ", and the file uses " + std::to_string(opset);
    } else if (const std::string near = nearest(node.op_type(), known); !near.empty() && node.domain().empty()) {
      hint = "did you mean " + near + "?";
    }
    found.add({path, 0, 0, describe_node(model, i) + ": unsupported operator", hint});
  }
  return found;
}

void check_model(const onnx::ModelProto& model, const std::string& path) {
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& fault) {
    throw UserError({path, 0, 0, std::string("not a valid ONNX model: ") + fault.what(), ""});
  }
}

void check_node(const onnx::ModelProto& model, int opset, int node) {
  try {
    onnx::checker::check_node(model.graph().node(node), checker_context(model, opset),
                              onnx::checker::LexicalScopeContext());
  } catch (const std::exception& fault) {
    throw Rejected(fault.what());
  }
}

}  // namespace systole
