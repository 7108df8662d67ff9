#pragma once

#include <cstdint>
#include <random>

#include "isa/block.h"

namespace systole::isa {

/// Random blocks that the encoding can hold: every field is exercised, small numbers and the largest ones. They are
/// well formed (loops that are named are declared) but compute nothing sensible.
class RandomBlock {
 public:
  explicit RandomBlock(std::uint32_t seed) : random_(seed) {}
  Block next();

 private:
  std::int64_t between(std::int64_t low, std::int64_t high);
  bool chance(int percent) { return between(1, 100) <= percent; }
  std::int32_t number();  ///< mostly small, sometimes any 32 bits
  std::int32_t count();
  std::int64_t wide();  ///< any 40 bits
  std::int8_t tile_loop_or_none();
  Trip trip();
  Condition condition();
  Lanes lanes(std::size_t loops);
  Stream stream();
  WalkDim dimension();
  ArrayProgram array();
  SimdProgram simd();
  Nest nest();

  std::mt19937 random_;
  int tile_loops_ = 0;
};

}  // namespace systole::isa
