#include "kernels/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/units.h"
#include "isa/encoder.h"
#include "isa/program.h"
#include "isa/validate.h"
#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/fusion.h"
#include "kernels/lowering/lowering.h"
#include "kernels/plan/capacity.h"
#include "kernels/plan/contents.h"
#include "kernels/plan/layout_assignment.h"
#include "kernels/plan/memory_plan.h"
#include "kernels/plan/quantized.h"
#include "kernels/prepared_graph.h"

namespace systole {

namespace {

isa::Region::Kind kind_of(Region::Kind kind) {
  switch (kind) {
    case Region::Kind::input:
      return isa::Region::input;
    case Region::Kind::output:
      return isa::Region::output;
    case Region::Kind::state:
      return isa::Region::state;
    case Region::Kind::constant:
      return isa::Region::constant;
    default:
      return isa::Region::activation;
  }
}

isa::LayerInfo::Phase phase_of(TrainingPhase phase) {
  switch (phase) {
    case TrainingPhase::GradData:
      return isa::LayerInfo::grad_data;
    case TrainingPhase::GradWeight:
      return isa::LayerInfo::grad_weight;
    case TrainingPhase::Grad:
      return isa::LayerInfo::grad;
    case TrainingPhase::Update:
      return isa::LayerInfo::update;
    default:
      return isa::LayerInfo::forward;
  }
}

/// One row for every node of the imported graph, whatever became of it.
class LayerTable {
 public:
  /// `origins`: the imported node's name for nodes that are not in the imported graph.
  LayerTable(const Graph& imported, const Graph& graph, const std::map<std::string, std::string>& origins)
      : graph_(graph), layer_of_(graph.nodes.size(), -1) {
    std::map<std::string, int> index;
    for (const Node& node : imported.nodes) {
      isa::LayerInfo layer;
      layer.set_index(static_cast<int>(layers_.size()));
      layer.set_name(node.name);
      layer.set_op(node.onnx_op);
      layer.set_phase(phase_of(node.phase));
      layer.set_fused_into(-1);
      layer.set_macs(imported.macs(node).count());
      layer.set_note("no output needs it");
      index[node.name] = layer.index();
      layers_.push_back(layer);
    }
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      const auto origin = origins.find(node.name);
      layer_of_[n] = index.at(origin == origins.end() ? node.name : origin->second);
      layer(static_cast<NodeId>(n)).clear_note();
      for (const Absorbed& absorbed : node.absorbed) {
        const auto found = index.find(absorbed.name);
        if (found == index.end()) continue;  // folded by the importer already
        isa::LayerInfo& folded = layers_[static_cast<std::size_t>(found->second)];
        folded.set_fused_into(layer_of_[n]);
        folded.set_note("folded into the constants of " + node.name);
      }
    }
  }

  [[nodiscard]] int index_of(NodeId node) const { return layer_of_.at(static_cast<std::size_t>(node)); }
  isa::LayerInfo& layer(NodeId node) { return layers_.at(static_cast<std::size_t>(index_of(node))); }
  [[nodiscard]] const std::vector<isa::LayerInfo>& layers() const { return layers_; }

  void fill(LoweringContext& context, const Fusion& fusion) {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const auto id = static_cast<NodeId>(n);
      const LoweringContext::Outcome& outcome = context.outcome(id);
      isa::LayerInfo& row = layer(id);
      if (!outcome.note.empty()) row.set_note(outcome.note);
      row.set_ops(row.ops() + outcome.ops);
      if (outcome.on_simd && row.unit() == isa::LayerInfo::none) row.set_unit(isa::LayerInfo::simd_unit);
      if (outcome.on_array) row.set_unit(isa::LayerInfo::systolic_array);
      for (const NodeId fused : fusion.chains[n]) {
        if (index_of(fused) != index_of(id)) layer(fused).set_fused_into(index_of(id));
      }
    }
  }

 private:
  const Graph& graph_;
  std::vector<isa::LayerInfo> layers_;
  std::vector<int> layer_of_;
};

/// Index in the program of every region, which leaves out those that no block touches: -1.
std::vector<int> program_regions(const RegionTable& regions) {
  std::vector<int> indices;
  int next = 0;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    indices.push_back(regions.at(static_cast<RegionId>(r)).address < 0 ? -1 : next++);
  }
  return indices;
}

isa::EncodedBlock encoded(const LoweredBlock& lowered, const LayerTable& layers, const std::vector<int>& regions) {
  isa::EncodedBlock block;
  const std::vector<std::uint32_t> words = isa::encode(lowered.block);
  block.mutable_words()->Add(words.begin(), words.end());
  block.set_array_layer(lowered.array_node ? layers.index_of(*lowered.array_node) : -1);
  for (const NodeId node : lowered.nest_nodes) block.add_nest_layers(layers.index_of(node));
  std::size_t streams = lowered.block.streams.size();
  while (streams > 0 && !lowered.block.streams[streams - 1].used) --streams;
  for (std::size_t s = 0; s < streams; ++s) {
    const bool used = lowered.block.streams[s].used;
    block.add_stream_layers(used ? layers.index_of(lowered.stream_nodes[s]) : -1);
    block.add_stream_regions(used ? regions.at(static_cast<std::size_t>(lowered.stream_regions[s])) : -1);
  }
  return block;
}

