#include "test/kernels/lowering/layer_harness.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/units.h"
#include "isa/validate.h"
#include "kernels/reference/evaluate.h"

namespace systole::test {

namespace {

std::vector<std::int64_t> index_of(std::int64_t element, const Shape& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    index[d] = element % shape[d];
    element /= shape[d];
  }
  return index;
}

}  // namespace

Machine small_machine(std::int64_t vmem_words, std::int64_t lanes) {
  Machine machine;
  machine.name = "small";
  machine.rows = machine.columns = lanes;
  machine.vmem_words = vmem_words;
  machine.obuf_half_words = 32;
  machine.wbuf_half_elements = machine.ibuf_half_elements = machine.bbuf_half_elements = 1024;
  machine.memory_bytes = 1 << 24;
  machine.simd_port_bits = 64;
  machine.float32 = true;
  return machine;
}

Machine tight_machine(std::int64_t wbuf, std::int64_t ibuf, std::int64_t obuf) {
  Machine machine = small_machine();
  machine.wbuf_half_elements = wbuf;
  machine.ibuf_half_elements = ibuf;
  machine.obuf_half_words = obuf;
  machine.bbuf_half_elements = 16;
  return machine;
}

TensorId LayerHarness::add(const Shape& shape, bool constant, Layout layout) {
  Tensor tensor;
  tensor.name = "t" + std::to_string(graph.tensors.size());
  tensor.shape = shape;
  tensor.constant = constant;
  if (!constant) {
    Region region;
    region.name = tensor.name;
    region.bytes = span_bytes(shape, layout);
    region.element_bits = layout.element_bits;
    layout.region = regions_.add(region);
  }
  layouts_.push_back(layout);
  values_.emplace_back();
  return graph.add(tensor);
}

std::vector<float> LayerHarness::random_values(std::int64_t count, double low, double high) {
  std::uniform_real_distribution<double> distribution(low, high);
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(distribution(random_)));
  return values;
}

TensorId LayerHarness::input(const Shape& shape, double low, double high, std::optional<Order> order) {
  const TensorId id = output(shape, std::move(order));
  values_[static_cast<std::size_t>(id)] = random_values(element_count(shape), low, high);
  return id;
}

TensorId LayerHarness::constant(const Shape& shape, double low, double high) {
  const TensorId id = add(shape, true, {});
  set_values(id, random_values(element_count(shape), low, high));
  return id;
}

void LayerHarness::set_values(TensorId id, const std::vector<float>& values) {
  values_.at(static_cast<std::size_t>(id)) = values;
  if (graph.tensor(id).constant) graph.tensor(id).values = values;
}

TensorId LayerHarness::output(const Shape& shape, std::optional<Order> order) {
  return add(shape, false, dense_layout(shape, order.value_or(channels_last(shape.size())), 32));
}

TensorId LayerHarness::output(const Shape& shape, const Layout& layout) {
  const TensorId id = add(shape, false, layout);
  this->layout(id).region = layout.region;
  return id;
}

Node& LayerHarness::node(OpKind op, std::vector<TensorId> inputs, std::vector<TensorId> outputs,
                         Attributes attributes) {
  Node node;
  node.name = "layer";
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  return graph.node(graph.add(node));
}

void LayerHarness::run(Lowering lowering, TilingRule rule) {
  context_ = std::make_unique<LoweringContext>(graph, machine_, SimdFormat::single_precision, regions_, layouts_);
  context_->set_gradient_way(gradient_way_);
  context_->tilings() = TilingCache(rule);
  lowering(graph.nodes.at(0), *context_);
  place_regions();
  InterpreterMachine shape;
  shape.rows = static_cast<int>(machine_.rows);
  shape.columns = static_cast<int>(machine_.columns);
  shape.vmem_words = machine_.vmem_words;
  shape.obuf_words = 2 * machine_.obuf_half_words;
  shape.ibuf_words = 2 * machine_.ibuf_half_elements / machine_.rows;
  shape.wbuf_words = 2 * machine_.wbuf_half_elements / (machine_.rows * machine_.columns);
  shape.bbuf_words = 2 * machine_.bbuf_half_elements / machine_.columns;
  interpreter_ = std::make_unique<BlockInterpreter>(shape, memory_);
  for (LoweredBlock& lowered : context_->blocks()) {
    for (std::size_t s = 0; s < lowered.block.streams.size(); ++s) {
      isa::Stream& stream = lowered.block.streams[s];
      if (stream.used) stream.base += regions_.at(lowered.stream_regions[s]).address;
    }
    EXPECT_THAT(isa::validate(lowered.block, target_of(machine_)), testing::IsEmpty());
    interpreter_->run(lowered.block);
  }
}

