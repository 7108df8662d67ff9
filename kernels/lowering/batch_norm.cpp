#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// A vector of C seen with the input's dimensions.
Layout along_channels(Layout vector, std::size_t rank) {
  const std::int64_t stride = vector.bit_strides.at(0);
  vector.bit_strides.assign(rank, 0);
  vector.bit_strides.at(1) = stride;
  return vector;
}

}  // namespace

/// y = factor*x + offset with factor = scale / sqrt(variance + epsilon) and offset = bias - mean*factor, which are
/// computed once for each tile of channels.
void lower_batch_norm(const Node& node, LoweringContext& context) {
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  const Layout& input = context.layout(node.inputs[0]);
  IterationSpace space(shape, order_of(shape, input));
  const int x_place = space.add(input);
  const int y_place = space.add(context.layout(node.outputs.at(0)));
  std::vector<int> vectors;
  for (std::size_t i = 1; i < 5; ++i) {
    const Layout vector = context.constant(node.inputs.at(i), {0}, context.machine().accumulator_bits);
    vectors.push_back(space.add(along_channels(vector, shape.size())));
  }
  space.coalesce();

  SimdLayer layer(node, context);
  std::vector<int> channels;  // of the dimensions that are left, those that the vectors extend along
  std::vector<Over> everything;
  std::vector<Over> each_channel;
  When first{isa::Condition::Kind::first, {}};
  for (std::size_t d = 0; d < space.extents().size(); ++d) {
    const int dim = layer.dim(space.extents()[d]);
    everything.push_back({dim, 0});
    if (space.strides(vectors[0])[d] != 0) {
      channels.push_back(dim);
      each_channel.push_back({dim, 0});
    } else {
      first.dims.push_back(dim);
    }
  }
  const int x = layer.load(space.access(x_place), Namespace::vmem1);
  const int y = layer.store(space.access(y_place), Namespace::vmem2);
  std::vector<Operand> vector;  // scale, bias, mean, variance
  for (const int place : vectors) vector.push_back(layer.at(layer.load(space.access(place), Namespace::vmem2)));
  const Operand factor = layer.at(layer.scratch(channels, Namespace::obuf));
  const Operand offset = layer.at(layer.scratch(channels, Namespace::obuf));
  const double epsilon = std::get<BatchNormAttributes>(node.attributes).epsilon;
  layer.sweep(first, each_channel,
              {{SimdOpcode::add, factor, vector[3], layer.immediate(epsilon)},
               {SimdOpcode::inverse_sqrt, factor, factor, factor},
               {SimdOpcode::mul, factor, factor, vector[0]},
               {SimdOpcode::mul, offset, factor, vector[2]},
               {SimdOpcode::sub, offset, vector[1], offset}});
  const Operand result = layer.at(y);
  layer.sweep({}, everything,
              {{SimdOpcode::mul, result, layer.at(x), factor}, {SimdOpcode::add, result, result, offset}});
  layer.finish();
}

}  // namespace systole
