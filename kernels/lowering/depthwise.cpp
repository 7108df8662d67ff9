#include <algorithm>

#include "kernels/lowering/conv_gradient.h"
#include "kernels/lowering/exact.h"
#include "kernels/lowering/simd_chain.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/window.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// A convolution of each channel with a kernel of its own.
struct Windows {
  Layout image;
  Shape image_shape;
  Layout weights;  ///< strides along {M, 1, KH, KW}
  Layout output;
  Shape output_shape;
  Extent2 kernel, strides, dilations;
  Padding2 pads;
  double pad_value = 0.0;  ///< of the image in the padding
};

/// {M, 1, KH, KW} with the channels innermost, in the width of weights unless kernel positions then share a byte.
Layout weights_of(TensorId tensor, LoweringContext& context) {
  if (!context.graph().tensor(tensor).constant) return context.layout(tensor);
  const Machine& machine = context.machine();
  const std::int64_t channels = context.graph().shape(tensor)[0];
  const int bits = channels * machine.weight_bits % 8 == 0 ? machine.weight_bits : 8;
  return context.constant(tensor, {1, 2, 3, 0}, bits);
}

/// The running value is summed up in OBUF, so that each multiply-accumulate reads three namespaces: the sum, the image
/// in VMEM1, the weights in VMEM2. The last step behind the sum writes the result to VMEM2.
class DepthwiseLayer {
 public:
  DepthwiseLayer(const Node& node, const Windows& windows, LoweringContext& context)
      : node_(node),
        context_(context),
        w_(windows),
        layer_(node, context),
        window_(layer_, windows.kernel, windows.output_shape) {}

