#include "kernels/plan/layout_assignment.h"

#include <gtest/gtest.h>

namespace systole {

namespace {

/// Builds a graph node by node and assigns layouts for a machine of 8-bit (or 4-bit) activations.
class Assignment : public testing::Test {
 protected:
  TensorId input(const Shape& shape) {
    const TensorId id = tensor(shape);
    graph.inputs.push_back(id);
    return id;
  }
  TensorId tensor(const Shape& shape, bool constant = false) {
    return graph.add(Tensor{"t" + std::to_string(graph.tensors.size()), shape, ElementType::Float32, constant, {}});
  }
  TensorId then(OpKind op, std::vector<TensorId> inputs, const Shape& shape, Attributes attributes = NoAttributes()) {
    const TensorId y = tensor(shape);
    Node node;
    node.name = "n" + std::to_string(graph.nodes.size());
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {y};
    node.attributes = std::move(attributes);
    graph.add(node);
    return y;
  }
  /// A 1x1 convolution.
  TensorId conv(TensorId x, std::int64_t oc, std::int64_t groups = 1) {
    Shape shape = graph.shape(x);
    const TensorId w = tensor({oc, shape[1] / groups, 1, 1}, true);
    shape[1] = oc;
    ConvAttributes attributes;
    attributes.groups = groups;
    return then(OpKind::Conv, {x, w}, shape, attributes);
  }
  void run(std::vector<TensorId> outputs, int activation_bits = 8) {
    graph.outputs = std::move(outputs);
    Machine machine;
    machine.activation_bits = activation_bits;
    result = assign_layouts(graph, machine, std::vector<bool>(graph.tensors.size()), regions);
  }
  const Layout& layout(TensorId id) { return result.layouts.at(static_cast<std::size_t>(id)); }
  const std::string& note_of(TensorId id) {
    return result.free_notes.at(static_cast<std::size_t>(*graph.producer(id)));
  }

