#include "kernels/onnx/converters.h"

namespace systole::convert {

void sum(NodeImport& node) {
  if (node.input_count() == 2) return binary<OpKind::Add>(node);
  variadic<OpKind::Sum>(node);
}

void leaky_relu(NodeImport& node) {
  node.emit(OpKind::LeakyRelu, {node.input(0)}, AlphaBeta{node.real("alpha", 0.01), 0.0});
}

void elu(NodeImport& node) {
  node.emit(OpKind::Elu, {node.input(0)}, AlphaBeta{node.real("alpha", 1.0), 0.0});
}

void hard_sigmoid(NodeImport& node) {
  node.emit(OpKind::HardSigmoid, {node.input(0)}, AlphaBeta{node.real("alpha", 0.2), node.real("beta", 0.5)});
}

void clip(NodeImport& node) {
  ClipAttributes clip;
  if (node.opset() < 11) {  // limits were attributes
    clip.min = node.real("min", clip.min);
    clip.max = node.real("max", clip.max);
  } else {
    clip.min = node.constant_real(1).value_or(clip.min);
    clip.max = node.constant_real(2).value_or(clip.max);
  }
  node.emit(OpKind::Clip, {node.input(0)}, clip);
}

}  // namespace systole::convert
