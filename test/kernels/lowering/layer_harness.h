#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "kernels/lowering/lowering.h"
#include "test/kernels/block_interpreter.h"

/// One node, lowered for a small machine and executed by the interpreter.
namespace systole::test {

/// 4 lanes, `vmem_words` words in each VMEM, 64 in OBUF.
Machine small_machine(std::int64_t vmem_words = 64, std::int64_t lanes = 4);

/// 4 lanes, with the array's buffers so small that everything is tiled; elements or words of one half.
Machine tight_machine(std::int64_t wbuf, std::int64_t ibuf, std::int64_t obuf);

class LayerHarness {
 public:
  explicit LayerHarness(Machine machine = small_machine(), unsigned seed = 1)
      : machine_(std::move(machine)), random_(seed) {}

  /// A tensor with random values in [low, high), in memory in the given order (channels last by default).
  TensorId input(const Shape& shape, double low = -2, double high = 2, std::optional<Order> order = {});
  TensorId constant(const Shape& shape, double low = -2, double high = 2);
  void set_values(TensorId id, const std::vector<float>& values);
  TensorId output(const Shape& shape, std::optional<Order> order = {});
  TensorId output(const Shape& shape, const Layout& layout);
  Layout& layout(TensorId id) { return layouts_.at(static_cast<std::size_t>(id)); }
  Node& node(OpKind op, std::vector<TensorId> inputs, std::vector<TensorId> outputs,
             Attributes attributes = NoAttributes());

  void set_gradient_way(GradientWay way) { gradient_way_ = way; }
  /// Lowers the graph's only node, checks that the blocks are valid for the machine, and runs them.
  void run(Lowering lowering, TilingRule rule = TilingRule::search);

  /// Elements in row-major order: what was put in, what the blocks stored.
  [[nodiscard]] std::vector<double> data(TensorId id) const;
  [[nodiscard]] std::vector<double> result(TensorId id) const;
  /// Compares `result` with what `expected` gives for each index of the output.
  void expect(TensorId id, const std::function<double(const std::vector<std::int64_t>&)>& expected,
              double tolerance = 1e-6) const;
  /// Compares every output of the graph's only node with the reference: |difference| <= tolerance * the largest
  /// |expected| of the tensor, at least 1.
  void expect_reference(double tolerance = 1e-5) const;
  /// Element of an input at an index.
  [[nodiscard]] double at(TensorId id, const std::vector<std::int64_t>& index) const;

  [[nodiscard]] const BlockInterpreter& interpreter() const { return *interpreter_; }
  [[nodiscard]] const std::vector<LoweredBlock>& blocks() const { return context_->blocks(); }
  [[nodiscard]] LoweringContext& context() { return *context_; }
  Graph graph;

 private:
  TensorId add(const Shape& shape, bool constant, Layout layout);
  std::vector<float> random_values(std::int64_t count, double low, double high);
  void place_regions();
  void fill_constant(const Region& region);
  [[nodiscard]] std::int64_t bit_address(TensorId id, std::int64_t element) const;

  Machine machine_;
  GradientWay gradient_way_ = GradientWay::quicker;
  std::mt19937 random_;
  std::vector<Layout> layouts_;
  std::vector<std::vector<float>> values_;
  RegionTable regions_;
  ElementMemory memory_;
  std::unique_ptr<LoweringContext> context_;
  std::unique_ptr<BlockInterpreter> interpreter_;
};

}  // namespace systole::test