void add_regions(const RegionTable& regions, isa::Program& program) {
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const Region& region = regions.at(static_cast<RegionId>(r));
    if (region.address < 0) continue;  // no block touches it
    isa::Region& row = *program.add_regions();
    row.set_name(region.name);
    row.set_address(region.address);
    row.set_bytes(region.bytes);
    row.set_kind(kind_of(region.kind));
    row.set_element_bits(region.element_bits);
    for (const std::int64_t extent : region.shape) row.add_shape(extent);
    row.set_order(region.order);
  }
}

Fusion fuse(const Graph& graph, const Machine& machine, SimdFormat format, const CompileOptions& options,
            TilingCache& tilings) {
  Fusion fusion = no_fusion(graph);
  tilings = TilingCache(options.tiling);
  if (!options.fusion) return fusion;
  RegionTable regions;
  LayoutAssignment unfused = assign_layouts(graph, machine, fusion.fused_tensors, regions);
  check_operands(graph, unfused.layouts, regions, machine);
  LoweringContext trial(graph, machine, format, regions, std::move(unfused.layouts));
  trial.set_gradient_way(options.gradient);
  trial.tilings() = std::move(tilings);
  fusion = choose_fusion(graph, trial);
  tilings = std::move(trial.tilings());
  return fusion;
}

void lower(const Graph& graph, const Fusion& fusion, const std::vector<std::string>& free_notes,
           LoweringContext& context) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) context.fuse(static_cast<NodeId>(n), fusion.chains[n]);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (fusion.fused_nodes[n]) continue;
    if (!free_notes[n].empty()) {
      context.free(node, free_notes[n]);
    } else {
      lowering_of(node.op)(node, context);
    }
  }
}

/// In the plan; of a constant that is packed as in no placed block, that of the same tensor in another packing.
std::int64_t address_of(RegionId id, const RegionTable& regions) {
  const Region& wanted = regions.at(id);
  if (wanted.address >= 0) return wanted.address;
  for (std::size_t r = 0; wanted.tensor && r < regions.size(); ++r) {
    const Region& region = regions.at(static_cast<RegionId>(r));
    if (region.tensor == wanted.tensor && region.address >= 0) return region.address;
  }
  return 0;
}

/// From the start of their regions to the start of memory.
void address_streams(LoweredBlock& lowered, const RegionTable& regions) {
  for (std::size_t s = 0; s < lowered.block.streams.size(); ++s) {
    isa::Stream& stream = lowered.block.streams[s];
    if (stream.used) stream.base += address_of(lowered.stream_regions[s], regions);
  }
}

/// Addresses for all regions, and for all streams that name them.
MemoryPlan place(RegionTable& regions, std::vector<LoweredBlock>& blocks) {
  std::vector<PlannedRegion> planned;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const Region& region = regions.at(static_cast<RegionId>(r));
    planned.push_back({region.kind, region.bytes, {}, -1});
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (std::size_t s = 0; s < blocks[b].block.streams.size(); ++s) {
      if (!blocks[b].block.streams[s].used) continue;
      planned.at(static_cast<std::size_t>(blocks[b].stream_regions[s])).used.add(static_cast<std::int64_t>(b));
    }
  }
  const MemoryPlan plan = plan_memory(planned, static_cast<std::int64_t>(blocks.size()));
  for (std::size_t r = 0; r < regions.size(); ++r) regions.at(static_cast<RegionId>(r)).address = planned[r].address;
  for (LoweredBlock& lowered : blocks) address_streams(lowered, regions);
  return plan;
}

/// Lets `cycles` decide between the tilings that the estimate likes best. A rehearsal with the estimate's own choices
/// finds out where everything will lie; its blocks are thrown away.
void judge(const Graph& graph, const Fusion& fusion, const std::vector<std::string>& free_notes,
           const CompileOptions& options, LoweringContext& context) {
  RegionTable regions = context.regions();
  LoweringContext rehearsal(graph, context.machine(), context.simd_format(), regions, context.layouts());
  rehearsal.set_gradient_way(options.gradient);
  rehearsal.tilings() = std::move(context.tilings());
  lower(graph, fusion, free_notes, rehearsal);
  place(regions, rehearsal.blocks());
  const auto cycles = [&](LoweredBlock block) {
    address_streams(block, regions);
    return options.block_cycles(block.block);
  };
  for (const Node& node : graph.nodes) {
    if (is_conv_or_gemm(node.op)) judge_tilings(node, rehearsal, cycles);
  }
  context.tilings() = std::move(rehearsal.tilings());
}

