#include <algorithm>
#include <array>
#include <numeric>

#include "base/errors.h"
#include "base/units.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/tile_search.h"

/// How a SIMD layer chooses its tiles.
namespace systole {

namespace {

using isa::Namespace;
using Kind = isa::Condition::Kind;

/// From so many dimensions on, the first one of a space is the batch.
constexpr std::size_t kImageDims = 4;

/// Stages before the last one of the SIMD unit's pipeline.
constexpr std::int64_t kPipelineFill = 5;

/// Namespaces whose operands depend on the tile.
constexpr std::array<Namespace, 3> kCut = {Namespace::vmem1, Namespace::vmem2, Namespace::obuf};

const char* name_of(Namespace name) {
  switch (name) {
    case Namespace::vmem1:
      return "VMEM1";
    case Namespace::vmem2:
      return "VMEM2";
    default:
      return "OBUF";
  }
}

bool contains(const std::vector<int>& dims, int dim) {
  return std::find(dims.begin(), dims.end(), dim) != dims.end();
}

}  // namespace

int SimdLayer::depth_of(const Planned& operand, const Space& space) const {
  const int depth = context_.machine().vmem_depth();
  const bool repeats = depth > 1 && operand.direction && scope_of(operand.access, space) != isa::kNoLoop;
  return repeats ? depth : 1;
}

std::int64_t SimdLayer::capacity(Namespace name) const {
  const Machine& machine = context_.machine();
  return name == Namespace::obuf ? 2 * machine.obuf_half_words : machine.vmem_words;
}

SimdLayer::Words SimdLayer::needed(const Space& space) const {
  Words words{};
  for (const Planned& operand : operands_) {
    words[static_cast<std::size_t>(operand.space)] += words_of(operand, space) * depth_of(operand, space);
  }
  return words;
}

bool SimdLayer::fits(const Space& space) const {
  const Words words = needed(space);
  return std::all_of(kCut.begin(), kCut.end(),
                     [&](Namespace name) { return words[static_cast<std::size_t>(name)] <= capacity(name); });
}

std::int64_t SimdLayer::lane_granule() const {
  std::int64_t granule = context_.machine().columns;
  for (const Planned& operand : operands_) granule = std::lcm(granule, operand.access.lane_repeat);
  return granule;
}

Space SimdLayer::smallest() const {
  Space space = space_;
  for (std::size_t d = 0; d < space.size(); ++d) {
    if (!space[d].tiled) continue;
    const std::int64_t least = d + 1 == space.size() ? lane_granule() : 1;
    space[d].tile = std::min(space[d].extent, std::max({least, edges_[d].first, edges_[d].second}));
  }
  number_loops(space, order_of_tiles());
  return space;
}

/// Tells the context which memories the tiles depend on.
void SimdLayer::rely() const {
  const auto in_obuf = [](const Planned& operand) { return operand.space == Namespace::obuf; };
  if (std::any_of(operands_.begin(), operands_.end(), in_obuf)) context_.relies_on().obuf = true;
}

bool SimdLayer::fits() const {
  rely();
  return fits(smallest());
}

std::vector<int> SimdLayer::order_of_tiles() const {
  if (!tile_order_.empty()) return tile_order_;
  std::vector<int> order(space_.size());
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<int>(d);
  std::stable_partition(order.begin(), order.end(), [&](int dim) {
    return std::all_of(operands_.begin(), operands_.end(),
                       [&](const Planned& operand) { return !operand.direction || depends_on(operand.access, dim); });
  });
  return order;
}

void SimdLayer::number_loops(Space& space, const std::vector<int>& order) {
  std::int8_t next = 0;
  for (const int d : order) {
    SpaceDim& dim = space.at(static_cast<std::size_t>(d));
    dim.loop = dim.tiles() > 1 ? next++ : isa::kNoLoop;
  }
}

bool SimdLayer::admits(Space& space) const {
  for (std::size_t d = 0; d < space.size(); ++d) {
    const bool cut = space[d].tiles() > 1;
    if (cut && (space[d].tile < edges_[d].first || space[d].rest() < edges_[d].second)) return false;
  }
  number_loops(space, tile_order_);
  if (!fits(space)) return false;
  return std::all_of(operands_.begin(), operands_.end(), [&](const Planned& operand) {
    if (!operand.direction || operand.access.axes.size() <= isa::kMaxWalkDims) return true;
    return stream_of(operand.access, space, context_.machine().columns).dims.size() <= isa::kMaxWalkDims;
  });
}

std::optional<double> SimdLayer::estimate(Space& space) const {
  if (!admits(space)) return std::nullopt;
  const Machine& machine = context_.machine();
  double tiles = 1;
  for (const SpaceDim& dim : space) tiles *= static_cast<double>(dim.tiles());
  double compute = tiles * static_cast<double>(kPipelineFill + machine.columns - 1);
  for (const Sweep& sweep : sweeps_) {
    compute += static_cast<double>(iterations(sweep, space, false)) * issue_cycles(sweep.body, machine);
  }
  double transfers = 0;
  double exposed = 0;  // even with double buffering: the first loads and the last store
  for (const Planned& operand : operands_) {
    if (!operand.direction) continue;
    const isa::Stream stream = stream_of(operand.access, space, machine.columns);
    const TransferCost cost = transfer_cost(stream, machine);
    double generations = 1;
    double share = 1;  // the same with the last tile counted as the part that it is
    for (std::size_t d = 0; d < space.size(); ++d) {
      if (space[d].loop == isa::kNoLoop || space[d].loop > stream.loop) continue;
      if (contains(operand.when.dims, static_cast<int>(d))) continue;
      generations *= static_cast<double>(space[d].tiles());
      share *= static_cast<double>(space[d].extent) / static_cast<double>(space[d].tile);
    }
    transfers += generations * cost.latency + share * cost.cycles;
    exposed += cost.latency + cost.cycles;
  }
  return machine.vmem_double_buffered ? std::max(compute, transfers) + exposed : compute + transfers;
}

void SimdLayer::refuse() const {
  const Words words = needed(smallest());
  for (const Namespace name : kCut) {
    const std::int64_t all = words[static_cast<std::size_t>(name)];
    if (all > capacity(name)) too_small(node_, name_of(name), all, capacity(name), "words");
  }
  fail_check("lowering", node_.name + ": no walker has enough dimensions for it");
}

std::int64_t SimdLayer::iterations(const Sweep& sweep, const Space& space, bool elements) const {
  const std::int64_t lanes = context_.machine().columns;
  if (sweep.words_of >= 0) {
    std::int64_t words = words_of(operands_.at(static_cast<std::size_t>(sweep.words_of)), space);
    for (const SpaceDim& dim : space) words *= dim.tiles();
    return elements ? words * lanes : words;
  }
  const bool partial = sweep.when.kind != Kind::always;
  std::int64_t all = 1;
  std::int64_t matching = 1;  // of them, in the tiles where every loop of the condition is first (or last)
  for (std::size_t d = 0; d < space.size(); ++d) {
    const SpaceDim& dim = space[d];
    const bool along_lanes = d + 1 == space.size();
    const auto over = std::find_if(sweep.loops.begin(), sweep.loops.end(),
                                   [&](const Over& loop) { return loop.dim == static_cast<int>(d); });
    const auto in_tile = [&](std::int64_t size) -> std::int64_t {
      if (over == sweep.loops.end()) return along_lanes && elements ? lanes : 1;
      return along_lanes && !elements ? ceil_div(size, lanes) : size - over->from;
    };
    const std::int64_t every = (dim.tiles() - 1) * in_tile(dim.tile) + in_tile(dim.rest());
    const bool first = sweep.when.kind == Kind::first || sweep.when.kind == Kind::not_first;
    const std::int64_t edge = in_tile(first && dim.tiles() > 1 ? dim.tile : dim.rest());
    all *= every;
    matching *= partial && contains(sweep.when.dims, static_cast<int>(d)) ? edge : every;
  }
  if (sweep.when.kind == Kind::not_first || sweep.when.kind == Kind::not_last) return all - matching;
  return partial ? matching : all;
}

std::optional<Space> SimdLayer::greedy_tiles() const {
  const std::size_t lanes = space_.size() - 1;
  const std::size_t batch = space_.size() >= kImageDims ? 0 : lanes;  // of an image; else there is none
  Space space = space_;
  const auto fits_now = [&] { return admits(space); };
  const auto cut = [&](std::int64_t parts) {  // is it a cut that the rule allows?
    for (std::size_t d = 0; d < lanes; ++d) {
      if (!space[d].tiled || d == batch) continue;
      if (space[d].extent % parts != 0) return false;
      space[d].tile = space[d].extent / parts;
    }
    return true;
  };
  const auto grow = [&](std::size_t d, std::int64_t step) {
    while (space[d].tiled && space[d].tile < space[d].extent) {
      const std::int64_t before = space[d].tile;
      space[d].tile = std::min(space[d].extent, before + step);
      if (fits_now()) continue;
      space[d].tile = before;
      return;
    }
  };
  const std::int64_t granule = lane_granule();
  if (space[lanes].tiled) space[lanes].tile = std::min(space[lanes].extent, granule);
  if (batch != lanes && space[batch].tiled) space[batch].tile = 1;
  std::int64_t most = 1;
  for (std::size_t d = 0; d < lanes; ++d) most = std::max(most, space[d].extent);
  std::int64_t parts = 1;
  while (parts <= most && !(cut(parts) && fits_now())) ++parts;
  if (parts > most) return std::nullopt;
  grow(lanes, granule);
  if (batch != lanes) grow(batch, 1);
  static_cast<void>(fits_now());  // numbers the loops
  return space;
}

void SimdLayer::choose_tiles() {
  rely();
  tile_order_ = order_of_tiles();
  std::optional<Space> best;
  if (context_.tilings().rule() == TilingRule::simdit) best = greedy_tiles();
  if (!best) {
    context_.relies_on().costs = true;
    best = search_tiles(space_, lane_granule(), [&](Space& space) { return estimate(space); });
  }
  if (!best) refuse();
  space_ = *best;
}

}  // namespace systole
