#include "kernels/network_sweep.h"

#include <algorithm>
#include <initializer_list>

#include "base/errors.h"
#include "isa/encoder.h"
#include "isa/encoding.h"
#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/fusion.h"
#include "kernels/tiling/greedy.h"

namespace systole {

namespace {

/// Variants that are kept; beyond them all are forgotten. One takes about 10 kB.
constexpr std::size_t kMostVariants = 20000;

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

/// Distances of slots are numbers in the program. A bit for each that takes one word.
std::int64_t short_distances(const Machine& m) {
  std::int64_t bits = 0;
  for (const std::int64_t distance : {m.wbuf_half_elements, m.bbuf_half_elements, m.ibuf_half_elements,
                                      m.obuf_half_words, m.obuf_half_words * m.columns}) {
    bits = bits << 1 | (isa::fits_one_word(distance) ? 1 : 0);
  }
  return bits;
}

}  // namespace

NetworkSweep::NetworkSweep(const Graph& imported, const CompileOptions& options, const Machine& machine)
    : imported_(imported), options_(options), prepared_(prepare_graph(imported, machine)) {
  check(!options.fusion && options.tiling == TilingRule::simdit, "compiler", "a sweep is without fusion and search");
  const Graph& graph = prepared_.graph;
  assigned_ = assign_layouts(graph, machine, no_fusion(graph).fused_tensors, regions_);
  layout_regions_ = regions_;
  RegionTable scratch = regions_;
  LoweringContext trial = context(machine, scratch);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!assigned_.free_notes[n].empty()) continue;
    const Node& node = graph.nodes[n];
    Layer layer;
    layer.node = static_cast<NodeId>(n);
    layer.on_array = is_conv_or_gemm(node.op);
    if (layer.on_array) layer.problem = problem_of(node, trial);
    layers_.push_back(std::move(layer));
  }
}

LoweringContext NetworkSweep::context(const Machine& machine, RegionTable& regions) const {
  const bool integers = prepared_.integers || options_.integers;
  LoweringContext made(prepared_.graph, machine, integers ? SimdFormat::integers : SimdFormat::single_precision,
                       regions, assigned_.layouts);
  made.tilings() = TilingCache(TilingRule::simdit);
  made.set_gradient_way(options_.gradient);
  return made;
}

std::optional<std::size_t> NetworkSweep::problem_of(const Node& node, LoweringContext& context) {
  const std::vector<ArrayWay> ways = array_ways(node, context);
  if (ways.size() != 1 || !ways.front().copies.empty() || ways.front().jobs.size() != 1) return std::nullopt;
  const ArrayProblem& problem = ways.front().jobs.front().problem;
  const auto found =
      std::find_if(problems_.begin(), problems_.end(), [&](const Problem& p) { return p.problem == problem; });
  const auto index = static_cast<std::size_t>(found - problems_.begin());
  if (found == problems_.end()) problems_.push_back({problem, std::nullopt});
  return index;
}

