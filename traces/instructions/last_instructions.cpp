#include "traces/instructions/last_instructions.h"

#include <iterator>

namespace systole::trace {

/// Units tell of different times, so the newcomer finds its place from the end.
void LastInstructions::add(const Instruction& instruction) {
  if (instruction.issue() > stop_) return;
  auto place = last_.end();
  while (place != last_.begin() && std::prev(place)->issue() > instruction.issue()) --place;
  if (place == last_.begin() && last_.size() == most_) return;
  last_.insert(place, instruction);
  if (last_.size() > most_) last_.pop_front();
}

}  // namespace systole::trace
