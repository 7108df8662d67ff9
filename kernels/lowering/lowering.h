#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/lowering/block_builder.h"
#include "kernels/lowering/gradient_way.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/machine.h"
#include "kernels/plan/region.h"
#include "kernels/tiling/search.h"

/// One lowering for each operator: it reads the node, the layouts of its tensors and the machine's limits, and appends
/// blocks. A node that needs no block says why it is free. What a machine is too small for is the user's mistake
/// (`too_small`); everything else that cannot be lowered was refused before (`unsupported`).
namespace systole {

/// Everything a lowering sees and where it puts its results.
class LoweringContext {
 public:
  /// What has become of one node.
  struct Outcome {
    std::string note;      ///< why it is free, or what is special about it
    std::int64_t ops = 0;  ///< operations of the SIMD unit: elements times instructions
    bool on_array = false;
    bool on_simd = false;
  };

  /// `format`: what the program computes in.
  LoweringContext(const Graph& graph, const Machine& machine, SimdFormat format, RegionTable& regions,
                  std::vector<Layout> layouts);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] SimdFormat simd_format() const { return format_; }
  /// Number of a node of the graph.
  [[nodiscard]] NodeId id(const Node& node) const;

  /// Where a tensor that is not constant lies. Constants have no place of their own: see below.
  [[nodiscard]] const Layout& layout(TensorId tensor) const;
  [[nodiscard]] const std::vector<Layout>& layouts() const { return layouts_; }
  /// A constant without gaps in the order given; the same request gives the same region.
  Layout constant(TensorId tensor, const Order& order, int element_bits);
  /// A constant packed for its reader; `bytes` is the region's size. The same packing gives the same region.
  RegionId constant(TensorId tensor, const Packing& packing, int element_bits, std::int64_t bytes);
  /// Memory for the blocks of this node alone, reused afterwards.
  RegionId scratch(const Node& node, std::int64_t bytes, int element_bits);

  /// What lowerings have looked at that many do not. Without costs, blocks are the same whatever the ports and the
  /// memory are; without OBUF, those of the SIMD unit are whatever its size is.
  struct Reliance {
    bool costs = false;
    bool obuf = false;
  };
  [[nodiscard]] Reliance& relies_on() { return relies_on_; }

  /// How gradients of strided convolutions are to run.
  [[nodiscard]] GradientWay gradient_way() const { return gradient_way_; }
  void set_gradient_way(GradientWay way) { gradient_way_ = way; }

  /// Nodes whose work runs in the block of `root`, in order; empty for most. The last one's output is what the block
  /// writes: `result_of`.
  [[nodiscard]] const std::vector<NodeId>& fused_behind(NodeId root) const;
  void fuse(NodeId root, std::vector<NodeId> chain);
  [[nodiscard]] TensorId result_of(NodeId root) const;

  [[nodiscard]] BlockBuilder begin(const Node& node) const { return {id(node), simd_format()}; }
  void finish(BlockBuilder& builder);
  /// `node` moves no data and computes nothing, because `note`.
  void free(const Node& node, std::string note);
  void add_ops(NodeId node, std::int64_t ops) { outcome(node).ops += ops; }
  void note(NodeId node, std::string text) { outcome(node).note = std::move(text); }

  [[nodiscard]] const std::vector<LoweredBlock>& blocks() const { return blocks_; }
  [[nodiscard]] std::vector<LoweredBlock>& blocks() { return blocks_; }
  [[nodiscard]] Outcome& outcome(NodeId node) { return outcomes_.at(static_cast<std::size_t>(node)); }
  [[nodiscard]] RegionTable& regions() { return regions_; }
  /// Tilings found so far: equal layers are searched once.
  [[nodiscard]] TilingCache& tilings() { return tilings_; }

 private:
  const Graph& graph_;
  const Machine& machine_;
  SimdFormat format_;
  RegionTable& regions_;
  std::vector<Layout> layouts_;
  std::vector<Outcome> outcomes_;
  std::vector<std::vector<NodeId>> chains_;
  std::vector<LoweredBlock> blocks_;
  std::map<TensorId, std::vector<RegionId>> constants_;
  TilingCache tilings_;
  GradientWay gradient_way_ = GradientWay::quicker;
  Reliance relies_on_;
};

using Lowering = void (*)(const Node&, LoweringContext&);

/// The lowering of a kind of operator, or nullptr when the machine cannot compute it. This table is the single list of
/// what compiles.
Lowering lowering_of(OpKind kind);

/// Every node that cannot be compiled, as one UserError with a diagnostic each.
void check_supported(const Graph& graph);

/// Throws the UserError for a layer whose smallest tile does not fit: which buffer, what is needed, what there is.
/// `unit` as in "elements" or "words".
[[noreturn]] void too_small(const Node& node, const std::string& buffer, std::int64_t needed, std::int64_t available,
                            const std::string& unit);

}  // namespace systole
