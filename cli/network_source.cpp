#include "cli/network_source.h"

#include <filesystem>

#include "configs/resolver.h"
#include "kernels/onnx/import.h"

namespace systole {

namespace fs = std::filesystem;

std::string find_model(const std::string& model) {
  std::error_code unreadable;
  if (model.find_first_of("/.") != std::string::npos || fs::exists(model, unreadable)) return model;
  Diagnostics diagnostics;
  std::string path = find_config(kNetworks, model, "", {}, diagnostics);
  diagnostics.throw_if_any();
  return path;
}

std::int64_t batch_of(const Graph& graph) {
  if (graph.inputs.empty()) return 1;
  const auto& shape = graph.tensor(graph.inputs.front()).shape;
  return shape.empty() ? 1 : shape.front();
}

NetworkSource network_from(const std::string& model, const ModelOptions& options) {
  NetworkSource source;
  source.path = find_model(model);
  source.name = fs::path(source.path).stem().string();
  ImportOptions import;
  import.batch = options.batch;
  source.graph = import_onnx(source.path, import);
  source.batch = batch_of(source.graph);
  return source;
}

}  // namespace systole
