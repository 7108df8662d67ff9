#include "test/kernels/compiler/reference_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "isa/decoder.h"
#include "test/kernels/block_interpreter.h"

namespace systole::test {

namespace {

using Index = std::vector<std::int64_t>;

Index index_of(std::int64_t element, const Shape& shape) {
  Index at(shape.size(), 0);
  for (std::size_t d = shape.size(); d-- > 0;) {
    at[d] = element % shape[d];
    element /= shape[d];
  }
  return at;
}

/// Element at an index of the shape that the tensor broadcasts to.
double element_at(const Elements& values, const Shape& shape, const Index& at) {
  std::int64_t element = 0;
  const std::size_t lead = at.size() - shape.size();
  for (std::size_t d = 0; d < shape.size(); ++d) element = element * shape[d] + (shape[d] == 1 ? 0 : at[lead + d]);
  return values.at(static_cast<std::size_t>(element));
}

class Evaluator {
 public:
  Evaluator(const Graph& graph, std::map<TensorId, Elements> values) : graph_(graph), values_(std::move(values)) {
    for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
      const Tensor& tensor = graph.tensors[t];
      if (!tensor.constant) continue;
      const std::optional<std::vector<float>> floats = as_floats(tensor.values, element_count(tensor.shape));
      if (floats) values_[static_cast<TensorId>(t)] = Elements(floats->begin(), floats->end());
    }
  }

  std::map<TensorId, Elements> run() {
    for (const Node& node : graph_.nodes) {
      const Shape& shape = graph_.shape(node.outputs[0]);
      Elements result;
      for (std::int64_t e = 0; e < element_count(shape); ++e) result.push_back(compute(node, index_of(e, shape), e));
      values_[node.outputs[0]] = std::move(result);
    }
    return std::move(values_);
  }

 private:
  [[nodiscard]] double in(const Node& node, std::size_t i, const Index& at) const {
    return element_at(values_.at(node.inputs.at(i)), graph_.shape(node.inputs[i]), at);
  }

  double compute(const Node& node, const Index& at, std::int64_t element) {
    switch (node.op) {
      case OpKind::Conv:
        return convolution(node, at);
      case OpKind::Gemm:
        return gemm(node, at);
      case OpKind::MatMul:
        return matmul(node, at);
      case OpKind::MaxPool:
        return max_pool(node, at);
      case OpKind::Relu:
        return std::max(0.0, in(node, 0, at));
      case OpKind::Add:
        return in(node, 0, at) + in(node, 1, at);
      case OpKind::Mul:
        return in(node, 0, at) * in(node, 1, at);
      case OpKind::Concat:
        return concat(node, at);
      case OpKind::Reshape:
        return values_.at(node.inputs[0]).at(static_cast<std::size_t>(element));
      case OpKind::Transpose:
        return transpose(node, at);
      default:
        throw std::logic_error(std::string("the reference has no ") + to_string(node.op));
    }
  }

  [[nodiscard]] double convolution(const Node& node, const Index& at) const {
    const auto& conv = std::get<ConvAttributes>(node.attributes);
    const Shape& x = graph_.shape(node.inputs[0]);
    const std::int64_t ics = x[1] / conv.groups;
    const std::int64_t group = at[1] / (graph_.shape(node.outputs[0])[1] / conv.groups);
    double sum = node.inputs.size() > 2 ? in(node, 2, {at[1]}) : 0;
    for (std::int64_t kh = 0; kh < conv.kernel.height; ++kh) {
      for (std::int64_t kw = 0; kw < conv.kernel.width; ++kw) {
        const std::int64_t ih = at[2] * conv.strides.height + kh * conv.dilations.height - conv.pads.top;
        const std::int64_t iw = at[3] * conv.strides.width + kw * conv.dilations.width - conv.pads.left;
        if (ih < 0 || iw < 0 || ih >= x[2] || iw >= x[3]) continue;
        for (std::int64_t ic = 0; ic < ics; ++ic) {
          sum += in(node, 0, {at[0], group * ics + ic, ih, iw}) * in(node, 1, {at[1], ic, kh, kw});
        }
      }
    }
    return sum;
  }

