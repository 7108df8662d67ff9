#include "models/cycle/lockstep/simd_vectors.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "models/cycle/simd_opcodes.h"
#include "models/cycle/values/lane_functions.h"

namespace systole {

namespace {

constexpr int kStages = 6;        // fetch, decode, address generation, read, execute, write back
constexpr int kNoForwarding = 2;  // cycles from the end of execution until the word can be read
constexpr int kImmediateSpace = 3;

/// Namespace and word.
using Place = std::pair<int, std::int64_t>;

/// An instruction with the addresses of one iteration.
struct Step {
  isa::SimdOpcode opcode = isa::SimdOpcode::move;
  Place destination, source1, source2;
  int lanes = 0;
};

template <typename Take>
void for_each_nest(const isa::SimdProgram& program, const TileWalker& tile, Take take) {
  for (const isa::Nest& nest : program.nests) {
    if (!nest.body.empty() && tile.holds(nest.when)) take(nest);
  }
}

template <typename Take>
void for_each_step(int all_lanes, const RtlSimdTile& tile, Take take) {
  for (const RtlSimdTile::Nest& nest : tile.nests) {
    std::vector<std::int32_t> index(nest.counts.size(), 0);
    const auto place = [&](std::uint32_t number) {
      const RtlSimdTile::Iterator& iterator = tile.iterators[number & 31U];
      std::int64_t word = iterator.base;
      for (std::size_t l = 0; l < index.size(); ++l) word += std::int64_t{iterator.stride[l]} * index[l];
      return Place{iterator.space, word};
    };
    for (bool more = true; more;) {
      const bool tail = nest.lane_loop < 0 || index[static_cast<std::size_t>(nest.lane_loop)] + 1 ==
                                                  nest.counts[static_cast<std::size_t>(nest.lane_loop)];
      for (const std::uint32_t word : nest.body) {
        take(Step{static_cast<isa::SimdOpcode>(word >> 15), place(word >> 10), place(word >> 5), place(word),
                  tail ? nest.lanes : all_lanes});
      }
      more = false;
      for (std::size_t l = index.size(); l-- > 0 && !more;) {
        more = ++index[l] < nest.counts[l];
        if (!more) index[l] = 0;
      }
    }
  }
}

RtlSimdTile program_of(const isa::SimdProgram& program, const TileWalker& tile, const SimdBases& bases) {
  RtlSimdTile result;
  result.immediates = program.immediates;
  for_each_nest(program, tile, [&](const isa::Nest& nest) {
    RtlSimdTile::Nest made;
    for (const isa::Trip& trip : nest.loops) made.counts.push_back(tile.trip(trip));
    made.lane_loop = nest.lanes.loop;
    made.lanes = tile.trip(nest.lanes.last);
    for (const isa::SimdInstruction& each : nest.body) {
      made.body.push_back(static_cast<std::uint32_t>(each.opcode) << 15 | std::uint32_t{each.destination} << 10 |
                          std::uint32_t{each.source1} << 5 | each.source2);
    }
    result.nests.push_back(std::move(made));
  });
  const auto used = used_iterators(program, tile);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const isa::Iterator& iterator = program.iterators[i];
    RtlSimdTile::Iterator made;
    if (used[i]) made = {iterator.stride, static_cast<int>(iterator.space), bases[i]};
    result.iterators.push_back(made);
  }
  return result;
}

/// The different places that an instruction reads.
std::set<Place> reads_of(const Step& step) {
  const SimdOpcodeTraits traits = traits_of(step.opcode);
  std::set<Place> reads{step.source1};
  if (traits.reads_source2) reads.insert(step.source2);
  if (traits.reads_destination) reads.insert(step.destination);
  return reads;
}

int latency_of(isa::SimdOpcode opcode, const SimdParameters& parameters) {
  return traits_of(opcode).latency == SimdLatency::divide ? parameters.divide_latency : 1;
}

/// When instructions issue: one after the other, later for operands that are not there and for taken read ports.
class Pipeline {
 public:
  /// The cycle in which the step's result is written by lane 0.
  std::int64_t write_back(const Step& step, const SimdParameters& parameters) {
    std::array<int, kImmediateSpace + 1> words{};
    std::int64_t issue = free_;
    std::int64_t occupancy = latency_of(step.opcode, parameters);
    for (const Place& read : reads_of(step)) {
      const auto pending = readable_.find(read);
      if (pending != readable_.end()) issue = std::max(issue, pending->second);
      if (read.first != kImmediateSpace && ++words[static_cast<std::size_t>(read.first)] > 1) ++occupancy;
    }
    free_ = issue + occupancy;
    readable_[step.destination] = free_ + kNoForwarding;
    return free_ + kStages - 2;
  }
  /// Cycles until the pipeline is free for the next instruction.
  [[nodiscard]] std::int64_t free() const { return free_; }

