#include "models/cycle/tile_walker.h"

#include "base/errors.h"

namespace systole {

TileWalker::TileWalker(const std::vector<std::int32_t>& loops) : loops_(loops) {
  check(loops.size() <= isa::kMaxTileLoops, "tile_walker", "too many tile loops");
  all_ = (1U << loops.size()) - 1U;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    check(loops_[loop] > 0, "tile_walker", "a tile loop has no iterations");
    mark(loop);
  }
}

TileWalker::TileWalker(const std::vector<std::int32_t>& loops, const isa::TileIndex& index) : TileWalker(loops) {
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    check(index[loop] >= 0 && index[loop] < loops_[loop], "tile_walker", "there is no tile of these indices");
    index_[loop] = index[loop];
    mark(loop);
  }
}

bool TileWalker::next() {
  if (last_ == all_) return false;
  std::size_t loop = loops_.size() - 1;
  for (; index_[loop] + 1 == loops_[loop]; --loop) {
    index_[loop] = 0;
    mark(loop);
  }
  ++index_[loop];
  mark(loop);
  return true;
}

bool TileWalker::holds(const isa::Condition& condition) const {
  const std::uint32_t mask = condition.mask;
  switch (condition.kind) {
    case isa::Condition::Kind::always:
      return true;
    case isa::Condition::Kind::first:
      return (first_ & mask) == mask;
    case isa::Condition::Kind::not_first:
      return (first_ & mask) != mask;
    case isa::Condition::Kind::last:
      return (last_ & mask) == mask;
    case isa::Condition::Kind::not_last:
      return (last_ & mask) != mask;
  }
  fail_check("tile_walker", "unknown condition");
}

void TileClasses::depend_on(const isa::Condition& condition) {
  using Kind = isa::Condition::Kind;
  if (condition.kind == Kind::first || condition.kind == Kind::not_first) first_ |= condition.mask;
  if (condition.kind == Kind::last || condition.kind == Kind::not_last) last_ |= condition.mask;
}

void TileWalker::mark(std::size_t loop) {
  const std::uint32_t bit = 1U << loop;
  first_ = index_[loop] == 0 ? first_ | bit : first_ & ~bit;
  last_ = index_[loop] + 1 == loops_[loop] ? last_ | bit : last_ & ~bit;
}

}  // namespace systole