  [[nodiscard]] double gemm(const Node& node, const Index& at) const {
    const auto& g = std::get<GemmAttributes>(node.attributes);
    const std::int64_t length = graph_.shape(node.inputs[0])[g.transpose_a ? 0 : 1];
    double sum = 0;
    for (std::int64_t k = 0; k < length; ++k) {
      sum += in(node, 0, g.transpose_a ? Index{k, at[0]} : Index{at[0], k}) *
             in(node, 1, g.transpose_b ? Index{at[1], k} : Index{k, at[1]});
    }
    return g.alpha * sum + (node.inputs.size() > 2 ? g.beta * in(node, 2, at) : 0);
  }

  [[nodiscard]] double matmul(const Node& node, Index at) const {
    Index other = at;
    double sum = node.inputs.size() > 2 ? in(node, 2, at) : 0;
    for (std::int64_t k = 0; k < graph_.shape(node.inputs[0]).back(); ++k) {
      at.back() = other[other.size() - 2] = k;
      Index row = at;
      Index column = other;
      sum += in(node, 0, row) * in(node, 1, column);
    }
    return sum;
  }

  [[nodiscard]] double max_pool(const Node& node, const Index& at) const {
    const auto& pool = std::get<PoolAttributes>(node.attributes);
    const Shape& x = graph_.shape(node.inputs[0]);
    double most = -std::numeric_limits<double>::infinity();
    for (std::int64_t kh = 0; kh < pool.kernel.height; ++kh) {
      for (std::int64_t kw = 0; kw < pool.kernel.width; ++kw) {
        const std::int64_t ih = at[2] * pool.strides.height + kh - pool.pads.top;
        const std::int64_t iw = at[3] * pool.strides.width + kw - pool.pads.left;
        if (ih >= 0 && iw >= 0 && ih < x[2] && iw < x[3]) most = std::max(most, in(node, 0, {at[0], at[1], ih, iw}));
      }
    }
    return most;
  }

  [[nodiscard]] double concat(const Node& node, Index at) const {
    const auto axis = static_cast<std::size_t>(std::get<ConcatAttributes>(node.attributes).axis);
    for (std::size_t i = 0;; ++i) {
      const std::int64_t extent = graph_.shape(node.inputs.at(i))[axis];
      if (at[axis] < extent) return in(node, i, at);
      at[axis] -= extent;
    }
  }

  [[nodiscard]] double transpose(const Node& node, const Index& at) const {
    const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
    Index from(at.size());
    for (std::size_t d = 0; d < at.size(); ++d) from[static_cast<std::size_t>(permutation[d])] = at[d];
    return in(node, 0, from);
  }

  const Graph& graph_;
  std::map<TensorId, Elements> values_;
};

std::int64_t bit_address(const Compilation& c, TensorId id, std::int64_t element) {
  const Layout& layout = c.layouts.at(static_cast<std::size_t>(id));
  std::int64_t bit = (c.regions.at(layout.region).address + layout.offset) * 8;
  const Index at = index_of(element, c.graph.shape(id));
  for (std::size_t d = 0; d < at.size(); ++d) bit += at[d] * layout.bit_strides[d];
  return bit;
}

/// A constant as its region's packing lays it out.
void put_constant(const Compilation& c, const Region& region, ElementMemory& memory) {
  const Tensor& tensor = c.graph.tensor(*region.tensor);
  const std::vector<float> values = as_floats(tensor.values, element_count(tensor.shape)).value();
  const Packing& packing = *region.packing;
  Shape counts;
  for (const Packing::Counter& counter : packing.counters) counts.push_back(counter.count);
  for (std::int64_t i = 0; i < element_count(counts); ++i) {
    const Index at = index_of(i, counts);
    Index coordinates(packing.axes.size(), 0);
    std::int64_t bit = region.address * 8;
    for (std::size_t k = 0; k < at.size(); ++k) {
      bit += at[k] * packing.counters[k].bit_stride;
      coordinates[static_cast<std::size_t>(packing.counters[k].axis)] += at[k] * packing.counters[k].step;
    }
    bool inside = !packing.equal || coordinates[static_cast<std::size_t>((*packing.equal)[0])] ==
                                        coordinates[static_cast<std::size_t>((*packing.equal)[1])];
    std::int64_t element = 0;
    for (std::size_t a = 0; a < coordinates.size(); ++a) {
      inside = inside && coordinates[a] < packing.axes[a].extent;
      element += coordinates[a] * packing.axes[a].stride;
    }
    memory.put(bit, region.element_bits, inside ? values.at(static_cast<std::size_t>(element)) * packing.scale : 0.0);
  }
}

InterpreterMachine shape_of(const Machine& machine) {
  InterpreterMachine shape;
  shape.rows = static_cast<int>(machine.rows);
  shape.columns = static_cast<int>(machine.columns);
  shape.vmem_words = machine.vmem_words;
  shape.obuf_words = 2 * machine.obuf_half_words;
  shape.ibuf_words = 2 * machine.ibuf_half_elements / machine.rows;
  shape.wbuf_words = 2 * machine.wbuf_half_elements / (machine.rows * machine.columns);
  shape.bbuf_words = 2 * machine.bbuf_half_elements / machine.columns;
  return shape;
}

}  // namespace