/// Where the network's inputs and outputs lie. Those that no block touches have no place.
void add_tensors(Compilation& result, const std::vector<int>& indices) {
  const Graph& graph = result.graph;
  const auto add = [&](const std::vector<TensorId>& tensors, auto* placements) {
    for (const TensorId id : tensors) {
      if (graph.tensor(id).constant) continue;
      const Layout& layout = result.layouts.at(static_cast<std::size_t>(id));
      const int region = indices.at(static_cast<std::size_t>(layout.region));
      if (region < 0) continue;
      isa::Tensor placed = placement_of(graph.tensor(id), layout, region);
      if (result.program.numbers() == isa::Program::integers) placed.set_offset(offset_of(graph.tensor(id).type));
      *placements->Add() = std::move(placed);
    }
  };
  add(graph.inputs, result.program.mutable_inputs());
  add(graph.outputs, result.program.mutable_outputs());
}

/// Appends the region of the instructions, behind everything else.
void add_instructions(const MemoryPlan& plan, isa::Program& program) {
  isa::Region& region = *program.add_regions();
  region.set_name("instructions");
  region.set_kind(isa::Region::instruction);
  region.set_element_bits(32);
  region.set_address(plan.end);
  region.set_bytes(4 * isa::word_count(program));
  region.add_shape(isa::word_count(program));
}

}  // namespace

Compilation compile_network(const Graph& imported, const Machine& machine, const CompileOptions& options) {
  Compilation result;
  PreparedGraph prepared = prepare_graph(imported, machine);
  const bool integers = prepared.integers || options.integers;
  const SimdFormat format = integers ? SimdFormat::integers : SimdFormat::single_precision;
  result.graph = std::move(prepared.graph);
  const Graph& graph = result.graph;
  TilingCache tilings;
  Fusion fusion = fuse(graph, machine, format, options, tilings);
  LayoutAssignment assigned = assign_layouts(graph, machine, fusion.fused_tensors, result.regions);
  result.layouts = assigned.layouts;
  check_operands(graph, result.layouts, result.regions, machine);
  LoweringContext context(graph, machine, format, result.regions, std::move(assigned.layouts));
  context.tilings() = std::move(tilings);
  context.set_gradient_way(options.gradient);
  if (options.block_cycles && options.tiling == TilingRule::search) {
    judge(graph, fusion, assigned.free_notes, options, context);
  }
  lower(graph, fusion, assigned.free_notes, context);
  std::vector<LoweredBlock>& blocks = context.blocks();
  if (blocks.empty())
    throw UserError({"", 0, 0, "the network has no work for the machine", "a model with an operator that computes"});
  const MemoryPlan plan = place(result.regions, blocks);
  blocks.back().block.last = true;

  LayerTable layers(imported, graph, prepared.origins);
  layers.fill(context, fusion);
  isa::Program& program = result.program;
  program.set_schema(isa::kProgramSchema);
  program.set_machine(machine.name);
  *program.mutable_target() = target_of(machine);
  program.set_model(options.model);
  program.set_mode(options.mode);
  program.set_batch(options.batch);
  program.set_numbers(integers ? isa::Program::integers : isa::Program::single_precision);
  const std::vector<int> indices = program_regions(result.regions);
  for (const LoweredBlock& lowered : blocks) *program.add_blocks() = encoded(lowered, layers, indices);
  for (const isa::LayerInfo& layer : layers.layers()) *program.add_layers() = layer;
  add_regions(result.regions, program);
  add_tensors(result, indices);
  add_instructions(plan, program);
  check_capacity(plan, result.regions, 4 * isa::word_count(program), machine);
  result.fused = std::move(fusion.fused_tensors);

  const std::vector<std::string> faults = isa::validate(program);
  check(faults.empty(), "compiler", [&] { return fmt::format("{} faults, the first: {}", faults.size(), faults[0]); });
  return result;
}

void add_constants(Compilation& compilation) {
  isa::Program& program = compilation.program;
  const std::vector<int> indices = program_regions(compilation.regions);
  for (std::size_t r = 0; r < indices.size(); ++r) {
    const Region& region = compilation.regions.at(static_cast<RegionId>(r));
    if (indices[r] < 0 || region.kind != Region::Kind::constant) continue;
    const Tensor& tensor = compilation.graph.tensor(*region.tensor);
    program.mutable_regions(indices[r])
        ->set_data(contents_of(region, tensor, program.numbers() == isa::Program::single_precision));
  }
}

isa::Program compile(const Graph& graph, const Machine& machine, const CompileOptions& options) {
  return std::move(compile_network(graph, machine, options).program);
}

}  // namespace systole
