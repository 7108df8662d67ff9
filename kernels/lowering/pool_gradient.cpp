#include <algorithm>
#include <numeric>
#include <optional>

#include "base/units.h"
#include "kernels/lowering/average_divisor.h"
#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/window.h"

namespace systole {

namespace {

using isa::Namespace;
using Op = isa::SimdOpcode;

/// The gradient of a pool by its image, from a dy that is divided already where the pool is an average.
struct PoolGradient {
  const Node& node;
  LoweringContext& context;
  const PoolAttributes& pool;
  const Shape& image;
  const Shape& output;
  Layout dy;
  Layout dx;
  std::optional<Layout> index;  ///< of a max pool
  double factor = 1;            ///< dy is to be multiplied by it

  [[nodiscard]] std::int64_t positions() const { return pool.kernel.height * pool.kernel.width; }
  [[nodiscard]] int counting(SimdLayer& layer) const {
    return layer.dim(std::max<std::int64_t>(positions() - 1, 1), false);
  }
};

/// Do the windows of one direction lie side by side and cover the image?
bool tile_the_image(std::int64_t image, std::int64_t output, std::int64_t kernel, std::int64_t stride,
                    std::int64_t dilation, std::int64_t before) {
  const bool dense = dilation == 1 || kernel == 1;
  return dense && (output == 1 || kernel == stride) && output * kernel - before >= image;
}

/// Every element of dx belongs to one window: each window's dy goes to where its index points, or everywhere.
void spread(const PoolGradient& p) {
  const Extent2& kernel = p.pool.kernel;
  SimdLayer layer(p.node, p.context);
  const int counting = p.counting(layer);
  const WindowSpace window(layer, kernel, p.output);
  Access target = strided_access(p.dx, {});
  target.axes = {plain_axis(window.n, p.dx.bit_strides.at(0)),
                 image_axis({{window.oh, kernel.height}, {window.kh, 1}}, p.dx.bit_strides.at(2), p.pool.pads.top,
                            p.output[2] * kernel.height, p.image[2]),
                 image_axis({{window.ow, kernel.width}, {window.kw, 1}}, p.dx.bit_strides.at(3), p.pool.pads.left,
                            p.output[3] * kernel.width, p.image[3]),
                 plain_axis(window.c, p.dx.bit_strides.at(1))};
  std::vector<Over> loops{{window.kh, 0}, {window.kw, 0}};
  for (const Over& over : window.output_loops()) loops.push_back(over);
  const Operand dx = layer.at(layer.store(target, Namespace::vmem1));
  const Operand dy = layer.at(layer.load(window.output(p.dy), Namespace::vmem2));
  if (p.index) {
    const Operand index = layer.at(layer.load(window.output(*p.index), Namespace::vmem1));
    const int numbers = position_numbers(layer, p.positions(), counting, {{window.kh, kernel.width}, {window.kw, 1}},
                                         {window.n, window.oh, window.ow, window.c}, Namespace::obuf);
    layer.sweep({}, loops, {{Op::equal, dx, index, layer.entry(numbers, 0)}, {Op::mul, dx, dx, dy}});
  } else {
    layer.sweep({}, loops, {{Op::mul, dx, dy, layer.immediate(p.factor)}});
  }
  layer.finish();
}

/// Windows may overlap, or leave gaps: dx is the sum of what the windows that contain it send to it. A tile owns rows
/// of dx in groups of a stride and reads the rows of dy whose windows reach into them. Kernel row k of output row o
/// lands in row o*stride + k*dilation, which is place k*dilation % stride of group o + k*dilation / stride. Columns are
/// whole in a tile, so they are added where they belong. One block makes the rows of some places of all groups: each
/// place takes iterators of its own, and the SIMD unit has few.
class Gather {
 public:
  Gather(const PoolGradient& problem, std::int64_t first_place, std::int64_t places, Namespace index_space)
      : p_(problem),
        first_place_(first_place),
        places_(places),
        index_space_(index_space),
        stride_(p_.pool.strides.height),
        dilation_(p_.pool.dilations.height),
        period_(stride_ / std::gcd(stride_, dilation_)),
        step_(dilation_ / std::gcd(stride_, dilation_)),
        layer_(p_.node, p_.context) {
    for (std::int64_t first = 0; first < std::min(period_, p_.pool.kernel.height); ++first) {
      const std::int64_t landing = first * dilation_;
      if (landing % stride_ < first_place_ || landing % stride_ >= first_place_ + places_) continue;
      rows_.push_back({first, ceil_div(p_.pool.kernel.height - first, period_), landing % stride_, landing / stride_});
      most_rows_ = std::max(most_rows_, rows_.back().count);
      furthest_ = std::max(furthest_, rows_.back().groups);
    }
    most_rows_ = std::max<std::int64_t>(most_rows_, 1);
    declare_dimensions();
    declare_operands();
  }