  void lower() {
    Access input = window_.input(w_.image, w_.image_shape, w_.strides, w_.dilations, w_.pads);
    fill_with(w_.pad_value, context_.simd_format(), input);
    input.lane_repeat = w_.output_shape.at(1) / w_.image_shape.at(1);
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
  [[nodiscard]] Access weights() const {
    Access access = strided_access(w_.weights, {});
    access.axes = {plain_axis(window_.kh, w_.weights.bit_strides.at(2)),
                   plain_axis(window_.kw, w_.weights.bit_strides.at(3)),
                   plain_axis(window_.c, w_.weights.bit_strides.at(0))};
    return access;
  }

  /// The last step leaves the sum for memory: the bias, or a move, or the last of the nodes fused behind.
  void finish(int sum) {
    const std::vector<NodeId>& chain = context_.fused_behind(context_.id(node_));
    const int y = layer_.store(window_.output(w_.output), Namespace::vmem2);
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
    place.access = [this](TensorId operand) {
      return window_.output(chain_operand_layout(operand, node_.outputs.front(), context_));
    };
    append_chain(chain, place, y, layer_, context_);
  }

  int bias() {
    const TensorId tensor = node_.inputs.at(2);
    const Layout layout = context_.graph().tensor(tensor).constant
                              ? context_.constant(tensor, {0}, context_.machine().bias_bits)
                              : context_.layout(tensor);
    Access access = strided_access(layout, {});
    access.axes = {plain_axis(window_.c, layout.bit_strides.at(0))};
    return layer_.load(access, Namespace::vmem2);
  }

  const Node& node_;
  LoweringContext& context_;
  const Windows& w_;
  SimdLayer layer_;
  WindowSpace window_;
};

void lower_forward(const Node& node, LoweringContext& context) {
  const auto& conv = std::get<ConvAttributes>(node.attributes);
  const Graph& graph = context.graph();
  Windows windows;
  windows.image = context.layout(node.inputs[0]);
  windows.image_shape = graph.shape(node.inputs[0]);
  windows.weights = weights_of(node.inputs.at(1), context);
  windows.output = context.layout(context.result_of(context.id(node)));
  windows.output_shape = graph.shape(node.outputs[0]);
  windows.kernel = conv.kernel;
  windows.strides = conv.strides;
  windows.dilations = conv.dilations;
  windows.pads = conv.pads;
  windows.pad_value = conv.pad_value;
  DepthwiseLayer(node, windows, context).lower();
}

/// One phase of dx, in a block of its own.
void lower_phase(const Node& node, const ForwardConv& f, const Phase& h, const Phase& w, LoweringContext& context) {
  const Layout dx = context.layout(context.result_of(context.id(node)));
  if (h.axis.kernel * w.axis.kernel == 0) return append_copy(node, clear_phase(f, h, w, dx), context);
  Windows windows;
  windows.image = context.layout(node.inputs[0]);
  windows.image_shape = f.y;
  windows.weights = weights_of(node.inputs.at(1), context);
  std::vector<std::int64_t>& taps = windows.weights.bit_strides;
  windows.weights.offset += whole_bytes(h.tap * taps[2] + w.tap * taps[3]);
  taps[2] *= h.tap_step;
  taps[3] *= w.tap_step;
  windows.output = dx;
  std::vector<std::int64_t>& places = windows.output.bit_strides;
  windows.output.offset += whole_bytes(h.start * places[2] + w.start * places[3]);
  places[2] *= h.step;
  places[3] *= w.step;
  windows.output_shape = {f.x[0], f.x[1], h.axis.out, w.axis.out};
  windows.kernel = {h.axis.kernel, w.axis.kernel};
  windows.dilations = {h.axis.dilation, w.axis.dilation};
  // At the end, too, since dy may be too short; in front the phase may begin behind dy's first element.
  windows.pads = {h.axis.pad, w.axis.pad, std::max<std::int64_t>(1, 1 - h.axis.pad),
                  std::max<std::int64_t>(1, 1 - w.axis.pad)};
  DepthwiseLayer(node, windows, context).lower();
}

void lower_input_gradient(const Node& node, LoweringContext& context) {
  const ForwardConv f = forward_of(context.graph(), node);
  for (const Phase& h : phases_of(f.h)) {
    for (const Phase& w : phases_of(f.w)) lower_phase(node, f, h, w, context);
  }
}

/// Sums in OBUF, one for each kernel position, over all images and positions.
void lower_weight_gradient(const Node& node, LoweringContext& context) {
  const ForwardConv f = forward_of(context.graph(), node);
  const ConvAttributes& conv = f.conv;
  SimdLayer layer(node, context);
  const WindowSpace window(layer, conv.kernel, f.y, true);
  Access image = window.input(context.layout(node.inputs[1]), f.x, conv.strides, conv.dilations, conv.pads);
  image.lane_repeat = f.y[1] / f.x[1];
  const Operand x = layer.at(layer.load(image, Namespace::vmem1));
  const Operand dy = layer.at(layer.load(window.output(context.layout(node.inputs[0])), Namespace::vmem2));
  const Operand sum = layer.at(layer.scratch({window.kh, window.kw, window.c}, Namespace::obuf));
  const Layout& result = context.layout(node.outputs[0]);
  Access access = strided_access(result, {});
  access.axes = {plain_axis(window.kh, result.bit_strides.at(2)), plain_axis(window.kw, result.bit_strides.at(3)),
                 plain_axis(window.c, result.bit_strides.at(0))};
  const Operand dw = layer.at(layer.store(access, Namespace::vmem1));
  const std::vector<int> reduced{window.n, window.oh, window.ow};
  const std::vector<Over> positions{{window.kh, 0}, {window.kw, 0}, {window.c, 0}};
  const Operand zero = layer.immediate(0);
  layer.sweep({isa::Condition::Kind::first, reduced}, positions, {{SimdOpcode::move, sum, zero, zero}});
  layer.sweep({}, {{window.n, 0}, {window.oh, 0}, {window.ow, 0}, {window.kh, 0}, {window.kw, 0}, {window.c, 0}},
              {{SimdOpcode::mac, sum, x, dy}});
  layer.sweep({isa::Condition::Kind::last, reduced}, positions, {{SimdOpcode::move, dw, sum, sum}});
  layer.finish();
}

}  // namespace

bool is_depthwise(const Graph& graph, const Node& node) {
  const auto* conv = std::get_if<ConvAttributes>(&node.attributes);
  if (conv == nullptr || conv->groups == 1) return false;
  switch (node.op) {
    case OpKind::Conv:
      return conv->groups == graph.shape(node.inputs.at(0)).at(1);
    case OpKind::ConvInputGradient:  // its sums over the outputs of one input would be sums over lanes
      return conv->groups == graph.shape(node.outputs.at(0)).at(1) &&
             conv->groups == graph.shape(node.inputs.at(0)).at(1);
    case OpKind::ConvWeightGradient:
      return conv->groups == graph.shape(node.inputs.at(1)).at(1);
    default:
      return false;
  }
}

void lower_depthwise(const Node& node, LoweringContext& context) {
  switch (node.op) {
    case OpKind::ConvInputGradient:
      return lower_input_gradient(node, context);
    case OpKind::ConvWeightGradient:
      return lower_weight_gradient(node, context);
    default:
      return lower_forward(node, context);
  }
}

}  // namespace systole
