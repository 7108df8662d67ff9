#include "kernels/known_layers.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/errors.h"
#include "isa/encoder.h"
#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/fusion.h"
#include "kernels/tiling/greedy.h"

namespace systole {

namespace {

constexpr std::size_t kMostVariants = 20000;  ///< one takes about 10 kB
constexpr std::size_t kLongestKey = 9;        ///< numbers

}  // namespace

KnownLayers::KnownLayers(const Graph& imported, const CompileOptions& options, const Machine& machine)
    : imported_(imported), options_(options), prepared_(prepare_graph(imported, machine)) {
  check(!options.fusion && options.tiling == TilingRule::simdit, "compiler", "a sweep is without fusion and search");
  const Graph& graph = prepared_.graph;
  assigned_ = assign_layouts(graph, machine, no_fusion(graph).fused_tensors, layout_regions_);
  for (; regions_ < layout_regions_.size(); ++regions_) {
    const Region& region = layout_regions_.at(static_cast<RegionId>(regions_));
    numbered_layout_regions_.push_back({regions_, region.kind, region.bytes});
  }
  RegionTable scratch = layout_regions_;
  LoweringContext trial = context(machine, scratch);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!assigned_.free_notes[n].empty()) continue;
    const Node& node = graph.nodes[n];
    Layer& layer = layers_.emplace_back();
    layer.node = static_cast<NodeId>(n);
    layer.on_array = is_conv_or_gemm(node.op);
    if (layer.on_array) layer.problem = problem_of(node, trial);
  }
}

LoweringContext KnownLayers::context(const Machine& machine, RegionTable& regions) const {
  const bool integers = prepared_.integers || options_.integers;
  LoweringContext made(prepared_.graph, machine, integers ? SimdFormat::integers : SimdFormat::single_precision,
                       regions, assigned_.layouts);
  made.tilings() = TilingCache(TilingRule::simdit);
  made.set_gradient_way(options_.gradient);
  return made;
}

std::optional<std::size_t> KnownLayers::problem_of(const Node& node, LoweringContext& context) {
  const std::vector<ArrayWay> ways = array_ways(node, context);
  if (ways.size() != 1 || !ways.front().copies.empty() || ways.front().jobs.size() != 1) return std::nullopt;
  const ArrayProblem& problem = ways.front().jobs.front().problem;
  const auto found = std::find(problems_.begin(), problems_.end(), problem);
  const auto index = static_cast<std::size_t>(found - problems_.begin());
  if (found == problems_.end()) problems_.push_back(problem);
  return index;
}

KnownLayers::Tilings KnownLayers::tilings(const Machine& machine) const {
  Tilings tilings;
  tilings.reserve(problems_.size());
  for (const ArrayProblem& problem : problems_) tilings.push_back(greedy_tiling(problem, {}, machine));
  return tilings;
}

/// What the blocks of a layer depend on. Costs depend on everything; without them an array's layer depends on its
/// tiles, and one of the SIMD unit on the memories that this has. Keys of a layer that is found to depend on more get
/// longer, so those from before mean nothing any more.
std::string KnownLayers::key_of(const Layer& layer, const Tilings& tilings, const Machine& m) const {
  std::string key;
  key.reserve(kLongestKey * sizeof(std::int64_t));
  const auto add = [&key](std::initializer_list<std::int64_t> numbers) {
    for (const std::int64_t number : numbers) key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  if (!layer.relies_on.costs && layer.problem && tilings[*layer.problem]) {
    const Tiling& t = *tilings[*layer.problem];
    add({t.batch, t.oh, t.ow, t.kh, t.kw, t.ic, t.oc});
    return key;
  }
  add({m.vmem_words});
  if (layer.on_array || layer.relies_on.costs) add({m.wbuf_half_elements, m.ibuf_half_elements, m.bbuf_half_elements});
  if (layer.on_array || layer.relies_on.costs || layer.relies_on.obuf) add({m.obuf_half_words});
  if (layer.relies_on.costs) add({m.parambuf_port_bits, m.ibuf_port_bits, m.obuf_port_bits, m.simd_port_bits});
  return key;
}

const KnownLayers::Variant& KnownLayers::variant(std::size_t number, const Tilings& tilings, const Machine& machine) {
  Layer& layer = layers_[number];
  const std::lock_guard lock(layer.mutex);
  const auto known = layer.variants.find(key_of(layer, tilings, machine));
  if (known != layer.variants.end()) return known->second;
  Variant lowered = lower(layer, machine);
  ++variants_;
  return layer.variants.emplace(key_of(layer, tilings, machine), std::move(lowered)).first->second;
}

/// Of a layer whose mutex is locked.
KnownLayers::Variant KnownLayers::lower(Layer& layer, const Machine& machine) {
  RegionTable regions = layout_regions_;
  LoweringContext fresh = context(machine, regions);
  const Node& node = prepared_.graph.node(layer.node);
  lowering_of(node.op)(node, fresh);
  layer.relies_on.costs = layer.relies_on.costs || fresh.relies_on().costs;
  layer.relies_on.obuf = layer.relies_on.obuf || fresh.relies_on().obuf;

  const std::lock_guard lock(mutex_);
  Variant variant;
  for (std::size_t r = layout_regions_.size(); r < regions.size(); ++r) {
    const Region& region = regions.at(static_cast<RegionId>(r));
    variant.regions.push_back({number_of(region), region.kind, region.bytes});
  }
  const auto number = [&](std::size_t region) {
    return region < layout_regions_.size() ? region : variant.regions[region - layout_regions_.size()].number;
  };
  for (LoweredBlock& lowered : fresh.blocks()) {
    Part part;
    for (std::size_t s = 0; s < lowered.block.streams.size(); ++s) {
      isa::Stream& stream = lowered.block.streams[s];
      if (!stream.used) continue;
      part.origins.push_back({static_cast<std::uint8_t>(s), isa::port_of(stream.buffer),
                              number(static_cast<std::size_t>(lowered.stream_regions[s])), stream.base});
      stream.base = 0;
    }
    part.form = forms_.emplace(isa::encode(lowered.block), forms_.size()).first->second;
    part.block = std::move(lowered.block);
    variant.parts.push_back(std::move(part));
  }
  return variant;
}

/// A constant packed in the same way is the same, as in a LoweringContext.
std::size_t KnownLayers::number_of(const Region& region) {
  if (!region.packing) return regions_++;
  const auto same = [&](const Constant& known) {
    const Region& other = known.region;
    return other.tensor == region.tensor && other.element_bits == region.element_bits && other.bytes == region.bytes &&
           *other.packing == *region.packing;
  };
  const auto known = std::find_if(constants_.begin(), constants_.end(), same);
  if (known != constants_.end()) return known->number;
  constants_.push_back({region, regions_});
  return regions_++;
}

void KnownLayers::compile(const Machine& machine) const {
  static_cast<void>(compile_network(imported_, machine, options_));
}

bool KnownLayers::full() const {
  return variants_ > kMostVariants;
}

}  // namespace systole
