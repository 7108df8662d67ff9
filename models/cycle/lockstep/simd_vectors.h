#pragma once

#include <array>

#include "models/cycle/lockstep/random_words.h"
#include "models/cycle/lockstep/word_memory.h"
#include "models/cycle/simd_timing.h"

namespace systole {

/// For each iterator, the word where it stands when all loops of the nest are at 0.
using SimdBases = std::array<std::int64_t, isa::kMaxIterators>;

/// Does the tile compute functions of real numbers, which integers do not have?
bool needs_real_numbers(const isa::SimdProgram& program, const TileWalker& tile);

/// Does an executed instruction of the tile use the iterator?
std::array<bool, isa::kMaxIterators> used_iterators(const isa::SimdProgram& program, const TileWalker& tile);

/// The tile that `tile` stands on, with random contents of its memories, and every word that it writes with its cycle:
/// instruction after instruction, as isa/manual.md section 4 and models/cycle/timing.md section 6 say it.
ExpandedTile simd_vectors(const SimdParameters& parameters, int activation_bits, const isa::SimdProgram& program,
                          const TileWalker& tile, const SimdBases& bases, RandomWords& random);

}  // namespace systole
