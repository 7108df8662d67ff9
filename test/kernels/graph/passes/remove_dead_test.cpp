#include "kernels/graph/passes/remove_dead.h"

#include <gtest/gtest.h>

#include "kernels/graph/passes/unique_names.h"
#include "test/kernels/graph/small_graph.h"

namespace systole {
namespace {

using test::SmallGraph;

TEST(RemoveDead, keeps_what_an_output_needs_and_every_input) {
  SmallGraph g;
  const TensorId x = g.input("x", {4});
  g.input("unused", {4});
  g.constant("forgotten", {4}, Fill{1.0});
  const TensorId a = g.node("a", OpKind::Relu, {x}, {4});
  const TensorId dead = g.node("dead", OpKind::Relu, {a}, {4});
  g.node("deader", OpKind::Relu, {dead}, {4});
  Graph& graph = g.output(g.node("b", OpKind::Relu, {a}, {4}));
  remove_dead(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[1].name, "b");
  EXPECT_EQ(graph.tensors.size(), 4U);
  EXPECT_EQ(graph.tensor(graph.inputs[1]).name, "unused");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "b");
}

TEST(UniqueNames, number_the_later_ones) {
  Graph graph;
  for (const char* name : {"a", "a/2", "a", "b"}) graph.add(Tensor{name, {}, ElementType::Float32, true, Absent{}});
  make_names_unique(graph);
  EXPECT_EQ(graph.tensors[0].name, "a");
  EXPECT_EQ(graph.tensors[1].name, "a/2");
  EXPECT_EQ(graph.tensors[2].name, "a/3");
  EXPECT_EQ(graph.tensors[3].name, "b");
}

}  // namespace
}  // namespace systole
