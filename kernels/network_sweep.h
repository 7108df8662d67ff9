#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "isa/block.h"
#include "isa/stream_address.h"
#include "kernels/compiler.h"
#include "kernels/lowering/lowering.h"
#include "kernels/plan/layout_assignment.h"
#include "kernels/plan/memory_plan.h"
#include "kernels/prepared_graph.h"

namespace systole {

/// A network compiled for one machine after another, when they differ in the sizes of the weight, input, bias and
/// output buffers and of VMEM, and in the widths of the data ports, and in nothing else. The result is that of
/// compile_network without fusion and with the greedy rule for tiles. What depends on neither sizes nor ports is done
/// once, and a layer is lowered again only for tiles that it has not had.
///
/// One thread uses it at a time.
class NetworkSweep {
 public:
  /// A block as it is on the present machine, but for the distance of slots within the buffers: that is some machine's
  /// of which it takes as many words.
  struct Part {
    std::size_t form = 0;  ///< blocks of the same form differ in nothing but the addresses of their streams
    isa::Block block;      ///< its streams begin at 0
    isa::StreamAddresses addresses;
  };

  /// `machine`: one of them. Throws UserError as compile_network does for operators.
  NetworkSweep(const Graph& imported, const CompileOptions& options, const Machine& machine);

  /// The blocks in order, good until the next call. Throws UserError as compile_network does for what is too small.
  const std::vector<const Part*>& compile(const Machine& machine);

  /// Of the present machine: where the instructions lie. Throws UserError when so many words are too many for the
  /// memory.
  [[nodiscard]] std::int64_t instruction_address(std::int64_t words) const;

 private:
  struct PlacedPart : Part {
    struct Origin {
      std::size_t region;   ///< in `regions_`
      std::int64_t offset;  ///< bytes from its start
    };
    std::vector<Origin> origins;  ///< by address
  };
  /// A layer with certain tiles.
  struct Variant {
    std::vector<std::size_t> regions;  ///< that it asks for, in order
    std::vector<PlacedPart> parts;
  };
  struct Layer {
    NodeId node{};
    bool on_array = false;
    std::optional<std::size_t> problem;  ///< in `problems_`, when its tiles follow from it alone
    LoweringContext::Reliance relies_on;
    std::unordered_map<std::string, Variant> variants;  ///< by what they depend on
  };
  struct Problem {
    ArrayProblem problem;
    std::optional<Tiling> tiling;  ///< on the present machine
  };

  std::optional<std::size_t> problem_of(const Node& node, LoweringContext& context);
  [[nodiscard]] LoweringContext context(const Machine& machine, RegionTable& regions) const;
  [[nodiscard]] std::string key_of(const Layer& layer, const Machine& machine) const;
  Variant& variant_of(Layer& layer, const Machine& machine);
  Variant lower(Layer& layer, const Machine& machine);
  std::size_t known(const Region& region);
  void place();

  const Graph& imported_;
  CompileOptions options_;
  PreparedGraph prepared_;
  LayoutAssignment assigned_;
  std::vector<Layer> layers_;
  std::vector<Problem> problems_;
  RegionTable layout_regions_;
  RegionTable regions_;  ///< those of the layouts first, then what any variant asked for
  std::map<std::vector<std::uint32_t>, std::size_t> forms_;  ///< by the words of a block whose streams all begin at 0
  std::size_t variants_ = 0;

  Machine machine_;  ///< the present one
  std::vector<Variant*> present_;
  std::vector<const Part*> parts_;
  std::vector<PlannedRegion> planned_;
  std::vector<std::size_t> position_;  ///< by region: in `planned_`
  MemoryPlan plan_;
};

}  // namespace systole