  Graph graph;
  RegionTable regions;
  LayoutAssignment result;
};

TEST_F(Assignment, narrows_what_convolutions_read) {
  const TensorId x = input({1, 3, 8, 8});
  const TensorId a = conv(x, 16);
  const TensorId b = then(OpKind::Relu, {a}, {1, 16, 8, 8});
  const TensorId c = conv(b, 16);
  const TensorId d = then(OpKind::Add, {c, b}, {1, 16, 8, 8});
  run({d});
  EXPECT_EQ(layout(x).element_bits, 8);
  EXPECT_EQ(layout(a).element_bits, 32) << "the SIMD unit alone reads it";
  EXPECT_EQ(layout(b).element_bits, 8) << "a convolution and the SIMD unit read it";
  EXPECT_EQ(layout(d).element_bits, 32);
  EXPECT_EQ(regions.at(layout(d).region).kind, Region::Kind::output);
  EXPECT_EQ(regions.at(layout(x).region).kind, Region::Kind::input);
  EXPECT_EQ(regions.at(layout(x).region).order, "NHWC");
}

TEST_F(Assignment, puts_what_replaces_a_state_where_the_state_is) {
  const TensorId w = input({4, 8});
  const TensorId gradient = input({4, 8});
  const TensorId moment = input({4, 8});
  const TensorId next = then(OpKind::Momentum, {w, gradient, moment}, {4, 8}, OptimizerAttributes{});
  const TensorId next_moment = tensor({4, 8});
  graph.nodes.back().outputs.push_back(next_moment);
  graph.states = {{w, next}, {moment, next_moment}};
  run({next, next_moment});
  EXPECT_EQ(layout(next).region, layout(w).region);
  EXPECT_EQ(layout(next).bit_strides, layout(w).bit_strides);
  EXPECT_EQ(layout(next_moment).region, layout(moment).region);
  EXPECT_NE(layout(w).region, layout(moment).region);
  EXPECT_EQ(regions.at(layout(w).region).kind, Region::Kind::state);
  EXPECT_EQ(regions.at(layout(gradient).region).kind, Region::Kind::input);
}

TEST_F(Assignment, narrows_what_is_max_pooled_for_a_convolution) {
  const TensorId a = conv(input({1, 4, 8, 8}), 8);
  PoolAttributes pool;
  pool.kernel = pool.strides = {2, 2};
  const TensorId pooled = then(OpKind::MaxPool, {a}, {1, 8, 4, 4}, pool);
  const TensorId wide = then(OpKind::Relu, {a}, {1, 8, 8, 8});
  const TensorId b = conv(pooled, 8);
  const TensorId narrow = then(OpKind::Relu, {b}, {1, 8, 4, 4});
  run({conv(then(OpKind::MaxPool, {narrow}, {1, 8, 2, 2}, pool), 4), wide});
  EXPECT_EQ(layout(pooled).element_bits, 8);
  EXPECT_EQ(layout(a).element_bits, 32) << "Relu reads it as well";
  EXPECT_EQ(layout(narrow).element_bits, 8);
}

TEST_F(Assignment, joins_what_convolutions_write) {
  const TensorId x = input({1, 8, 4, 4});
  const TensorId a = conv(x, 6);
  const TensorId b = conv(x, 10);
  const TensorId joined = then(OpKind::Concat, {a, b}, {1, 16, 4, 4}, ConcatAttributes{1});
  const TensorId y = conv(joined, 4);
  run({y});
  EXPECT_FALSE(note_of(joined).empty());
  EXPECT_EQ(layout(a).region, layout(joined).region);
  EXPECT_EQ(layout(b).offset, 6);
  EXPECT_EQ(layout(b).bit_strides, layout(joined).bit_strides);
}

TEST_F(Assignment, copies_what_cannot_be_joined_in_place) {
  const TensorId x = input({1, 8, 4, 4});
  const TensorId a = conv(x, 6);
  const TensorId joined = then(OpKind::Concat, {x, a, a}, {1, 20, 4, 4}, ConcatAttributes{1});
  run({joined});
  EXPECT_TRUE(note_of(joined).empty());
  EXPECT_NE(layout(x).region, layout(joined).region);
  EXPECT_EQ(layout(a).region, layout(joined).region);
  EXPECT_EQ(layout(a).offset, 8 * 4) << "once in place, once copied";
}

TEST_F(Assignment, sees_an_earlier_concatenation_inside_a_later_one) {
  const TensorId x = input({1, 8, 4, 4});
  const TensorId a = conv(x, 4);
  const TensorId b = conv(a, 4);
  const TensorId two = then(OpKind::Concat, {a, b}, {1, 8, 4, 4}, ConcatAttributes{1});
  const TensorId c = conv(two, 4);
  const TensorId three = then(OpKind::Concat, {a, b, c}, {1, 12, 4, 4}, ConcatAttributes{1});
  run({conv(three, 4)});
  EXPECT_FALSE(note_of(two).empty());
  EXPECT_FALSE(note_of(three).empty());
  EXPECT_EQ(layout(two).region, layout(three).region);
}

TEST_F(Assignment, takes_reshapes_and_transpositions_as_views) {
  const TensorId x = input({2, 6, 4, 4});
  const TensorId a = conv(x, 8);
  const TensorId rows = then(OpKind::Reshape, {a}, {2, 8, 16});
  const TensorId tokens = then(OpKind::Transpose, {rows}, {2, 16, 8}, TransposeAttributes{{0, 2, 1}});
  const TensorId w = tensor({8, 5}, true);
  run({then(OpKind::MatMul, {tokens, w}, {2, 16, 5})});
  EXPECT_EQ(layout(tokens).region, layout(a).region);
  EXPECT_EQ(layout(tokens).bit_strides.back(), 8) << "channels are next to each other";
  EXPECT_FALSE(note_of(rows).empty());
  EXPECT_FALSE(note_of(tokens).empty());
}

TEST_F(Assignment, copies_a_shuffle_of_channels) {
  const TensorId a = conv(input({1, 8, 4, 4}), 8);
  const TensorId grouped = then(OpKind::Reshape, {a}, {1, 2, 4, 4, 4});
  const TensorId swapped = then(OpKind::Transpose, {grouped}, {1, 4, 2, 4, 4}, TransposeAttributes{{0, 2, 1, 3, 4}});
  const TensorId y = then(OpKind::Reshape, {swapped}, {1, 8, 4, 4});
  run({conv(y, 4)});
  EXPECT_FALSE(note_of(grouped).empty());
  EXPECT_FALSE(note_of(swapped).empty());
  EXPECT_TRUE(note_of(y).empty());
  EXPECT_NE(layout(y).region, layout(a).region);
}

TEST_F(Assignment, lets_the_host_write_what_the_first_transposition_wants) {
  const TensorId x = input({1, 8, 9, 3});
  const TensorId image = then(OpKind::Transpose, {x}, {1, 3, 8, 9}, TransposeAttributes{{0, 3, 1, 2}});
  run({conv(image, 4)});
  EXPECT_EQ(layout(image).bit_strides[1], 8);
}

TEST_F(Assignment, never_hands_an_input_out_as_output) {
  const TensorId x = input({2, 12});
  const TensorId y = then(OpKind::Reshape, {x}, {4, 6});
  run({y});
  EXPECT_NE(layout(x).region, layout(y).region);
  EXPECT_TRUE(note_of(y).empty());
}

TEST_F(Assignment, widens_half_bytes_that_would_begin_inside_a_byte) {
  const TensorId even = conv(input({1, 6, 4, 4}), 8);
  const TensorId odd = conv(even, 7);
  const TensorId groups = conv(odd, 6);
  const TensorId grouped = conv(groups, 6, 2);
  run({grouped}, 4);
  EXPECT_EQ(layout(even).element_bits, 4);
  EXPECT_EQ(layout(odd).element_bits, 8);
  EXPECT_EQ(layout(groups).element_bits, 8) << "groups of three channels";
}

TEST_F(Assignment, leaves_out_fused_tensors) {
  const TensorId a = conv(input({1, 8, 4, 4}), 8);
  const TensorId y = then(OpKind::Relu, {a}, {1, 8, 4, 4});
  graph.outputs = {y};
  std::vector<bool> fused(graph.tensors.size());
  fused[static_cast<std::size_t>(a)] = true;
  assign_layouts(graph, Machine{}, fused, regions);
  EXPECT_EQ(regions.size(), 2U) << "input and output";
}

}  // namespace

}  // namespace systole
