#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"

namespace systole::isa {

/// The words of a block, BLOCK_END included: one form for each block, in which defaults take no words. A number that no
/// field can hold (a count below 1, an address of 2^39 or more, too many loops) is a bug of the caller; isa/validate.h
/// finds it politely.
std::vector<std::uint32_t> encode(const Block& block);

/// Words of a block: before those of its SIMD group, these (what the SIMD instruction memory holds), and after them.
struct BlockWords {
  std::int64_t before = 0;
  std::int64_t simd = 0;
  std::int64_t after = 0;
  [[nodiscard]] std::int64_t all() const { return before + simd + after; }
};
/// Those of encode(block). Without a SIMD group all of them are `after`.
BlockWords count_words(const Block& block);

/// How many words the block's SIMD group has: what the SIMD instruction memory must hold.
std::size_t simd_words(const SimdProgram& simd);

}  // namespace systole::isa
