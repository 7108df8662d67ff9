#include "isa/instruction_places.h"

#include "isa/encoding.h"

namespace systole::isa {

InstructionPlaces instruction_places(const EncodedBlock& block) {
  InstructionPlaces places;
  places.streams.fill(-1);
  const auto count = static_cast<std::size_t>(block.words_size());
  Operation operation;
  for (std::size_t at = 0; at < count; at += operation.words) {
    operation = read_operation(block.words().data() + at, count - at);
    if (operation.spec == nullptr) continue;
    const auto here = static_cast<std::int64_t>(at);
    const Opcode opcode = operation.spec->opcode;
    if (opcode == Opcode::ld_st) places.streams[static_cast<std::size_t>(operation.values[0])] = here;
    if (opcode == Opcode::inst_group && operation.values[0] == 0 && operation.values[1] == 0) places.array = here;
    if (opcode == Opcode::nest) places.simd.emplace_back();
    const bool computes = opcode >= Opcode::alu && opcode <= Opcode::datatype_cast;
    if (computes && !places.simd.empty()) places.simd.back().push_back(here);
  }
  return places;
}

}  // namespace systole::isa
