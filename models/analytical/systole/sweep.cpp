#include "models/analytical/systole/sweep.h"

#include <array>
#include <cmath>

#include "configs/idealize.h"
#include "isa/encoder.h"
#include "isa/encoding.h"

namespace systole::analytical {

namespace {

/// Blocks that are kept; beyond them all are forgotten. One takes about 200 bytes.
constexpr std::size_t kMostBlocks = 500000;

constexpr std::size_t kDataPorts = 4;

/// How an address is written in a program: not at all, in one word, or in two.
char words_of_address(std::int64_t address) {
  if (address == 0) return 0;
  return isa::fits_one_word(address) ? 1 : 2;
}

void append(std::string& key, std::int64_t value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

Sweep::Sweep(const config::Machine& machine)
    : machine_(machine_model(idealized(machine))),
      memory_(idealized(machine).memory_description(), idealized(machine)),
      period_(address_period(machine_, memory_)) {
  memory_.remember();
}

void Sweep::begin(const config::Ports& ports) {
  set_ports(ports, machine_);
  if (known_ > kMostBlocks) {
    forms_.clear();
    known_ = 0;
  }
  program_.clear();
  words_ = 0;
}

Sweep::Form& Sweep::form_of(std::size_t form, const isa::Block& block) {
  if (form >= forms_.size()) forms_.resize(form + 1);
  if (!forms_[form]) forms_[form] = std::make_unique<Form>(block, machine_, memory_);
  return *forms_[form];
}

/// All that the time of a block and its words depend on, beside its form.
void Sweep::find_key(const isa::Block& block) {
  key_.clear();
  lengths_.clear();
  std::array<bool, kDataPorts> uses{};
  for (const isa::Stream& stream : block.streams) {
    if (!stream.used) continue;
    uses[static_cast<std::size_t>(isa::port_of(stream.buffer))] = true;
    append(key_, (stream.base % period_ + period_) % period_);
    lengths_.push_back(words_of_address(stream.base));
  }
  key_ += lengths_;
  for (std::size_t port = 0; port < kDataPorts; ++port) append(key_, uses[port] ? machine_.port_bits[port] : 0);
}

void Sweep::add(std::size_t form, const isa::Block& block) {
  find_key(block);
  Form& same = form_of(form, block);
  auto known = same.known.find(key_);
  if (known == same.known.end()) {
    auto words = same.words.find(lengths_);
    if (words == same.words.end()) words = same.words.emplace(lengths_, isa::count_words(block)).first;
    known = same.known.emplace(key_, Timed{words->second, time(same, block), &same}).first;
    ++known_;
  }
  program_.push_back(&known->second);
  words_ += known->second.words.all();
}

/// Addresses and widths that make no transfer any different, and meet in as many banks, give the same time, so few
/// blocks are left to be timed.
Sweep::BlockTime Sweep::time(Form& form, const isa::Block& block) {
  const auto known = form.times.find(kinds(form, block));
  if (known != form.times.end()) return known->second;
  const BlockResult result = BlockTiming(block, form.parts, machine_, memory_).run();
  if (!form.work) form.work = work_of(block, result, machine_);
  // It can have met classes of transfers that were not known before.
  return form.times.emplace(kinds(form, block), BlockTime{result.cycles, result.simd_end}).first->second;
}

std::string Sweep::kinds(Form& form, const isa::Block& block) const {
  std::string all;
  SharedBanks::Samples banks{};
  for (std::size_t s = 0; s < block.streams.size(); ++s) {
    const isa::Stream& stream = block.streams[s];
    if (!stream.used) continue;
    const std::int64_t port_bits = machine_.port_bits[static_cast<std::size_t>(isa::port_of(stream.buffer))];
    append(all, form.parts.kind(s, stream.base, port_bits));
    banks[s] = &form.parts.banks(s, stream.base, port_bits);
  }
  if (!memory_.ideal()) all += SharedBanks(banks).key();
  return all;
}

Work Sweep::work() const {
  Work sum;
  for (const Timed* block : program_) {
    sum += *block->form->work;
    sum += work_of(block->words);
  }
  return sum;
}

std::int64_t Sweep::cycles(std::int64_t instruction_address) const {
  ProgramClock clock(words_, instruction_address, machine_, memory_);
  for (const Timed* block : program_) {
    clock.start(block->words);
    clock.run(block->time.cycles, block->time.simd_end);
  }
  return std::llround(clock.end());
}

}  // namespace systole::analytical
