#pragma once

#include <cstdint>
#include <vector>

#include "kernels/lowering/copy.h"
#include "kernels/lowering/lowering.h"
#include "kernels/tiling/array_problem.h"

/// The data gradient of a convolution as convolutions over dy, one image axis at a time.
namespace systole {

/// One image axis of a convolution: extents of x and y, kernel.
struct ForwardAxis {
  std::int64_t in, out, kernel, stride, dilation, pad;
};

/// What a convolution and its gradients share.
struct ForwardConv {
  /// `x` and `y` are the shapes of the convolution's image and result.
  ForwardConv(const Node& node, const Shape& x, const Shape& y);

  [[nodiscard]] bool strided() const { return h.stride > 1 || w.stride > 1; }

  const ConvAttributes& conv;
  const Shape& x;
  const Shape& y;
  ForwardAxis h, w;
  std::int64_t group_ic, group_oc;
};

/// Of the convolution that a ConvInputGradient or ConvWeightGradient belongs to.
ForwardConv forward_of(const Graph& graph, const Node& gradient);

/// One image axis of the data gradient: elements start, start + step, .. of dx as a convolution of dy with a part of
/// the kernel. Its pad may be negative.
struct Phase {
  WindowAxis axis;
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t tap = 0;  ///< of the kernel, for its first element
  std::int64_t tap_step = -1;
};

/// The elements of dx by their index modulo the stride. A phase that no tap of the kernel meets has a kernel of 0.
std::vector<Phase> phases_of(const ForwardAxis& axis);
/// Sets the elements of dx that no tap meets to zero.
Copy clear_phase(const ForwardConv& f, const Phase& h, const Phase& w, const Layout& dx);

}  // namespace systole
