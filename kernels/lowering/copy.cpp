#include "kernels/lowering/copy.h"

#include <algorithm>
#include <cstdlib>

#include "base/errors.h"
#include "kernels/lowering/simd_space.h"
#include "kernels/lowering/tile_search.h"

namespace systole {

namespace {

/// VMEM elements are moved without regard to lanes: a word of one element.
constexpr std::int64_t kOneLane = 1;

/// Outermost in the target first, since its runs decide how tiles lie on chip; unpadded neighbours without a gap on
/// either side become one dimension.
std::vector<CopyDim> simplified(std::vector<CopyDim> dims) {
  dims.erase(
      std::remove_if(dims.begin(), dims.end(), [](const CopyDim& dim) { return dim.extent == 1 && !dim.padded; }),
      dims.end());
  std::stable_sort(dims.begin(), dims.end(), [](const CopyDim& a, const CopyDim& b) {
    return std::abs(a.target_bits) > std::abs(b.target_bits);
  });
  for (std::size_t d = dims.size(); d-- > 1;) {
    const CopyDim& inner = dims[d];
    CopyDim& outer = dims[d - 1];
    const bool continues = outer.source_bits == inner.source_bits * inner.extent &&
                           outer.target_bits == inner.target_bits * inner.extent && !outer.padded && !inner.padded;
    if (!continues) continue;
    outer.extent *= inner.extent;
    outer.source_bits = inner.source_bits;
    outer.target_bits = inner.target_bits;
    dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(d));
  }
  return dims;
}

Access access_of(const Layout& layout, const std::vector<CopyDim>& dims, std::int64_t CopyDim::*stride) {
  Access access = strided_access(layout, {});
  for (std::size_t d = 0; d < dims.size(); ++d) access.axes.push_back(plain_axis(static_cast<int>(d), dims[d].*stride));
  return access;
}

/// The two streams of a copy, and how they are cut.
class CopyBlock {
 public:
  CopyBlock(const Node& node, const Copy& copy, const LoweringContext& context)
      : node_(node), machine_(context.machine()), dims_(simplified(copy.dims)) {
    if (dims_.empty()) dims_.push_back({1, copy.source.element_bits, copy.target.element_bits, false, 0, 0});
    source_ = access_of(copy.source, dims_, &CopyDim::source_bits);
    source_.fill = copy.fill;
    target_ = access_of(copy.target, dims_, &CopyDim::target_bits);
    for (std::size_t d = 0; d < dims_.size(); ++d) {
      Axis& axis = source_.axes[d];
      axis.padded = dims_[d].padded;
      axis.origin = dims_[d].origin;
      axis.extent = dims_[d].source_extent;
      SpaceDim dim;
      dim.extent = dim.tile = dims_[d].extent;
      dim.tiled = dim.extent > 1;
      space_.push_back(dim);
    }
  }

  [[nodiscard]] std::optional<double> cycles() const {
    std::optional<Space> best = tiles();
    return best ? estimate(*best) : std::nullopt;
  }

  void emit(LoweringContext& context) {
    context.relies_on().costs = true;
    const std::optional<Space> best = tiles();
    if (!best) too_small(node_, "VMEM1", granule() * machine_.vmem_depth(), elements(), "elements");
    space_ = *best;
    BlockBuilder builder = context.begin(node_);
    for (SpaceDim& dim : space_) dim.loop = builder.tile_loop(dim.tiles());
    isa::Stream load = half(source_, isa::Direction::load);
    isa::Stream store = half(target_, isa::Direction::store);
    load.loop = store.loop = std::max(load.loop, store.loop);  // a dimension of one side only is none of the other's
    store.from = builder.stream(std::move(load), source_.region);
    builder.stream(std::move(store), target_.region);
    context.finish(builder);
  }

 private:
  [[nodiscard]] std::optional<Space> tiles() const {
    return search_tiles(space_, granule(), [&](Space& space) { return estimate(space); });
  }

  /// Runs of the innermost dimension begin at whole bytes.
  [[nodiscard]] std::int64_t granule() const { return source_.bits < 8 || target_.bits < 8 ? 2 : 1; }
  [[nodiscard]] std::int64_t elements() const { return machine_.vmem_words * machine_.columns; }

  [[nodiscard]] int depth(const Space& space) const {
    const bool cut = std::any_of(space.begin(), space.end(), [](const SpaceDim& dim) { return dim.tiles() > 1; });
    return cut ? machine_.vmem_depth() : 1;
  }

  std::optional<double> estimate(Space& space) const {
    if (words_of(target_, space, kOneLane) * depth(space) > elements()) return std::nullopt;
    std::int8_t loops = 0;
    double tiles = 1;
    double share = 1;
    for (SpaceDim& dim : space) {
      dim.loop = dim.tiles() > 1 ? loops++ : isa::kNoLoop;
      tiles *= static_cast<double>(dim.tiles());
      share *= static_cast<double>(dim.extent) / static_cast<double>(dim.tile);
    }
    const isa::Stream load = stream_of(source_, space, kOneLane);
    const isa::Stream store = stream_of(target_, space, kOneLane);
    if (std::max(load.dims.size(), store.dims.size()) > isa::kMaxWalkDims) return std::nullopt;
    const TransferCost in = transfer_cost(load, machine_);
    const TransferCost out = transfer_cost(store, machine_);
    const double latencies = depth(space) > 1 ? std::max(in.latency, out.latency) : in.latency + out.latency;
    return share * (in.cycles + out.cycles) + tiles * latencies;
  }

  [[nodiscard]] isa::Stream half(const Access& access, isa::Direction direction) const {
    isa::Stream stream = stream_of(access, space_, kOneLane);
    stream.direction = direction;
    stream.buffer = isa::Buffer::vmem1;
    const std::int64_t tile = words_of(access, space_, kOneLane);
    stream.depth = static_cast<std::uint8_t>(depth(space_));
    stream.slot_pitch = stream.depth > 1 ? static_cast<std::int32_t>(tile) : 0;
    return stream;
  }

  const Node& node_;
  const Machine& machine_;
  std::vector<CopyDim> dims_;
  Access source_;
  Access target_;
  Space space_;
};

}  // namespace

Copy plain_copy(const Shape& shape, const Layout& source, const Layout& target) {
  Copy copy;
  copy.source = source;
  copy.target = target;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    CopyDim dim;
    dim.extent = shape[d];
    dim.source_bits = source.bit_strides.at(d);
    dim.target_bits = target.bit_strides.at(d);
    copy.dims.push_back(dim);
  }
  return copy;
}

bool same_place(const Shape& shape, const Layout& a, const Layout& b) {
  bool same = a.region == b.region && a.offset == b.offset && a.element_bits == b.element_bits;
  for (std::size_t d = 0; d < shape.size(); ++d) same = same && (shape[d] == 1 || a.bit_strides[d] == b.bit_strides[d]);
  return same;
}

std::optional<double> copy_cycles(const Node& node, const Copy& copy, const LoweringContext& context) {
  return CopyBlock(node, copy, context).cycles();
}

void append_copy(const Node& node, Copy copy, LoweringContext& context) {
  CopyBlock(node, copy, context).emit(context);
}

}  // namespace systole
