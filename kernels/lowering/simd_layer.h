#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/lowering/lowering.h"
#include "kernels/lowering/simd_space.h"

namespace systole {

/// When something happens, in terms of the dimensions of a space whose tile loops it names.
struct When {
  isa::Condition::Kind kind = isa::Condition::Kind::always;
  std::vector<int> dims;
};

/// A loop of a nest over the tile's part of a dimension, from index `from` on.
struct Over {
  int dim = 0;
  std::int64_t from = 0;
};

/// One layer of the SIMD unit as one block. It is described with tile sizes open: dimensions, operands, nests over
/// them. `finish` chooses the tiles that take the least estimated time, places the operands in VMEM and OBUF, and emits
/// the block.
///
/// SIMD loops are the dimensions in the order of their declaration that any nest loops over; every nest has all of
/// them, those it does not loop over with one iteration (loops cost nothing), so that iterators mean the same in every
/// nest.
class SimdLayer {
 public:
  SimdLayer(const Node& node, LoweringContext& context);

  /// Appends a dimension, inside those there are; the last one runs along the lanes. One that may not be cut is whole
  /// in every tile.
  int dim(std::int64_t extent, bool tiled = true);
  /// Cuts the dimension only so that its first tile has at least `first` indices and its last one at least `last`.
  void keep_edges(int dim, std::int64_t first, std::int64_t last);
  /// A dimension that has one tile for each index: a pass over the inner ones.
  int pass(std::int64_t extent);
  /// Tile loops from the outermost in. By default dimensions that every stream extends along come first, so that what
  /// is broadcast along the others is loaded once.
  void tile_order(std::vector<int> dims) { tile_order_ = std::move(dims); }

  /// Operands; each returns its number. Scratch extends along `dims`.
  int load(Access access, isa::Namespace space, When when = {});
  int store(Access access, isa::Namespace space, When when = {});
  int scratch(const std::vector<int>& dims, isa::Namespace space);
  /// Scratch of so many words in every tile; neighbours along the given dimensions are so many words apart.
  int table(std::int64_t words, std::vector<std::pair<int, std::int64_t>> strides, isa::Namespace space);

  /// An iterator over the operand; `at` shifts indices: the place of index i is that of i + shift. A negative shift
  /// counts from the end of the dimension, in its last tile.
  Operand at(int operand, std::vector<std::pair<int, std::int64_t>> at = {});
  /// An iterator over a table whose index 0 is `first` words from its start.
  Operand entry(int table, std::int64_t first);
  Operand immediate(double value) { return builder_.simd().immediate(value); }
  SimdBuilder simd() { return builder_.simd(); }

  /// The instructions one after the other, each for all iterations (SimdBuilder::sweep). Where the block would have too
  /// many nests or words, the sweeps with the fewest iterations run as one nest each. A loop without iterations drops
  /// them.
  void sweep(const When& when, const std::vector<Over>& loops, const SimdBody& body);
  /// The whole body for one iteration after the other, at most kMaxSimdWords instructions: for work that a tile does
  /// once, where nests cost more than waiting.
  void nest(const When& when, const std::vector<Over>& loops, const SimdBody& body);
  /// The body for every word of the operand's largest tile, one instruction after the other; `words` is the iterator
  /// for it.
  void sweep_words(int operand, const SimdBody& body);
  Operand words(int operand);
  [[nodiscard]] const Node& node() const { return node_; }
  /// What comes from now on belongs to another node, fused into this layer.
  void belongs_to(const Node& node);

  /// Is there a tile that fits?
  [[nodiscard]] bool fits() const;
  /// Emits the block. Throws the UserError of `too_small` when no tile fits.
  void finish();

 private:
  struct Planned {
    Access access;
    isa::Namespace space = isa::Namespace::vmem1;
    std::optional<isa::Direction> direction;  ///< absent: scratch
    When when;
    NodeId node{};
    std::int64_t table = 0;                             ///< words of a table
    std::vector<std::pair<int, std::int64_t>> strides;  ///< of a table
    std::int64_t base = 0;                              ///< words
    std::int8_t stream = isa::kNoStream;
  };
  struct Reference {
    Operand iterator = 0;
    int operand = 0;
    std::vector<std::pair<int, std::int64_t>> at;
    std::int64_t first = 0;  ///< words, in a table
    bool whole = false;      ///< word after word along the outermost loop
  };
  struct Sweep {
    When when;
    std::vector<Over> loops;
    SimdBody body;
    NodeId node{};
    bool together = false;  ///< one nest
    int words_of = -1;      ///< operand whose words it runs over, instead of loops
  };

  int plan(Planned operand);
  Operand refer(Reference reference);
  [[nodiscard]] std::int64_t words_of(const Planned& operand, const Space& space) const;
  [[nodiscard]] std::vector<std::int64_t> strides_of(const Planned& operand) const;
  [[nodiscard]] bool looped(int dim) const;
  [[nodiscard]] int depth_of(const Planned& operand, const Space& space) const;
  [[nodiscard]] std::int64_t capacity(isa::Namespace name) const;
  /// Words by namespace.
  using Words = std::array<std::int64_t, 4>;
  /// What the operands need.
  [[nodiscard]] Words needed(const Space& space) const;
  [[nodiscard]] bool fits(const Space& space) const;
  void rely() const;
  /// Tiles along the lanes are multiples of it: whole words, and no element that serves several lanes is cut.
  [[nodiscard]] std::int64_t lane_granule() const;
  [[nodiscard]] Space smallest() const;
  [[nodiscard]] std::vector<int> order_of_tiles() const;
  static void number_loops(Space& space, const std::vector<int>& order);
  /// Can the block have these tiles? Numbers the loops of `space`.
  [[nodiscard]] bool admits(Space& space) const;
  /// Estimated cycles, nullopt for what it does not admit. Numbers the loops of `space`.
  [[nodiscard]] std::optional<double> estimate(Space& space) const;
  [[noreturn]] void refuse() const;
  /// The published greedy rule for layers of the SIMD unit (kernels/tiling/greedy.h): space is cut by the smallest
  /// number that divides it and makes one word of channels fit, then channels grow, then the batch. nullopt when only a
  /// tile fits that is cut in another way.
  [[nodiscard]] std::optional<Space> greedy_tiles() const;
  /// Throws the UserError of `too_small` when nothing fits.
  void choose_tiles();

  /// How often the body of a sweep runs in the whole layer, counted in words or in elements.
  [[nodiscard]] std::int64_t iterations(const Sweep& sweep, const Space& space, bool elements) const;
  [[nodiscard]] bool never(const Sweep& sweep) const;
  [[nodiscard]] isa::Condition condition(const When& when) const;
  [[nodiscard]] std::vector<isa::Nest> nests_of(const Sweep& sweep) const;
  /// The block's SIMD half with all sweeps.
  [[nodiscard]] isa::SimdProgram program();
  [[nodiscard]] bool program_fits();
  void make_room();
  void emit_streams();
  void emit_iterators();
  void emit_nests();

  const Node& node_;
  LoweringContext& context_;
  BlockBuilder builder_;
  NodeId current_;
  Space space_;
  std::vector<std::pair<std::int64_t, std::int64_t>> edges_;  ///< what keep_edges asked for
  std::vector<int> positions_;  ///< SIMD loop of each dimension, -1: none needed; after the tiles are chosen
  std::vector<int> tile_order_;
  std::vector<Planned> operands_;
  std::vector<Reference> references_;
  std::vector<Sweep> sweeps_;
};

}  // namespace systole
