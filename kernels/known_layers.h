#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "isa/block.h"
#include "kernels/compiler.h"
#include "kernels/lowering/lowering.h"
#include "kernels/plan/layout_assignment.h"
#include "kernels/plan/memory_plan.h"
#include "kernels/prepared_graph.h"

namespace systole {

/// The layers of a network as they are compiled for machines that differ in the sizes of the weight, input, bias and
/// output buffers and of VMEM, and in the widths of the data ports, and in nothing else; without fusion and with the
/// greedy rule for tiles. What depends on neither sizes nor ports is done once, and a layer is lowered again only for
/// tiles that it has not had.
///
/// Any number of threads use it at once, and what one has lowered serves all.
class KnownLayers {
 public:
  /// `imported` must outlive the object; `machine`: one of them. Throws UserError as compile_network does for
  /// operators.
  KnownLayers(const Graph& imported, const CompileOptions& options, const Machine& machine);

  /// Where a stream begins: so many bytes behind the start of a region.
  struct Origin {
    std::uint8_t stream = 0;
    isa::Port port = isa::Port::ibuf;
    std::size_t region = 0;
    std::int64_t offset = 0;
  };
  struct Part {
    std::size_t form = 0;         ///< the number of the block's words, with streams that begin at 0
    isa::Block block;             ///< with such streams
    std::vector<Origin> origins;  ///< of the streams that it uses, in their order
  };
  /// What the memory plan needs to know of a region. The number is the same wherever the layers mean the same region.
  struct NumberedRegion {
    std::size_t number = 0;
    Region::Kind kind = Region::Kind::activation;
    std::int64_t bytes = 0;
  };
  /// A layer with certain tiles.
  struct Variant {
    std::vector<NumberedRegion> regions;  ///< that it asks for, in order
    std::vector<Part> parts;
  };
  /// By problem; empty where a machine is too small for one.
  using Tilings = std::vector<std::optional<Tiling>>;

  /// What the greedy rule makes of all layers on the array whose tiles follow from it alone.
  [[nodiscard]] Tilings tilings(const Machine& machine) const;

  [[nodiscard]] std::size_t size() const { return layers_.size(); }
  /// A layer on a machine, which has these tilings. It stays as it is and where it is. Throws UserError as
  /// compile_network does for what is too small.
  const Variant& variant(std::size_t layer, const Tilings& tilings, const Machine& machine);
  /// Those of the network's tensors, which come before any that layers ask for.
  [[nodiscard]] const std::vector<NumberedRegion>& layout_regions() const { return numbered_layout_regions_; }

  /// All of it for one machine, for the UserError that it throws when the program does not fit.
  void compile(const Machine& machine) const;

  /// It has grown so large that it is time to begin another one.
  [[nodiscard]] bool full() const;

 private:
  struct Layer {
    NodeId node{};
    bool on_array = false;
    std::optional<std::size_t> problem;  ///< in `problems_`, when its tiles follow from it alone
    std::mutex mutex;                    ///< for what follows
    LoweringContext::Reliance relies_on;
    std::unordered_map<std::string, Variant> variants;  ///< by what they depend on
  };

  std::optional<std::size_t> problem_of(const Node& node, LoweringContext& context);
  [[nodiscard]] LoweringContext context(const Machine& machine, RegionTable& regions) const;
  [[nodiscard]] std::string key_of(const Layer& layer, const Tilings& tilings, const Machine& machine) const;
  Variant lower(Layer& layer, const Machine& machine);
  std::size_t number_of(const Region& region);

  const Graph& imported_;
  CompileOptions options_;
  PreparedGraph prepared_;
  LayoutAssignment assigned_;
  std::deque<Layer> layers_;
  std::vector<ArrayProblem> problems_;
  RegionTable layout_regions_;
  std::vector<NumberedRegion> numbered_layout_regions_;
  std::atomic<std::size_t> variants_{0};

  struct Constant {
    Region region;
    std::size_t number;
  };
  std::mutex mutex_;         ///< for what follows
  std::size_t regions_ = 0;  ///< that have a number: those of the layouts first, then what any variant asked for
  std::vector<Constant> constants_;                          ///< those among them that are packed
  std::map<std::vector<std::uint32_t>, std::size_t> forms_;  ///< by the words of a block whose streams all begin at 0
};

}  // namespace systole