  /// How many places one block has iterators for.
  static std::int64_t most_places(const PoolGradient& problem) {
    const std::int64_t stride = problem.pool.strides.height;
    const std::int64_t each = problem.index ? 4 : 2;  // iterators: dx and dy; the index and its number
    return std::min(stride, (kFreeIterators - 1) / each);
  }

  [[nodiscard]] bool fits() const { return layer_.fits(); }

  void lower() {
    const Operand every_dx = layer_.words(dx_);
    layer_.sweep_words(dx_, {{Op::move, every_dx, layer_.immediate(0), layer_.immediate(0)}});
    for (const Rows& rows : rows_) p_.index ? add_chosen(rows) : add_all(rows);
    layer_.finish();
  }

 private:
  /// Kernel rows first, first + period, .. that land in the same place of a group, the first of them `groups` further
  /// on than its output row, each `step_` more than the one before.
  struct Rows {
    std::int64_t first, count, place, groups;
  };

  void declare_dimensions() {
    const PoolAttributes& pool = p_.pool;
    columns_ = (p_.output[3] - 1) * pool.strides.width + (pool.kernel.width - 1) * pool.dilations.width + 1;
    const std::int64_t beyond = std::max<std::int64_t>(p_.image[3] - (columns_ - pool.pads.left), 0);
    counting_ = p_.counting(layer_);
    row_ = layer_.dim(most_rows_, false);
    column_ = layer_.dim(pool.kernel.width, false);
    place_ = layer_.dim(places_, false);
    back_ = layer_.dim(furthest_ + 1, false);
    beyond_ = layer_.dim(beyond + 1, false);
    columns_ += beyond;
    n_ = layer_.dim(p_.output[0]);
    group_ = layer_.dim(ceil_div(p_.image[2] + pool.pads.top, stride_));
    ow_ = layer_.dim(p_.output[3], false);
    c_ = layer_.dim(p_.output[1]);
  }

  void declare_operands() {
    const PoolAttributes& pool = p_.pool;
    const std::int64_t groups = ceil_div(p_.image[2] + pool.pads.top, stride_);
    Access target = strided_access(p_.dx, {});
    target.axes = {plain_axis(n_, p_.dx.bit_strides.at(0)),
                   image_axis({{group_, stride_}, {place_, 1}}, p_.dx.bit_strides.at(2), pool.pads.top - first_place_,
                              groups * stride_, p_.image[2]),
                   image_axis({{ow_, pool.strides.width}, {column_, pool.dilations.width}, {beyond_, 1}},
                              p_.dx.bit_strides.at(3), pool.pads.left, columns_, p_.image[3]),
                   plain_axis(c_, p_.dx.bit_strides.at(1))};
    dx_ = layer_.store(target, Namespace::vmem1);
    dy_ = layer_.load(windows(p_.dy), Namespace::vmem2);
    if (!p_.index) return;
    index_ = layer_.load(windows(*p_.index), index_space_);
    numbers_ = position_numbers(layer_, p_.positions(), counting_, {{row_, -period_ * pool.kernel.width}, {column_, 1}},
                                {n_, group_, c_}, Namespace::obuf);
  }

