#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/program.pb.h"

namespace systole::isa {

/// Where the instructions stand that the units of a block execute again and again: the lines of `systole disasm`, in
/// words since the block's first. -1: the block has none.
struct InstructionPlaces {
  std::array<std::int64_t, 16> streams{};       ///< LD_ST, by stream
  std::int64_t array = -1;                      ///< INST_GROUP unit=array edge=start
  std::vector<std::vector<std::int64_t>> simd;  ///< by nest and instruction of its body
};

InstructionPlaces instruction_places(const EncodedBlock& block);

}  // namespace systole::isa