/// What the blocks of a layer depend on. Costs depend on everything; without them an array's layer depends on its
/// tiles, and one of the SIMD unit on the memories that this has.
std::string NetworkSweep::key_of(const Layer& layer, const Machine& m) const {
  std::string key;
  const auto add = [&key](std::initializer_list<std::int64_t> numbers) {
    for (const std::int64_t number : numbers) key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  if (!layer.relies_on.costs && layer.problem && problems_[*layer.problem].tiling) {
    const Tiling& t = *problems_[*layer.problem].tiling;
    add({t.batch, t.oh, t.ow, t.kh, t.kw, t.ic, t.oc, short_distances(m)});
    return key;
  }
  add({m.vmem_words});
  if (layer.on_array || layer.relies_on.costs) add({m.wbuf_half_elements, m.ibuf_half_elements, m.bbuf_half_elements});
  if (layer.on_array || layer.relies_on.costs || layer.relies_on.obuf) add({m.obuf_half_words});
  if (layer.relies_on.costs) add({m.parambuf_port_bits, m.ibuf_port_bits, m.obuf_port_bits, m.simd_port_bits});
  return key;
}

NetworkSweep::Variant& NetworkSweep::variant_of(Layer& layer, const Machine& machine) {
  const auto known = layer.variants.find(key_of(layer, machine));
  if (known != layer.variants.end()) return known->second;
  const LoweringContext::Reliance before = layer.relies_on;
  Variant variant = lower(layer, machine);
  const bool more = layer.relies_on.costs != before.costs || layer.relies_on.obuf != before.obuf;
  if (more) layer.variants.clear();  // their keys say too little
  ++variants_;
  return layer.variants[key_of(layer, machine)] = std::move(variant);
}

NetworkSweep::Variant NetworkSweep::lower(Layer& layer, const Machine& machine) {
  RegionTable regions = layout_regions_;
  LoweringContext fresh = context(machine, regions);
  const Node& node = prepared_.graph.node(layer.node);
  lowering_of(node.op)(node, fresh);
  layer.relies_on.costs = layer.relies_on.costs || fresh.relies_on().costs;
  layer.relies_on.obuf = layer.relies_on.obuf || fresh.relies_on().obuf;
  std::vector<std::size_t> known_as;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    known_as.push_back(r < layout_regions_.size() ? r : known(regions.at(static_cast<RegionId>(r))));
  }
  Variant variant;
  variant.regions.assign(known_as.begin() + static_cast<std::ptrdiff_t>(layout_regions_.size()), known_as.end());
  for (LoweredBlock& lowered : fresh.blocks()) {
    PlacedPart part;
    for (std::size_t s = 0; s < lowered.block.streams.size(); ++s) {
      isa::Stream& stream = lowered.block.streams[s];
      if (!stream.used) continue;
      part.addresses.push_back({static_cast<std::uint8_t>(s), isa::port_of(stream.buffer), 0});
      part.origins.push_back({known_as[static_cast<std::size_t>(lowered.stream_regions[s])], stream.base});
      stream.base = 0;
    }
    part.form = forms_.emplace(isa::encode(lowered.block), forms_.size()).first->second;
    part.block = std::move(lowered.block);
    variant.parts.push_back(std::move(part));
  }
  return variant;
}

/// The number of a region that a lowering asks for: a constant packed in the same way is the same, as in a
/// LoweringContext.
std::size_t NetworkSweep::known(const Region& region) {
  for (std::size_t r = layout_regions_.size(); region.packing && r < regions_.size(); ++r) {
    const Region& other = regions_.at(static_cast<RegionId>(r));
    const bool same = other.tensor == region.tensor && other.element_bits == region.element_bits &&
                      other.bytes == region.bytes && other.packing && *other.packing == *region.packing;
    if (same) return r;
  }
  return static_cast<std::size_t>(regions_.add(region));
}

const std::vector<const NetworkSweep::Part*>& NetworkSweep::compile(const Machine& machine) {
  machine_ = machine;
  if (variants_ > kMostVariants) {
    for (Layer& layer : layers_) layer.variants.clear();
    variants_ = 0;
  }
  for (Problem& each : problems_) each.tiling = greedy_tiling(each.problem, {}, machine);
  present_.clear();
  for (Layer& layer : layers_) present_.push_back(&variant_of(layer, machine));
  place();
  if (parts_.empty()) static_cast<void>(compile_network(imported_, machine, options_));  // says so
  return parts_;
}

/// Regions in the order in which compile_network asks for them, since their addresses depend on it.
void NetworkSweep::place() {
  parts_.clear();
  planned_.clear();
  position_.assign(regions_.size(), kNowhere);
  const auto plan = [&](std::size_t region) {
    if (position_[region] != kNowhere) return;
    position_[region] = planned_.size();
    const Region& asked = regions_.at(static_cast<RegionId>(region));
    planned_.push_back({asked.kind, asked.bytes, {}, -1});
  };
  for (std::size_t r = 0; r < layout_regions_.size(); ++r) plan(r);
  for (const Variant* variant : present_) {
    for (const std::size_t region : variant->regions) plan(region);
    for (const PlacedPart& part : variant->parts) {
      for (const PlacedPart::Origin& origin : part.origins) {
        planned_[position_[origin.region]].used.add(static_cast<std::int64_t>(parts_.size()));
      }
      parts_.push_back(&part);
    }
  }
  plan_ = plan_memory(planned_, static_cast<std::int64_t>(parts_.size()));
  for (Variant* variant : present_) {
    for (PlacedPart& part : variant->parts) {
      for (std::size_t a = 0; a < part.origins.size(); ++a) {
        const PlacedPart::Origin& origin = part.origins[a];
        part.addresses[a].base = origin.offset + planned_[position_[origin.region]].address;
      }
    }
  }
}

std::int64_t NetworkSweep::instruction_address(std::int64_t words) const {
  if (plan_.end + 4 * words > machine_.memory_bytes) {
    static_cast<void>(compile_network(imported_, machine_, options_));  // says so
  }
  return plan_.end;
}

}  // namespace systole
