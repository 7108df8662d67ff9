#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"

namespace systole::analytical {

/// One tile of a block: the index of every tile loop and which of them are in their first or last iteration (a bit
/// each). It answers what the tile is for scopes, conditions and trips (isa/manual.md, section 1).
struct TilePosition {
  isa::TileIndex index{};
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t all = 0;  ///< loops that the block declares

  explicit TilePosition(std::size_t loops) : all((1U << loops) - 1U) {}

  void set(std::size_t loop, std::int32_t iteration, std::int32_t iterations) {
    const std::uint32_t bit = 1U << loop;
    index[loop] = iteration;
    first = iteration == 0 ? first | bit : first & ~bit;
    last = iteration + 1 == iterations ? last | bit : last & ~bit;
  }

  [[nodiscard]] bool enters(int scope) const { return (first & inside(scope)) == inside(scope); }
  [[nodiscard]] bool leaves(int scope) const { return (last & inside(scope)) == inside(scope); }

  /// Another iteration of the loops at and outside a scope follows.
  [[nodiscard]] bool goes_on(int scope) const {
    const std::uint32_t outer = all & ~inside(scope);
    return (last & outer) != outer;
  }

  [[nodiscard]] bool holds(const isa::Condition& condition) const {
    using Kind = isa::Condition::Kind;
    const std::uint32_t mask = condition.mask;
    switch (condition.kind) {
      case Kind::always:
        return true;
      case Kind::first:
        return (first & mask) == mask;
      case Kind::not_first:
        return (first & mask) != mask;
      case Kind::last:
        return (last & mask) == mask;
      case Kind::not_last:
        return (last & mask) != mask;
    }
    return true;
  }

  [[nodiscard]] std::int64_t trip(const isa::Trip& trip) const {
    const bool tail = trip.tail_loop != isa::kNoLoop && (last >> trip.tail_loop & 1U) != 0;
    return tail ? trip.tail : trip.count;
  }

 private:
  /// The loops inside a scope.
  [[nodiscard]] std::uint32_t inside(int scope) const { return all & ~((1U << (scope + 1)) - 1U); }
};

}  // namespace systole::analytical
