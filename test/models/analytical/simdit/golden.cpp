#include "test/models/analytical/simdit/golden.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace systole::simdit {
namespace {

std::ifstream open(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return in;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      cells.push_back(cell);
      cell.clear();
    } else if (c != '\r') {
      cell += c;
    }
  }
  cells.push_back(cell);
  return cells;
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> table = {
      {"conv", Operation::convolution},
      {"conv_bias", Operation::convolution},
      {"gemm", Operation::gemm},
      {"gemm_no_bias", Operation::gemm},
      {"relu", Operation::relu},
      {"elem_add", Operation::elem_add},
      {"max_pool", Operation::max_pool},
      {"avg_pool", Operation::avg_pool},
      {"global_avg_pool", Operation::avg_pool},
      {"mean_var", Operation::mean_var},
      {"batch_norm", Operation::batch_norm},
      {"batchnorm_grad_x_mu", Operation::batch_norm_grad},
      {"relu_grad", Operation::relu_grad},
      {"sgd4d", Operation::sgd},
      {"sgd2d", Operation::sgd},
      {"sgd1d", Operation::sgd},
      {"reduce_sum", Operation::reduce_sum},
      {"max_pool_grad", Operation::max_pool_grad},
      {"average_pool_grad", Operation::avg_pool_grad},
      {"global_average_pool_grad", Operation::avg_pool_grad},
  };
  return table;
}

Operation operation_named(const std::string& name) {
  const auto found = operations().find(name);
  return found == operations().end() ? Operation::ignored : found->second;
}

std::int64_t number(const std::string& cell, std::int64_t otherwise) {
  return cell.empty() ? otherwise : std::stoll(cell);
}

/// A spec's training rule: the batch goes to N where N is 1; a weight gradient (N above 1) has it as its reduction.
void apply_training_batch(Layer& layer, std::int64_t n, std::int64_t batch) {
  layer.batch = n == 1 ? batch : n;
  if (n != 1) layer.in_channels = batch;
}

Layer training_layer(const nlohmann::json& entry, std::int64_t batch) {
  Layer layer;
  layer.name = entry.at("operation");
  layer.operation = operation_named(layer.name);
  const nlohmann::json& dims = entry.at("iterable_dimensions");
  const nlohmann::json& parameters = entry.at("operation_parameters");
  const auto dim = [&](const char* key, std::int64_t otherwise) { return dims.value(key, otherwise); };
  if (layer.operation == Operation::gemm) {
    layer.in_channels = dim("N", 0);
    layer.out_channels = dim("P", 0);
    apply_training_batch(layer, dim("M", 1), batch);
  } else if (layer.operation == Operation::convolution) {
    layer.in_channels = dim("IC", 0);
    layer.out_channels = dim("OC", 0);
    apply_training_batch(layer, dim("N", 1), batch);
  } else {
    layer.out_channels = dim("C", 0);
    layer.batch = layer.name == "sgd4d" || layer.name == "sgd2d" ? dim("N", 1) : layer.name == "sgd1d" ? 1 : batch;
  }
  const bool global = layer.name.rfind("global_", 0) == 0;
  layer.out_height = dim("OH", dim("H", 1));
  layer.out_width = dim("OW", dim("W", 1));
  layer.kernel_height = global ? dim("IH", 1) : dim("KH", 1);
  layer.kernel_width = global ? dim("IW", 1) : dim("KW", 1);
  layer.stride = parameters.value("stride", parameters.value("sx", std::int64_t{1}));
  return layer;
}

}  // namespace

Machine read_hardware(const std::string& path, bool training) {
  const nlohmann::json j = nlohmann::json::parse(open(path));
  Machine m;
  m.rows = j.at("ARRAY_N");
  m.columns = j.at("ARRAY_M");
  m.weight_bits = j.at("WGT_DATA_WIDTH");
  m.activation_bits = j.at("ACT_DATA_WIDTH");
  m.bias_bits = j.at("BIAS_WIDTH");
  m.accumulator_bits = j.at("ACC_WIDTH");
  m.wbuf = j.at("WBUF_CAPACITY_BITS");
  m.ibuf = j.at("IBUF_CAPACITY_BITS");
  m.bbuf = j.at("BBUF_CAPACITY_BITS");
  m.obuf_half = j.at("OBUF_CAPACITY_BITS");
  m.vmem = j.at("SIMD_VMEM_CAPACITY_BITS");
  m.parambuf_width = j.at("PARAMBUF_AXI_DATA_WIDTH");
  m.ibuf_width = j.at("IBUF_AXI_DATA_WIDTH");
  m.obuf_width = j.at("OBUF_AXI_DATA_WIDTH");
  m.simd_width = j.at("SIMD_AXI_DATA_WIDTH");
  if (training) {
    m.divide_latency = 5;
    m.inverse_sqrt_latency = 11;
  }
  return m;
}

std::vector<Layer> read_forward_layers(const std::string& path, std::int64_t batch) {
  std::ifstream in = open(path);
  std::string line;
  std::getline(in, line);
  std::map<std::string, std::size_t> column;
  const std::vector<std::string> names = split(line);
  for (std::size_t i = 0; i < names.size(); ++i) column[names[i]] = i;
  std::vector<Layer> layers;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line);
    Layer layer;
    layer.name = cells[column["kind"]];
    layer.operation = operation_named(layer.name);
    layer.batch = batch;
    layer.in_channels = number(cells[column["IC"]], 0);
    layer.out_channels = number(cells[column["OC"]], 0);
    layer.out_height = number(cells[column["OH"]], 1);
    layer.out_width = number(cells[column["OW"]], 1);
    layer.kernel_height = number(cells[column["KH"]], 1);
    layer.kernel_width = number(cells[column["KW"]], 1);
    layer.stride = number(cells[column["stride"]], 1);
    layers.push_back(layer);
  }
  return layers;
}

std::vector<Layer> read_training_program(const std::string& path, std::int64_t batch) {
  const nlohmann::json spec = nlohmann::json::parse(open(path));
  std::vector<Layer> layers;
  for (const nlohmann::json& entry : spec.at("program")) layers.push_back(training_layer(entry, batch));
  return layers;
}

std::vector<std::vector<double>> read_table(const std::string& path) {
  std::ifstream in = open(path);
  std::string line;
  std::getline(in, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line);
    std::vector<double> row;
    for (std::size_t i = 1; i < cells.size(); ++i) row.push_back(std::stod(cells[i]));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace systole::simdit
