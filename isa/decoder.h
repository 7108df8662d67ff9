#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/block.h"

namespace systole::isa {

/// What is wrong with a word of a program.
struct WordFault {
  std::size_t word;  ///< index in the words given to decode()
  std::string message;
};

struct DecodeResult {
  Block block;            ///< complete only when there are no faults
  std::size_t words = 0;  ///< words of the block, BLOCK_END included
  std::size_t simd_begin =
      0;                     ///< [simd_begin, simd_end) are the words between the SIMD group's start and end, which the
  std::size_t simd_end = 0;  ///< SIMD instruction memory holds; both 0 without a group
  std::vector<WordFault> faults;  ///< all there are, by word; empty: the block is well formed
};

/// Decodes the block that begins at words[0] and goes to its BLOCK_END; `count` is how many words there are. Takes any
/// words: what is wrong becomes a fault, and decoding goes on behind it. Whether the block fits a machine is for
/// isa/validate.h to say.
DecodeResult decode(const std::uint32_t* words, std::size_t count);

}  // namespace systole::isa