  /// The groups of a tile and those before that reach into them.
  [[nodiscard]] Access windows(const Layout& layout) const {
    const std::int64_t reach = furthest_ + (most_rows_ - 1) * step_;
    const std::int64_t groups = ceil_div(p_.image[2] + p_.pool.pads.top, stride_);
    Access access = strided_access(layout, {});
    access.axes = {plain_axis(n_, layout.bit_strides.at(0)),
                   image_axis({{group_, 1}, {row_, step_}, {back_, 1}}, layout.bit_strides.at(2), reach, groups + reach,
                              p_.output[2]),
                   plain_axis(ow_, layout.bit_strides.at(3)), plain_axis(c_, layout.bit_strides.at(1))};
    return access;
  }

  /// The output rows that these kernel rows belong to: the furthest group first.
  [[nodiscard]] std::vector<std::pair<int, std::int64_t>> from(const Rows& rows) const {
    return {{row_, most_rows_ - rows.count}, {back_, furthest_ - rows.groups}};
  }

  [[nodiscard]] std::vector<Over> loops(const Rows& rows, bool columns) const {
    std::vector<Over> loops{{row_, most_rows_ - rows.count}, {n_, 0}, {group_, 0}, {ow_, 0}, {c_, 0}};
    if (columns) loops.push_back({column_, 0});
    return loops;
  }

  void add_all(const Rows& rows) {
    const Operand dx = layer_.at(dx_, {{place_, rows.place - first_place_}});
    layer_.sweep({}, loops(rows, true), {{Op::mac, dx, layer_.at(dy_, from(rows)), layer_.immediate(p_.factor)}});
  }

  /// Flags of all kernel columns first, so that none is read right after it is written; where there are too many
  /// columns for that, one after the other.
  void add_chosen(const Rows& rows) {
    const std::int64_t width = p_.pool.kernel.width;
    const bool together = 2 * width <= isa::kMaxSimdWords &&
                          static_cast<std::int64_t>(rows_.size()) * 2 * (width + 1) + width <= kFreeIterators;
    const Operand dy = layer_.at(dy_, from(rows));
    const Operand index = layer_.at(index_, from(rows));
    const std::int64_t last_row = rows.first + (rows.count - 1) * period_;
    SimdBody flags;
    SimdBody sums;
    for (std::int64_t k = 0; k < (together ? width : 1); ++k) {
      if (static_cast<std::int64_t>(flags_.size()) == k)
        flags_.push_back(layer_.at(layer_.scratch({}, Namespace::obuf)));
      const Operand flag = flags_[static_cast<std::size_t>(k)];
      flags.push_back({Op::equal, flag, index, layer_.entry(numbers_, last_row * width + k)});
      std::vector<std::pair<int, std::int64_t>> target{{place_, rows.place - first_place_}};
      if (k > 0) target.emplace_back(column_, k);
      sums.push_back({Op::mac, layer_.at(dx_, target), dy, flag});
    }
    flags.insert(flags.end(), sums.begin(), sums.end());
    layer_.nest({}, loops(rows, !together), flags);
  }

  /// What the table of numbers and the clearing of dx leave.
  static constexpr std::int64_t kFreeIterators = isa::kMaxIterators - 5;

