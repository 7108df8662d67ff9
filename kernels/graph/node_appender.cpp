#include "kernels/graph/node_appender.h"

#include <numeric>

namespace systole {

TensorId NodeAppender::add(const char* part, OpKind op, std::vector<TensorId> inputs, const Shape& shape,
                           Attributes attributes) {
  const TensorId output = graph_.add(Tensor{name_ + "/" + part, shape, ElementType::Float32, false, Absent{}});
  Node node;
  node.name = name_ + "/" + part;
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  node.attributes = std::move(attributes);
  node.phase = phase_;
  graph_.add(std::move(node));
  return output;
}

TensorId NodeAppender::constant(const char* part, const Shape& shape, Values values) {
  return graph_.add(Tensor{name_ + "/" + part, shape, ElementType::Float32, true, std::move(values)});
}

TensorId NodeAppender::total(const char* part, TensorId of) {
  ReduceAttributes all{{}, false};
  all.axes.resize(graph_.shape(of).size());
  std::iota(all.axes.begin(), all.axes.end(), 0);
  return add(part, OpKind::ReduceSum, {of}, {}, all);
}

}  // namespace systole
