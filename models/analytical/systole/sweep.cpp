#include "models/analytical/systole/sweep.h"

#include <cmath>

namespace systole::analytical {

void Sweep::begin(const config::Ports& ports) {
  set_ports(ports, machine_);
  program_.clear();
  words_ = 0;
}

void Sweep::add(std::size_t form, const isa::Block& block, const isa::StreamAddresses& addresses) {
  if (form >= forms_.size()) forms_.resize(form + 1, nullptr);
  if (forms_[form] == nullptr) forms_[form] = &blocks_.form(form, block);
  program_.push_back(&blocks_.timed(*forms_[form], addresses, machine_));
  words_ += program_.back()->words.all();
}

Work Sweep::work() const {
  Work sum;
  for (const KnownBlocks::Timed* block : program_) {
    sum += *block->work;
    sum += work_of(block->words);
  }
  return sum;
}

std::int64_t Sweep::cycles(std::int64_t instruction_address) const {
  ProgramClock clock(words_, instruction_address, machine_, blocks_.memory());
  for (const KnownBlocks::Timed* block : program_) {
    clock.start(block->words);
    clock.run(block->cycles, block->simd_end);
  }
  return std::llround(clock.end());
}

}  // namespace systole::analytical