 private:
  std::int64_t free_ = 0;
  std::map<Place, std::int64_t> readable_;
};

}  // namespace

bool needs_real_numbers(const isa::SimdProgram& program, const TileWalker& tile) {
  bool real = false;
  for_each_nest(program, tile, [&](const isa::Nest& nest) {
    for (const isa::SimdInstruction& each : nest.body) real = real || !on_integers(each.opcode);
  });
  return real;
}

std::array<bool, isa::kMaxIterators> used_iterators(const isa::SimdProgram& program, const TileWalker& tile) {
  std::array<bool, isa::kMaxIterators> used{};
  for_each_nest(program, tile, [&](const isa::Nest& nest) {
    for (const isa::SimdInstruction& each : nest.body) {
      used.at(each.destination) = used.at(each.source1) = true;
      if (traits_of(each.opcode).reads_source2) used.at(each.source2) = true;
    }
  });
  return used;
}

ExpandedTile simd_vectors(const SimdParameters& parameters, int activation_bits, const isa::SimdProgram& program,
                          const TileWalker& tile, const SimdBases& bases, RandomWords& random) {
  ExpandedTile expanded;
  RtlTile& result = expanded.tile;
  result.unit = RtlUnit::simd_unit;
  result.simd = program_of(program, tile, bases);
  constexpr std::array<RtlMemory, kImmediateSpace> kMemoryOf = {RtlMemory::obuf, RtlMemory::vmem1, RtlMemory::vmem2};
  const auto memory = [&](int space) -> WordMemory& {
    return expanded.after[static_cast<std::size_t>(kMemoryOf[static_cast<std::size_t>(space)])];
  };
  for (int space = 0; space < kImmediateSpace; ++space) memory(space) = WordMemory(parameters.lanes);
  for_each_step(parameters.lanes, result.simd, [&](const Step& step) {
    memory(step.destination.first).use(step.destination.second);
    for (const Place& read : reads_of(step)) {
      if (read.first != kImmediateSpace) memory(read.first).use(read.second);
    }
  });
  for (WordMemory& each : expanded.after) each.fill([&] { return random.mixed(); });
  for (std::size_t m = 0; m < expanded.after.size(); ++m) result.images[m] = expanded.after[m].image();

  Pipeline pipeline;
  const auto operand = [&](const Place& place, std::vector<std::int32_t>& copies) -> const std::int32_t* {
    if (place.first != kImmediateSpace) return memory(place.first).at(place.second);
    const auto value = static_cast<std::int32_t>(result.simd.immediates.at(static_cast<std::size_t>(place.second)));
    copies.assign(static_cast<std::size_t>(parameters.lanes), value);
    return copies.data();
  };
  std::vector<std::int32_t> copies1;
  std::vector<std::int32_t> copies2;
  for_each_step(parameters.lanes, result.simd, [&](const Step& step) {
    const std::int32_t* const source1 = operand(step.source1, copies1);
    const std::int32_t* const source2 = traits_of(step.opcode).reads_source2 ? operand(step.source2, copies2) : source1;
    std::int32_t* const destination = memory(step.destination.first).at(step.destination.second);
    compute_lanes(step.opcode, destination, source1, source2, step.lanes, activation_bits);
    result.results.push_back({pipeline.write_back(step, parameters),
                              kMemoryOf[static_cast<std::size_t>(step.destination.first)],
                              step.destination.second,
                              {destination, destination + step.lanes}});
  });
  if (!result.results.empty()) result.cycles = pipeline.free() + kStages - 1 + parameters.lanes - 1;
  return expanded;
}

}  // namespace systole