std::map<TensorId, Elements> evaluate(const Graph& graph, const std::map<TensorId, Elements>& inputs) {
  return Evaluator(graph, inputs).run();
}

std::map<std::string, Elements> execute(const Compilation& c, const Machine& machine,
                                        const std::map<std::string, Elements>& inputs) {
  ElementMemory memory;
  for (const TensorId id : c.graph.inputs) {
    const Elements& values = inputs.at(c.graph.tensor(id).name);
    const int bits = c.layouts.at(static_cast<std::size_t>(id)).element_bits;
    for (std::size_t e = 0; e < values.size(); ++e) {
      memory.put(bit_address(c, id, static_cast<std::int64_t>(e)), bits, values[e]);
    }
  }
  for (std::size_t r = 0; r < c.regions.size(); ++r) {
    const Region& region = c.regions.at(static_cast<RegionId>(r));
    if (region.packing && region.address >= 0) put_constant(c, region, memory);
  }
  BlockInterpreter interpreter(shape_of(machine), memory);
  for (const isa::EncodedBlock& block : c.program.blocks()) {
    interpreter.run(isa::decode(block.words().data(), static_cast<std::size_t>(block.words_size())).block);
  }
  std::map<std::string, Elements> outputs;
  for (const TensorId id : c.graph.outputs) {
    Elements& values = outputs[c.graph.tensor(id).name];
    const int bits = c.layouts.at(static_cast<std::size_t>(id)).element_bits;
    for (std::int64_t e = 0; e < element_count(c.graph.shape(id)); ++e) {
      values.push_back(memory.get(bit_address(c, id, e), bits));
    }
  }
  return outputs;
}

void expect_right(const Graph& graph, const Machine& machine, bool fusion) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> values(-1, 1);
  std::map<TensorId, Elements> inputs;
  std::map<std::string, Elements> named;
  for (const TensorId id : graph.inputs) {
    for (std::int64_t e = 0; e < element_count(graph.shape(id)); ++e) inputs[id].push_back(values(random));
    named[graph.tensor(id).name] = inputs[id];
  }
  const std::map<TensorId, Elements> right = evaluate(graph, inputs);
  CompileOptions options;
  options.fusion = fusion;
  const Compilation compiled = compile_network(graph, machine, options);
  const std::map<std::string, Elements> results = execute(compiled, machine, named);
  for (const TensorId id : graph.outputs) {
    const Elements& want = right.at(id);
    const Elements& got = results.at(graph.tensor(id).name);
    ASSERT_EQ(want.size(), got.size());
    for (std::size_t e = 0; e < want.size(); ++e) {
      ASSERT_NEAR(got[e], want[e], 1e-5 * std::max(1.0, std::fabs(want[e])))
          << graph.tensor(id).name << "[" << e << "]";
    }
  }
}

}  // namespace systole::test