  const PoolGradient& p_;
  std::int64_t first_place_, places_;
  Namespace index_space_;
  std::int64_t stride_, dilation_, period_, step_;
  SimdLayer layer_;
  std::vector<Rows> rows_;
  std::int64_t most_rows_ = 0, furthest_ = 0, columns_ = 0;
  int counting_ = 0, row_ = 0, column_ = 0, n_ = 0, group_ = 0, ow_ = 0, c_ = 0;
  int place_ = 0, back_ = 0, beyond_ = 0;  ///< only shift
  int dx_ = 0, dy_ = 0, index_ = 0, numbers_ = 0;
  std::vector<Operand> flags_;
};

void lower_gradient(const PoolGradient& p) {
  const PoolAttributes& pool = p.pool;
  const bool side_by_side = tile_the_image(p.image[2], p.output[2], pool.kernel.height, pool.strides.height,
                                           pool.dilations.height, pool.pads.top) &&
                            tile_the_image(p.image[3], p.output[3], pool.kernel.width, pool.strides.width,
                                           pool.dilations.width, pool.pads.left);
  if (side_by_side) return spread(p);
  const std::int64_t together = Gather::most_places(p);
  for (std::int64_t first = 0; first < pool.strides.height; first += together) {
    const std::int64_t places = std::min(together, pool.strides.height - first);
    // With as many rows of dx as of dy and its index, VMEM2 is the better place for the index; with few it is too full.
    Gather balanced(p, first, places, Namespace::vmem2);
    if (balanced.fits()) {
      balanced.lower();
    } else {
      Gather(p, first, places, Namespace::vmem1).lower();
    }
  }
}

/// A block of its own that divides dy where the windows at the border are smaller than the others.
Layout divided(const Node& node, const AverageDivisor& divisor, LoweringContext& context) {
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  const Layout& dy = context.layout(node.inputs[0]);
  Layout result = dense_layout(shape, channels_last(4), context.machine().accumulator_bits);
  result.region = context.scratch(node, span_bytes(shape, result), result.element_bits);
  SimdLayer layer(node, context);
  const WindowSpace window(layer, {1, 1}, shape);
  const Operand from = layer.at(layer.load(window.output(dy), Namespace::vmem1));
  const int to = layer.store(window.output(result), Namespace::vmem2);
  layer.sweep({}, window.output_loops(), {{Op::move, layer.at(to), from, from}});
  divisor.divide(layer, window, to);
  layer.finish();
  return result;
}

/// dx is the same everywhere in an image.
void spread_over_images(const Node& node, LoweringContext& context) {
  const Shape& shape = context.graph().shape(node.outputs.at(0));
  const Layout& dx = context.layout(node.outputs[0]);
  IterationSpace space(shape, order_of(shape, dx));
  const int target = space.add(dx);
  const int source = space.add(space.place(node.inputs.at(0), context));
  space.coalesce();
  SimdLayer layer(node, context);
  std::vector<Over> loops;
  for (const std::int64_t extent : space.extents()) loops.push_back({layer.dim(extent), 0});
  const Operand from = layer.at(layer.load(space.access(source), Namespace::vmem1));
  const Operand to = layer.at(layer.store(space.access(target), Namespace::vmem2));
  layer.sweep({}, loops, {{Op::mul, to, from, layer.immediate(1 / static_cast<double>(shape.at(2) * shape.at(3)))}});
  layer.finish();
}

PoolGradient gradient_of(const Node& node, LoweringContext& context) {
  return {node,
          context,
          std::get<PoolAttributes>(node.attributes),
          context.graph().shape(node.outputs.at(0)),
          context.graph().shape(node.inputs.at(0)),
          context.layout(node.inputs[0]),
          context.layout(node.outputs[0]),
          {}};
}

}  // namespace

void lower_max_pool_gradient(const Node& node, LoweringContext& context) {
  PoolGradient problem = gradient_of(node, context);
  problem.index = context.layout(node.inputs.at(1));
  lower_gradient(problem);
}

void lower_average_pool_gradient(const Node& node, LoweringContext& context) {
  if (std::get<PoolAttributes>(node.attributes).global) return spread_over_images(node, context);
  PoolGradient problem = gradient_of(node, context);
  const AverageDivisor divisor(problem.pool, problem.image, problem.output);
  if (divisor.uniform()) {
    problem.factor = 1 / divisor.full();
  } else {
    problem.dy = divided(node, divisor, context);
  }
  lower_gradient(problem);
}

}  // namespace systole
