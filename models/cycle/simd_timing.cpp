#include "models/cycle/simd_timing.h"

#include <algorithm>
#include <set>

#include "base/errors.h"

namespace systole {

namespace {

constexpr int kStages = 6;       // fetch, decode, address generation, read, execute, write back
constexpr int kResultDelay = 2;  // from the end of execution until the word can be read: no forwarding
constexpr int kWordBytes = 4;    // one lane's element
constexpr int kInstructionBytes = 4;

Sram sram_of(isa::Namespace space) {
  switch (space) {
    case isa::Namespace::obuf:
      return Sram::obuf;
    case isa::Namespace::vmem1:
      return Sram::vmem1;
    case isa::Namespace::vmem2:
      return Sram::vmem2;
    case isa::Namespace::imm:
      return Sram::imm;
  }
  fail_check("simd_unit", "unknown namespace");
}

/// Iterations of the nest, and the sum of active lanes over them.
struct Iterations {
  std::int64_t count = 1;
  std::int64_t lanes = 1;
};

Iterations iterations(const isa::Nest& nest, const TileWalker& tile, std::int64_t all_lanes) {
  Iterations sum;
  const std::int64_t last = tile.trip(nest.lanes.last);
  sum.lanes = nest.lanes.loop == isa::kNoLoop ? last : 1;
  for (std::size_t loop = 0; loop < nest.loops.size(); ++loop) {
    const std::int64_t trips = tile.trip(nest.loops[loop]);
    sum.count *= trips;
    sum.lanes *= nest.lanes.loop == static_cast<int>(loop) ? (trips - 1) * all_lanes + last : trips;
  }
  return sum;
}

}  // namespace

void SimdParameters::validate() const {
  check(lanes > 0, "simd_unit", "lanes must be positive");
  check(divide_latency > 0 && exponential_latency > 0 && inverse_sqrt_latency > 0, "simd_unit",
        "latencies must be positive");
}

TileClasses classes_of(const isa::SimdProgram& program) {
  TileClasses classes;
  for (const isa::Nest& nest : program.nests) {
    classes.depend_on(nest.when);
    classes.depend_on(nest.lanes.last);
    for (const isa::Trip& trip : nest.loops) classes.depend_on(trip);
  }
  return classes;
}

void SimdTiming::start(const isa::SimdProgram& program) {
  program_ = &program;
  known_.clear();
  classes_ = classes_of(program);
}

const SimdTile& SimdTiming::tile(const TileWalker& tile) {
  const std::uint32_t alike = classes_.of(tile);
  const auto known = known_.find(alike);
  return known != known_.end() ? known->second : known_.emplace(alike, compute(tile)).first->second;
}

SimdTile SimdTiming::compute(const TileWalker& tile) const {
  SimdTile result;
  NestTimer timer;
  for (std::size_t n = 0; n < program_->nests.size(); ++n) {
    const isa::Nest& nest = program_->nests[n];
    if (nest.body.empty() || !tile.holds(nest.when)) continue;
    const NestTime time = timer.run(timed(nest, tile));
    result.nests.push_back({static_cast<int>(n), time, count(nest, tile, time)});
  }
  if (!result.nests.empty()) result.fill = fill();
  return result;
}

void SimdTiming::unroll(const TileWalker& tile, const Visit& visit) const {
  NestTimer timer;
  for (std::size_t n = 0; n < program_->nests.size(); ++n) {
    const isa::Nest& nest = program_->nests[n];
    if (nest.body.empty() || !tile.holds(nest.when)) continue;
    const std::uint32_t lane_loop = nest.lanes.loop == isa::kNoLoop ? 0 : 1U << nest.lanes.loop;
    timer.run(timed(nest, tile), [&](const NestTimer::Issue& issue) {
      const bool tail = (issue.last & lane_loop) == lane_loop;
      const int lanes = tail ? tile.trip(nest.lanes.last) : parameters_.lanes;
      visit({n, issue.instruction, issue.operands, lanes, issue.at, issue.free + fill()});
    });
  }
}

/// From the end of an instruction's execution to its last lane's write back.
std::int64_t SimdTiming::fill() const {
  return kStages - 1 + parameters_.lanes - 1;
}

TimedNest SimdTiming::timed(const isa::Nest& nest, const TileWalker& tile) const {
  TimedNest result;
  for (const isa::Trip& trip : nest.loops) result.trips.push_back(tile.trip(trip));
  for (const isa::SimdInstruction& instruction : nest.body) result.body.push_back(timed(instruction));
  return result;
}

TimedInstruction SimdTiming::timed(const isa::SimdInstruction& instruction) const {
  const SimdOpcodeTraits traits = traits_of(instruction.opcode);
  TimedInstruction result;
  result.occupancy = latency(traits.latency);
  result.result_delay = result.occupancy + (parameters_.hazards ? kResultDelay : 0);
  result.write = operand(instruction.destination);
  result.read[static_cast<std::size_t>(result.reads++)] = operand(instruction.source1);
  if (traits.reads_source2) result.read[static_cast<std::size_t>(result.reads++)] = operand(instruction.source2);
  if (traits.reads_destination) result.read[static_cast<std::size_t>(result.reads++)] = result.write;
  return result;
}

/// The slots of two streams never overlap, so each stream is a region of its own, and so are the fixed places of a
/// namespace.
TimedOperand SimdTiming::operand(std::uint8_t iterator) const {
  const isa::Iterator& self = program_->iterators[iterator];
  TimedOperand result;
  const int space = static_cast<int>(self.space);
  result.region = space * (isa::kMaxStreams + 1) + self.stream + 1;
  result.memory = self.space == isa::Namespace::imm || !parameters_.bank_conflicts ? kManyPorts : space;
  result.address = self.base;
  std::copy(self.stride.begin(), self.stride.end(), result.stride.begin());
  return result;
}

int SimdTiming::latency(SimdLatency latency) const {
  switch (latency) {
    case SimdLatency::one:
      return 1;
    case SimdLatency::divide:
      return parameters_.divide_latency;
    case SimdLatency::exponential:
      return parameters_.exponential_latency;
    case SimdLatency::inverse_sqrt:
      return parameters_.inverse_sqrt_latency;
  }
  fail_check("simd_unit", "unknown latency class");
}

EventCounts SimdTiming::count(const isa::Nest& nest, const TileWalker& tile, const NestTime& time) const {
  const Iterations times = iterations(nest, tile, parameters_.lanes);
  EventCounts events;
  for (const isa::SimdInstruction& instruction : nest.body) {
    const SimdOpcodeTraits traits = traits_of(instruction.opcode);
    std::set<std::uint8_t> read{instruction.source1};
    if (traits.reads_source2) read.insert(instruction.source2);
    if (traits.reads_destination) read.insert(instruction.destination);
    for (const std::uint8_t iterator : read) {
      const isa::Namespace space = program_->iterators[iterator].space;
      const std::int64_t words = space == isa::Namespace::imm ? times.count : times.lanes;
      events.of(sram_of(space)).reads += words;
      events.of(sram_of(space)).read_bytes += words * kWordBytes;
    }
    const Sram written = sram_of(program_->iterators[instruction.destination].space);
    events.of(written).writes += times.lanes;
    events.of(written).write_bytes += times.lanes * kWordBytes;
    events.of(traits.operation) += times.lanes;
    events.address_steps += times.count * static_cast<std::int64_t>(read.size() + 1);
  }
  events.simd_instructions = times.count * static_cast<std::int64_t>(nest.body.size());
  events.of(Sram::inst).reads = events.simd_instructions;
  events.of(Sram::inst).read_bytes = events.simd_instructions * kInstructionBytes;
  for (const isa::Namespace space : {isa::Namespace::obuf, isa::Namespace::vmem1, isa::Namespace::vmem2}) {
    const std::int64_t late = time.conflict[static_cast<std::size_t>(space)];
    events.of(sram_of(space)).conflicts = late * times.lanes / times.count;
  }
  return events;
}

}  // namespace systole
