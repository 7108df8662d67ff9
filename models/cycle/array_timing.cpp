#include "models/cycle/array_timing.h"

#include <algorithm>

#include "base/errors.h"
#include "base/units.h"

namespace systole {

void ArrayParameters::validate() const {
  check(rows > 0 && columns > 0, "systolic_array", "rows and columns must be positive");
  check(weight_bits > 0 && activation_bits > 0 && bias_bits > 0 && accumulator_bits > 0, "systolic_array",
        "widths must be positive");
  check(obuf_accumulate_latency > 0, "systolic_array", "obuf_accumulate_latency must be positive");
}

TileClasses classes_of(const isa::ArrayProgram& program) {
  TileClasses classes;
  classes.depend_on(program.start);
  classes.depend_on(program.rows.last);
  classes.depend_on(program.columns.last);
  for (const isa::ArrayLoop& loop : program.loops) classes.depend_on(loop.trip);
  return classes;
}

void ArrayTiming::start(const isa::ArrayProgram& program) {
  program_ = &program;
  known_.clear();
  classes_ = classes_of(program);
}

const ArrayTile& ArrayTiming::tile(const TileWalker& tile) {
  const std::uint32_t alike = classes_.of(tile);
  const auto known = known_.find(alike);
  return known != known_.end() ? known->second : known_.emplace(alike, compute(tile)).first->second;
}

ArrayTile ArrayTiming::compute(const TileWalker& tile) const {
  const bool starts = tile.holds(program_->start);
  const Work all = work(tile, false);
  const Work first = starts ? work(tile, true) : Work{0, 0, 0, 0};
  const std::int64_t skew = parameters_.rows - 1 + parameters_.columns - 1;
  ArrayTile result;
  // The last sum is in OBUF before the tile ends, also in an array too small to hide the adder.
  result.busy = all.vectors + std::max<std::int64_t>(skew, parameters_.obuf_accumulate_latency - 1);
  result.hazard = hazards(tile, starts);
  result.events = count(all, first);
  result.events.array_cycles = result.busy + result.hazard;
  return result;
}

/// A vector is an instruction that reads and writes its OBUF word; the first of a sum only writes it.
std::int64_t ArrayTiming::hazards(const TileWalker& tile, bool starts) const {
  TimedInstruction vector;
  vector.occupancy = 1;
  vector.result_delay = parameters_.obuf_accumulate_latency;
  vector.reads = 1;
  TimedNest nest;
  std::uint32_t reductions = 0;
  for (std::size_t loop = 0; loop < program_->loops.size(); ++loop) {
    const isa::ArrayLoop& self = program_->loops[loop];
    nest.trips.push_back(tile.trip(self.trip));
    vector.write.stride[loop] = self.obuf_stride;
    if (self.obuf_stride == 0) reductions |= 1U << loop;
  }
  vector.read[0] = vector.write;
  if (starts) vector.first_without_reads = reductions;
  if (starts && reductions == 0) vector.reads = 0;
  nest.body.push_back(vector);
  return NestTimer().run(nest).hazard;
}

/// Sums over all vectors, or over those where all reduction loops are at 0. A loop multiplies the sums by its
/// iterations, or by the lanes of its iterations where rows or columns are tied to it: all lanes, but in the last one
/// the number given.
ArrayTiming::Work ArrayTiming::work(const TileWalker& tile, bool only_first) const {
  const isa::Lanes& rows = program_->rows;
  const isa::Lanes& columns = program_->columns;
  Work sum;
  sum.rows = rows.loop == isa::kNoLoop ? tile.trip(rows.last) : 1;
  sum.columns = columns.loop == isa::kNoLoop ? tile.trip(columns.last) : 1;
  sum.macs = sum.rows * sum.columns;
  for (int loop = 0; loop < static_cast<int>(program_->loops.size()); ++loop) {
    const isa::ArrayLoop& self = program_->loops[static_cast<std::size_t>(loop)];
    const std::int64_t trips = tile.trip(self.trip);
    const std::int64_t taken = only_first && self.obuf_stride == 0 ? 1 : trips;
    const std::int64_t last = taken == trips ? 1 : 0;
    const std::int64_t whole = taken - last;
    const bool row_loop = rows.loop == loop;
    const bool column_loop = columns.loop == loop;
    const std::int64_t row = row_loop ? parameters_.rows : 1;
    const std::int64_t column = column_loop ? parameters_.columns : 1;
    const std::int64_t last_row = row_loop ? tile.trip(rows.last) : 1;
    const std::int64_t last_column = column_loop ? tile.trip(columns.last) : 1;
    sum.vectors *= taken;
    sum.rows *= whole * row + last * last_row;
    sum.columns *= whole * column + last * last_column;
    sum.macs *= whole * row * column + last * last_row * last_column;
  }
  return sum;
}

EventCounts ArrayTiming::count(const Work& all, const Work& first) const {
  EventCounts events;
  const std::int64_t accumulated = all.columns - first.columns;
  const std::int64_t biased = program_->bias ? first.columns : 0;
  const auto reads = [&](Sram memory, std::int64_t words, int bits) {
    events.of(memory).reads = words;
    events.of(memory).read_bytes = ceil_div(words * bits, 8);
  };
  events.macs = all.macs;
  events.psum_adds = accumulated + biased;
  events.address_steps = all.vectors * 4;  // IBUF, WBUF, OBUF and BBUF walkers
  reads(Sram::ibuf, all.rows, parameters_.activation_bits);
  reads(Sram::wbuf, all.macs, parameters_.weight_bits);
  reads(Sram::bbuf, biased, parameters_.bias_bits);
  reads(Sram::obuf, accumulated, parameters_.accumulator_bits);
  events.of(Sram::obuf).writes = all.columns;
  events.of(Sram::obuf).write_bytes = ceil_div(all.columns * parameters_.accumulator_bits, 8);
  return events;
}

}  // namespace systole
