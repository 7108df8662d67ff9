#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "kernels/graph/graph.h"

/// Small networks of one or two random layers, with what they must move at least.
namespace systole::test {

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::mt19937 random_;
};

/// A tensor of a network that is built by hand.
TensorId add(Graph& graph, const std::string& name, const Shape& shape, bool constant = false);
/// A node with one result, named after its operator.
void add(Graph& graph, OpKind op, std::vector<TensorId> inputs, TensorId output, Attributes attributes);

struct RandomLayers {
  Graph graph;                   ///< its output is "y"; constants have no values yet
  std::int64_t read_bytes = 0;   ///< of operands that the layers cannot do without, each once, on 8-bit operands
  std::int64_t write_bytes = 0;  ///< of results; with `fused_bytes` less when the second layer is fused
  std::int64_t fused_bytes = 0;  ///< written and read again only when the second layer is not fused
  bool exact = false;            ///< nothing is read twice, whatever the tiles
};

/// A convolution, grouped or depthwise too, with a Relu behind it.
RandomLayers random_convolution(Dice& dice);
/// A Gemm with a bias and an element-wise product behind it.
RandomLayers random_gemm(Dice& dice);
RandomLayers random_pool(Dice& dice);
/// Two tensors added and limited.
RandomLayers random_elementwise(Dice& dice);

}  // namespace systole::test
