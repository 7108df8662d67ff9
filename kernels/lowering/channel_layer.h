#pragma once

#include <vector>

#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/reduction.h"
#include "kernels/lowering/simd_layer.h"

namespace systole {

/// A layer that sums images up for each channel and then maps every element with what came out of the sums. Where all
/// elements of a word of channels fit on chip, they are loaded once; otherwise (`cut`) there are two passes over
/// memory for each tile of channels. Channels lie on the lanes, everything else along words.
///
/// In order: `gather` sweeps over every element add to sums; `conclude` turns the sums into numbers for each channel;
/// `apply` sweeps over every element use them.
class ChannelLayer {
 public:
  /// `images`: tensors with the dimensions {N, C, ..} of node input 0 or strides of 0 along some, numbered in this
  /// order below.
  ChannelLayer(const Node& node, LoweringContext& context, const std::vector<Layout>& images, bool cut);

  [[nodiscard]] bool fits() const { return layer_.fits(); }
  [[nodiscard]] bool cut() const { return pass_ >= 0; }
  /// Elements of a channel.
  [[nodiscard]] double elements() const { return elements_; }

  Operand load_image(int image, isa::Namespace name);
  /// Written by `apply` sweeps; an operand of `layer`.
  int store_image(int image, isa::Namespace name);
  /// A tensor {C}.
  Operand load_vector(TensorId vector, isa::Namespace name);
  Operand store_vector(TensorId vector, isa::Namespace name);
  /// A word for each word of channels.
  Operand channel_scratch(isa::Namespace name);
  Operand number(double value) { return layer_.immediate(value); }

  /// A sum in OBUF that starts from zero: its partial results, for `gather` sweeps, and what they make together.
  struct Sum {
    int partial = 0;
    int total = 0;
  };
  Sum sum();
  Operand partial(const Sum& sum) { return layer_.at(sum.partial); }
  /// The whole sum, for `conclude`, which may change it.
  Operand total(const Sum& sum) { return layer_.at(sum.total); }

  /// For each channel, before the first `gather`.
  void begin(const SimdBody& body);
  void gather(const SimdBody& body) { layer_.sweep(gathering(), everything(), body); }
  /// For each channel once the sums are whole; when there are two passes it runs again at the end of the second, so it
  /// must not change what it reads, except for whole sums.
  void conclude(const std::vector<Sum>& sums, const SimdBody& body);
  void apply(const SimdBody& body) { layer_.sweep(applying(), everything(), body); }
  /// The nodes fused behind, on what `apply` has left in `stored`. `first`: number of the image that is their first
  /// operand (chain_operands).
  void apply_chain(const std::vector<NodeId>& chain, TensorId running, int stored, int first);
  [[nodiscard]] Operand at(int operand) { return layer_.at(operand); }
  void finish();

 private:
  [[nodiscard]] std::vector<std::int64_t> reduced() const;
  [[nodiscard]] When gathering() const;
  [[nodiscard]] When beginning() const;
  [[nodiscard]] When applying() const;
  [[nodiscard]] std::vector<Over> everything() const { return reduction_.everything({channels_}); }
  [[nodiscard]] std::vector<Over> each_channel() const { return {{channels_, 0}}; }

  LoweringContext& context_;
  Shape shape_;
  IterationSpace space_;
  SimdLayer layer_;
  double elements_;
  int pass_;
  Reduction reduction_;
  int channels_;
};

}  // namespace systole
