#include "kernels/lowering/iteration_space.h"

#include <algorithm>

#include "base/errors.h"

namespace systole {

IterationSpace::IterationSpace(const Shape& shape, const Order& order, std::size_t outer)
    : shape_(shape), order_(order), outer_(outer) {
  for (const int dim : order) extents_.push_back(shape.at(static_cast<std::size_t>(dim)));
}

int IterationSpace::add(const Layout& layout) {
  std::vector<std::int64_t> strides;
  for (const int dim : order_) strides.push_back(layout.bit_strides.at(static_cast<std::size_t>(dim)));
  strides_.push_back(std::move(strides));
  layouts_.push_back(layout);
  return static_cast<int>(layouts_.size()) - 1;
}

Layout IterationSpace::place(TensorId tensor, LoweringContext& context) const {
  const Tensor& operand = context.graph().tensor(tensor);
  if (!operand.constant) return broadcast_to(operand.shape, context.layout(tensor), shape_);
  const auto lead = static_cast<int>(shape_.size() - operand.shape.size());
  Order order;
  for (const int dim : order_) {
    if (dim >= lead) order.push_back(dim - lead);
  }
  const Layout layout = context.constant(tensor, order, context.machine().accumulator_bits);
  return broadcast_to(operand.shape, layout, shape_);
}

bool IterationSpace::mergeable(std::size_t dim) const {
  if (dim + 1 == outer_) return false;
  return std::all_of(strides_.begin(), strides_.end(), [&](const std::vector<std::int64_t>& strides) {
    return strides[dim] == strides[dim + 1] * extents_[dim + 1];
  });
}

void IterationSpace::coalesce() {
  const auto erase = [&](std::size_t dim) {
    extents_.erase(extents_.begin() + static_cast<std::ptrdiff_t>(dim));
    for (auto& strides : strides_) strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(dim));
    if (dim < outer_) --outer_;
  };
  for (std::size_t d = extents_.size(); d-- > 0;) {
    if (extents_[d] == 1) erase(d);
  }
  for (std::size_t d = extents_.size(); d-- > 1;) {
    if (!mergeable(d - 1)) continue;
    extents_[d] *= extents_[d - 1];
    erase(d - 1);
  }
  if (extents_.size() > outer_) return;
  extents_.push_back(1);
  for (std::size_t i = 0; i < strides_.size(); ++i) strides_[i].push_back(layouts_[i].element_bits);
}

Access IterationSpace::access(int operand) const {
  return strided_access(layout(operand), strides(operand));
}

}  // namespace systole
