#include "models/cycle/controller.h"

#include <algorithm>
#include <ostream>

#include "base/errors.h"

namespace systole {

namespace {

constexpr std::int64_t kWordBytes = 4;

/// The program's words as one load stream: a tile is a half of the instruction memory, and there are two slots.
ProgramBlock fetch_block(const MachineProgram& program, std::int64_t words, std::int32_t half_words) {
  ProgramBlock fetch;
  const auto halves = static_cast<std::int32_t>(ceil_div(words, half_words));
  fetch.block.tile_loops = {halves};
  isa::Stream& stream = fetch.block.streams[0];
  stream.used = true;
  stream.loop = 0;
  stream.element_bits = 8 * kWordBytes;
  stream.base = program.address;
  stream.tile_stride[0] = half_words * kWordBytes;
  stream.depth = 2;
  stream.run.elements = {half_words, static_cast<std::int32_t>(words - std::int64_t{halves - 1} * half_words), 0};
  return fetch;
}

std::int64_t words_of(const MachineProgram& program) {
  std::int64_t words = 0;
  for (const ProgramBlock& block : program.blocks) words += block.words;
  return words;
}

}  // namespace

void ControllerParameters::validate() const {
  check(half_words > 0, "controller", "half_words must be positive");
  check(decode_words_per_cycle > 0, "controller", "decode_words_per_cycle must be positive");
  check(dispatch_cycles >= 0, "controller", "dispatch_cycles must not be negative");
}

Controller::Controller(const sc_core::sc_module_name& name, const ControllerParameters& parameters,
                       const AcceleratorClock& clock, const MachineProgram& program, RunningBlock& running,
                       RunningBlock& fetching, Ledger& ledger, const Memory& memory, Failure& failure)
    : sc_module(name),
      parameters_(parameters),
      clock_(clock),
      program_(program),
      running_(running),
      fetching_(fetching),
      ledger_(ledger),
      memory_(memory),
      failure_(failure) {
  parameters.validate();
  check(!program.blocks.empty(), "controller", "the program has no blocks");
  words_left_ = words_of(program);
  fetch_ = fetch_block(program, words_left_, parameters.half_words);
  SC_HAS_PROCESS(Controller);
  SC_THREAD(run);
  SC_METHOD(close_block);
  sensitive << running_.all_finished();
  dont_initialize();
}

void Controller::run() {
  failure_.guard([this] {
    if (parameters_.fetches) fetching_.open(fetch_);
    for (const ProgramBlock& block : program_.blocks) {
      decode(block);
      wait_for_units();
      dispatch(block);
    }
    wait_for_units();
    finished_ = true;
    sc_core::sc_pause();
  });
}

void Controller::decode(const ProgramBlock& block) {
  ++decoding_;
  block_begins_ = words_decoded_;
  if (parameters_.fetches) {
    decode_all_words(block);
  } else {
    tell(block.words, 0);
    words_decoded_ += block.words;
  }
  count(block);
}

void Controller::tell(std::int64_t words, int per_cycle) const {
  RunObserver* const observer = ledger_.observer();
  if (observer != nullptr)
    observer->words({decoding_, words_decoded_, words_decoded_ - block_begins_, words, per_cycle, clock_.now()});
}

void Controller::decode_all_words(const ProgramBlock& block) {
  decode_words(block.simd_begin);
  if (block.simd_end > block.simd_begin) {
    wait_for_simd_memory();
    decode_words(block.simd_end - block.simd_begin);
  }
  decode_words(block.words - block.simd_end);
}

void Controller::decode_words(std::int64_t count) {
  const SlotGate half = fetching_.unit_gate(0);
  while (count > 0) {
    if (half_left_ == 0) wait_for_half();
    const std::int64_t taken = std::min(count, half_left_);
    tell(taken, parameters_.decode_words_per_cycle);
    pass_cycles(Cycles{ceil_div(taken, parameters_.decode_words_per_cycle)});
    count -= taken;
    words_left_ -= taken;
    words_decoded_ += taken;
    half_left_ -= taken;
    if (half_left_ == 0) half.pass();
  }
}

void Controller::wait_for_half() {
  const SlotGate half = fetching_.unit_gate(0);
  if (!half.ready()) account_.rest(clock_.now(), Stall::fetch);
  while (!half.ready()) wait(half.changed());
  half_left_ = std::min<std::int64_t>(parameters_.half_words, words_left_);
}

void Controller::wait_for_simd_memory() {
  if (!running_.simd_finished()) account_.rest(clock_.now(), Stall::simd_memory);
  while (!running_.simd_finished()) wait(running_.simd_done());
}

void Controller::wait_for_units() {
  if (!running_.finished()) account_.rest(clock_.now(), Stall::units);
  while (!running_.finished()) wait(running_.all_finished());
  close_block();
}

void Controller::dispatch(const ProgramBlock& block) {
  pass_cycles(Cycles{parameters_.dispatch_cycles});
  span_ = {static_cast<int>(next_block_),
           block.layers.leader(),
           span_.address + span_.words,
           block.words,
           clock_.now(),
           clock_.now()};
  ++next_block_;
  open_ = true;
  ledger_.open_block(block.layers, block.block.array.used, clock_.now());
  if (hook_) hook_(span_, true);
  running_.open(block);
}

/// Also a process: a block ends while the words of the next one are still being decoded.
void Controller::close_block() {
  if (!open_) return;
  open_ = false;
  ledger_.close_block(clock_.now(), memory_.counters());
  span_.until = clock_.now();
  if (hook_) hook_(span_, false);
}

void Controller::pass_cycles(Cycles cycles) {
  const Cycles end = clock_.now() + cycles;
  account_.spend(clock_.now(), Activity::busy(), end);
  if (end > clock_.now()) wait(clock_.until(end));
}

void Controller::count(const ProgramBlock& block) {
  const std::int64_t simd_words = block.simd_end - block.simd_begin;
  EventCounts events;
  events.array_words_decoded = block.words - simd_words;
  SramCounts& instructions = events.of(Sram::inst);
  instructions.reads = block.words;
  instructions.read_bytes = block.words * kWordBytes;
  instructions.writes = simd_words;
  instructions.write_bytes = simd_words * kWordBytes;
  ledger_.add(block.layers.leader(), events);
}

void Controller::dump(std::ostream& out) const {
  out << "  controller: " << account_.to_string() << ", " << next_block_ << " of " << program_.blocks.size()
      << " blocks started\n";
}

}  // namespace systole
