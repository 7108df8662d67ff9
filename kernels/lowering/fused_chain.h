#pragma once

#include <vector>

#include "kernels/lowering/array_block.h"
#include "kernels/lowering/elementwise.h"

namespace systole {

/// Element-wise nodes that the SIMD unit computes behind the array, tile by tile: it takes a finished tile out of OBUF,
/// other operands come into VMEM1, the result leaves through VMEM2.
class FusedChain {
 public:
  /// `chain` follows `job`'s node in order; every node reads the one before. Nothing is emitted yet.
  FusedChain(const ArrayJob& job, std::vector<NodeId> chain, LoweringContext& context);

  /// What the tiling must leave room and time for.
  [[nodiscard]] FusedWork work() const;
  /// Instructions for each word, to compare with the room for them.
  [[nodiscard]] std::size_t instructions() const;
  /// Appends streams and nests.
  void emit(const ArrayOutput& output, BlockBuilder& builder);

 private:
  /// Where the running value is between two nodes.
  enum class Place { obuf, result, spare };
  struct Input {
    bool running = false;
    std::optional<double> immediate;
    Layout layout;  ///< of anything else, seen with the output's dimensions
  };
  struct Step {
    NodeId node{};
    std::vector<Input> inputs;
    Place destination = Place::result;
    bool overwrites = false;  ///< may write over the running value that it reads
    int scratch = 0;
  };
  struct Emission;

  [[nodiscard]] Input input_of(TensorId tensor, TensorId running) const;
  void choose_places();
  [[nodiscard]] SimdBody body_of(const Step& step, const ElementwiseOperands& operands, SimdBuilder builder) const;
  [[nodiscard]] int most_scratch() const;
  [[nodiscard]] bool uses_spare() const;

  const ArrayJob& job_;
  LoweringContext& context_;
  std::vector<Step> steps_;
  Layout result_;
};

/// May `node` run in a chain behind others whose running value is `running`? `position` of nodes in the graph decides
/// whether its other operands exist by then.
bool can_fuse(const Graph& graph, const Uses& uses, const Node& node, TensorId running, NodeId root);

}  // namespace systole
