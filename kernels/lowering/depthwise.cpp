#include <algorithm>

#include "kernels/lowering/simd_chain.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/window.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// The running value is summed up in OBUF, so that each multiply-accumulate reads three namespaces: the sum, the image
/// in VMEM1, the weights in VMEM2. The last step behind the sum writes the result to VMEM2.
class DepthwiseLayer {
 public:
  DepthwiseLayer(const Node& node, LoweringContext& context)
      : node_(node),
        context_(context),
        conv_(std::get<ConvAttributes>(node.attributes)),
        image_(context.graph().shape(node.inputs.at(0))),
        output_(context.graph().shape(node.outputs.at(0))),
        layer_(node, context),
        window_(layer_, conv_.kernel, output_) {}

  void lower() {
    Access input = window_.input(context_.layout(node_.inputs[0]), image_, conv_.strides, conv_.dilations, conv_.pads);
    input.lane_repeat = output_.at(1) / image_.at(1);
    const int x = layer_.load(input, Namespace::vmem1);
    const int w = layer_.load(weights(), Namespace::vmem2);
    const int sum = layer_.scratch({window_.n, window_.oh, window_.ow, window_.c}, Namespace::obuf);
    const Operand total = layer_.at(sum);
    layer_.sweep({}, window_.output_loops(), {{SimdOpcode::mul, total, layer_.at(x), layer_.at(w)}});
    window_.further_positions(layer_, SimdOpcode::mac, total, x, w);
    finish(sum);
    layer_.finish();
  }

 private:
  /// {M, 1, KH, KW} with the channels innermost, in the width of weights unless kernel positions then share a byte.
  [[nodiscard]] Access weights() const {
    const Machine& machine = context_.machine();
    const int bits = output_.at(1) * machine.weight_bits % 8 == 0 ? machine.weight_bits : 8;
    const Layout layout = context_.constant(node_.inputs.at(1), {1, 2, 3, 0}, bits);
    Access access = strided_access(layout, {});
    access.axes = {plain_axis(window_.kh, layout.bit_strides.at(2)), plain_axis(window_.kw, layout.bit_strides.at(3)),
                   plain_axis(window_.c, layout.bit_strides.at(0))};
    return access;
  }

  /// The last step leaves the sum for memory: the bias, or a move, or the last of the nodes fused behind.
  void finish(int sum) {
    const std::vector<NodeId>& chain = context_.fused_behind(context_.id(node_));
    const TensorId output = context_.result_of(context_.id(node_));
    const int y = layer_.store(window_.output(context_.layout(output)), Namespace::vmem2);
    const Operand total = layer_.at(sum);
    const Operand destination = chain.empty() ? layer_.at(y) : total;
    if (node_.inputs.size() > 2) {
      layer_.sweep({}, window_.output_loops(), {{SimdOpcode::add, destination, total, layer_.at(bias())}});
    } else if (chain.empty()) {
      layer_.sweep({}, window_.output_loops(), {{SimdOpcode::move, destination, total, total}});
    }
    ChainPlace place;
    place.running = node_.outputs.front();
    place.value = sum;
    place.dims = {window_.n, window_.oh, window_.ow, window_.c};
    place.loops = window_.output_loops();
    place.access = [this](const Layout& layout) { return window_.output(layout); };
    append_chain(chain, place, y, layer_, context_);
  }

  int bias() {
    const Layout layout = context_.constant(node_.inputs.at(2), {0}, context_.machine().bias_bits);
    Access access = strided_access(layout, {});
    access.axes = {plain_axis(window_.c, layout.bit_strides.at(0))};
    return layer_.load(access, Namespace::vmem2);
  }

  const Node& node_;
  LoweringContext& context_;
  const ConvAttributes& conv_;
  const Shape& image_;
  const Shape& output_;
  SimdLayer layer_;
  WindowSpace window_;
};

}  // namespace

bool is_depthwise(const Graph& graph, const Node& node) {
  if (node.op != OpKind::Conv) return false;
  const std::int64_t groups = std::get<ConvAttributes>(node.attributes).groups;
  return groups > 1 && groups == graph.shape(node.inputs.at(0)).at(1);
}

void lower_depthwise(const Node& node, LoweringContext& context) {
  DepthwiseLayer(node, context).lower();
}

}  // namespace systole