void LayerHarness::place_regions() {
  std::int64_t next = 4096;  // strides before an origin stay positive
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    Region& region = regions_.at(static_cast<RegionId>(r));
    region.address = next;
    next = round_up(next + region.bytes, 64) + 64;
    if (region.packing) fill_constant(region);
  }
  for (std::size_t t = 0; t < values_.size(); ++t) {
    const auto id = static_cast<TensorId>(t);
    if (graph.tensor(id).constant) continue;
    for (std::size_t e = 0; e < values_[t].size(); ++e) {
      memory_.put(bit_address(id, static_cast<std::int64_t>(e)), layout(id).element_bits, values_[t][e]);
    }
  }
}

void LayerHarness::fill_constant(const Region& region) {
  const Packing& packing = *region.packing;
  const std::vector<float>& values = values_.at(static_cast<std::size_t>(*region.tensor));
  Shape counts;
  for (const Packing::Counter& counter : packing.counters) counts.push_back(counter.count);
  for (std::int64_t i = 0; i < element_count(counts); ++i) {
    const std::vector<std::int64_t> at = index_of(i, counts);
    std::vector<std::int64_t> coordinates(packing.axes.size(), 0);
    std::int64_t bit = region.address * 8;
    for (std::size_t c = 0; c < counts.size(); ++c) {
      bit += at[c] * packing.counters[c].bit_stride;
      coordinates.at(static_cast<std::size_t>(packing.counters[c].axis)) += at[c] * packing.counters[c].step;
    }
    std::int64_t element = 0;
    bool inside = true;
    for (std::size_t a = 0; a < coordinates.size(); ++a) {
      inside = inside && coordinates[a] >= 0 && coordinates[a] < packing.axes[a].extent;
      element += coordinates[a] * packing.axes[a].stride;
    }
    if (packing.equal) {
      const auto coordinate = [&](int axis) { return coordinates.at(static_cast<std::size_t>(axis)); };
      inside = inside && coordinate((*packing.equal)[0]) == coordinate((*packing.equal)[1]);
    }
    memory_.put(bit, region.element_bits, inside ? values.at(static_cast<std::size_t>(element)) * packing.scale : 0.0);
  }
}

std::int64_t LayerHarness::bit_address(TensorId id, std::int64_t element) const {
  const Shape& shape = graph.shape(id);
  const Layout& place = layouts_.at(static_cast<std::size_t>(id));
  std::int64_t bit = (regions_.at(place.region).address + place.offset) * 8;
  const std::vector<std::int64_t> index = index_of(element, shape);
  for (std::size_t d = 0; d < shape.size(); ++d) bit += index[d] * place.bit_strides[d];
  return bit;
}

std::vector<double> LayerHarness::data(TensorId id) const {
  const std::vector<float>& values = values_.at(static_cast<std::size_t>(id));
  return {values.begin(), values.end()};
}

double LayerHarness::at(TensorId id, const std::vector<std::int64_t>& index) const {
  const Shape& shape = graph.shape(id);
  std::int64_t element = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) element = element * shape[d] + index.at(d);
  return values_.at(static_cast<std::size_t>(id)).at(static_cast<std::size_t>(element));
}

std::vector<double> LayerHarness::result(TensorId id) const {
  std::vector<double> values;
  for (std::int64_t e = 0; e < element_count(graph.shape(id)); ++e) {
    values.push_back(memory_.get(bit_address(id, e), layouts_.at(static_cast<std::size_t>(id)).element_bits));
  }
  return values;
}

void LayerHarness::expect(TensorId id, const std::function<double(const std::vector<std::int64_t>&)>& expected,
                          double tolerance) const {
  const std::vector<double> values = result(id);
  for (std::size_t e = 0; e < values.size(); ++e) {
    const std::vector<std::int64_t> index = index_of(static_cast<std::int64_t>(e), graph.shape(id));
    const double want = expected(index);
    ASSERT_NEAR(values[e], want, tolerance * std::max(1.0, std::fabs(want))) << "at " << testing::PrintToString(index);
  }
}

void LayerHarness::expect_reference(double tolerance) const {
  Graph whole = graph;
  const Node& node = whole.nodes.at(0);
  NamedElements inputs;
  for (const TensorId input : node.inputs) {
    if (whole.tensor(input).constant || inputs.count(whole.tensor(input).name) != 0) continue;
    whole.inputs.push_back(input);
    inputs[whole.tensor(input).name] = data(input);
  }
  whole.outputs = node.outputs;
  whole.validate();
  const NamedElements expected = evaluate(whole, inputs);
  for (const TensorId output : node.outputs) {
    const std::vector<double> values = result(output);
    const std::vector<double>& wanted = expected.at(whole.tensor(output).name);
    double scale = 1;
    for (const double value : wanted) scale = std::max(scale, std::fabs(value));
    for (std::size_t e = 0; e < values.size(); ++e) {
      ASSERT_NEAR(values[e], wanted[e], tolerance * scale)
          << whole.tensor(output).name << " "
          << testing::PrintToString(index_of(static_cast<std::int64_t>(e), whole.shape(output)));
    }
  }
}

}  // namespace systole::test
