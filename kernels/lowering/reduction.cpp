#include "kernels/lowering/reduction.h"

#include "base/errors.h"
#include "base/units.h"

namespace systole {

namespace {

/// So many independent instructions hide the latency of one without forwarding (timing.md, section 6).
constexpr std::int64_t kIndependent = 3;
constexpr std::int64_t kMostParts = 8;

/// The fewest parts of equal size that give enough independent instructions; if there are none, the most there can be.
std::int64_t parts_of(std::int64_t extent, std::int64_t side_by_side) {
  const std::int64_t wanted = ceil_div(kIndependent, side_by_side);
  std::int64_t parts = 1;
  for (std::int64_t p = 2; p <= kMostParts && parts < wanted; ++p) {
    if (extent % p == 0 && p < extent) parts = p;
  }
  return parts;
}

}  // namespace

Reduction::Reduction(SimdLayer& layer, const std::vector<std::int64_t>& reduced, const std::vector<std::int64_t>& kept,
                     bool tiled, std::int64_t lanes)
    : layer_(layer) {
  std::int64_t words = ceil_div(kept.back(), lanes);
  for (std::size_t d = 0; d + 1 < kept.size(); ++d) words *= kept[d];
  parts_ = reduced.empty() ? 1 : parts_of(reduced.back(), words);
  for (std::size_t d = 0; d < reduced.size(); ++d) {
    dims_.push_back(layer.dim(d + 1 == reduced.size() ? reduced[d] / parts_ : reduced[d], tiled));
  }
  if (parts_ > 1) partial_ = layer.dim(parts_, false);
}

Access Reduction::access(const IterationSpace& space, int operand, const std::vector<int>& kept) const {
  const std::vector<std::int64_t>& strides = space.strides(operand);
  Access access = strided_access(space.layout(operand), {});
  for (std::size_t d = 0; d < dims_.size(); ++d) {
    if (strides[d] != 0) access.axes.push_back(plain_axis(dims_[d], strides[d]));
  }
  if (split() && !access.axes.empty()) access.axes.back().terms = {{dims_.back(), parts_}, {partial_, 1}};
  for (std::size_t d = 0; d < kept.size(); ++d) {
    const std::int64_t stride = strides.at(dims_.size() + d);
    if (stride != 0) access.axes.push_back(plain_axis(kept[d], stride));
  }
  return access;
}

std::vector<int> Reduction::partial_dims(const std::vector<int>& kept) const {
  std::vector<int> result;
  if (split()) result.push_back(partial_);
  result.insert(result.end(), kept.begin(), kept.end());
  return result;
}

std::vector<Over> Reduction::kept_loops(const std::vector<int>& kept) const {
  std::vector<Over> loops;
  for (const int dim : partial_dims(kept)) loops.push_back({dim, 0});
  return loops;
}

std::vector<Over> Reduction::everything(const std::vector<int>& kept) const {
  std::vector<Over> loops = kept_loops(kept);
  for (const int dim : dims_) loops.push_back({dim, 0});
  return loops;
}

void Reduction::begin(isa::SimdOpcode op, int partial, int operand, const std::vector<int>& kept,
                      const When& when) const {
  const Operand sum = layer_.at(partial);
  const std::vector<Over> side_by_side = kept_loops(kept);
  layer_.sweep(when, side_by_side, {{isa::SimdOpcode::move, sum, layer_.at(operand), layer_.at(operand)}});
  // Everything but the first element: along the first dimension from 1 on with all of the others, and so on inwards.
  for (std::size_t d = 0; d < dims_.size(); ++d) {
    std::vector<Over> loops = side_by_side;
    loops.push_back({dims_[d], 1});
    for (std::size_t inner = d + 1; inner < dims_.size(); ++inner) loops.push_back({dims_[inner], 0});
    layer_.sweep(when, loops, {{op, sum, sum, layer_.at(operand, {{dims_[d], 1}})}});
  }
}

void Reduction::extend(isa::SimdOpcode op, int partial, int operand, const std::vector<int>& kept,
                       const When& when) const {
  const Operand sum = layer_.at(partial);
  layer_.sweep(when, everything(kept), {{op, sum, sum, layer_.at(operand)}});
}

void Reduction::combine(isa::SimdOpcode op, int result, int partial, const std::vector<int>& kept,
                        const When& when) const {
  const Operand first = layer_.at(partial);
  const Operand total = layer_.at(result);
  std::vector<Over> loops;
  for (const int dim : kept) loops.push_back({dim, 0});
  check(split(), "lowering", "there is nothing to combine");
  layer_.sweep(when, loops, {{op, total, first, layer_.at(partial, {{partial_, 1}})}});
  loops.push_back({partial_, 2});
  layer_.sweep(when, loops, {{op, total, total, layer_.at(partial, {{partial_, 2}})}});
}

}  // namespace systole
