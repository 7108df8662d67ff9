#pragma once

#include "models/cycle/array_timing.h"
#include "models/cycle/lockstep/random_words.h"
#include "models/cycle/lockstep/word_memory.h"

namespace systole {

/// Words in which a tile's slots begin.
struct ArrayBases {
  std::int64_t ibuf = 0, wbuf = 0, obuf = 0, bbuf = 0;
};

/// The tile that `tile` stands on, with random contents of its buffers, and every sum that it writes with its cycle:
/// vector after vector, as isa/manual.md section 3 and models/cycle/timing.md section 5 say it. What the machine
/// computes in closed form is stepped here, so that each can be held against the other and both against RTL.
ExpandedTile array_vectors(const ArrayParameters& parameters, const isa::ArrayProgram& program, const TileWalker& tile,
                           const ArrayBases& bases, RandomWords& random);

}  // namespace systole
