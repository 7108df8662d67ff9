#include "models/analytical/systole/units.h"

#include <algorithm>

namespace systole::analytical {

namespace {

constexpr std::int64_t kSimdStages = 6;
constexpr std::int64_t kReadAfterWrite = 2;  ///< cycles beyond the latency until a result can be read

bool reads_second_source(isa::SimdOpcode opcode) {
  using Op = isa::SimdOpcode;
  switch (opcode) {
    case Op::move:
    case Op::relu:
    case Op::sigmoid:
    case Op::tanh:
    case Op::exp:
    case Op::log:
    case Op::sqrt:
    case Op::inverse_sqrt:
    case Op::reciprocal:
    case Op::floor:
    case Op::absolute:
    case Op::negate:
    case Op::sign:
    case Op::cast:
      return false;
    default:
      return true;
  }
}

bool reads_destination(isa::SimdOpcode opcode) {
  return opcode == isa::SimdOpcode::mac || opcode == isa::SimdOpcode::conditional_move ||
         opcode == isa::SimdOpcode::requantize;
}

/// Sum of active lanes over the iterations of the loop that they are tied to.
double lane_sum(double iterations, double all, double last) {
  return (iterations - 1) * all + last;
}

}  // namespace

ArrayModel::ArrayModel(const isa::ArrayProgram& program, const MachineModel& machine)
    : program_(program), machine_(machine) {
  classes_.depend_on(program.start);
  classes_.depend_on(program.rows.last);
  classes_.depend_on(program.columns.last);
  for (const isa::ArrayLoop& loop : program.loops) classes_.depend_on(loop.trip);
}

const ArrayTile& ArrayModel::at(const TilePosition& tile) {
  const std::uint32_t alike = classes_.of(tile);
  const auto known = known_.find(alike);
  return known != known_.end() ? known->second : known_.emplace(alike, compute(tile)).first->second;
}

ArrayTile ArrayModel::compute(const TilePosition& tile) const {
  const bool starts = tile.holds(program_.start);
  const Work all = work(tile, false);
  const Work first = starts ? work(tile, true) : Work{0, 0, 0, 0};
  ArrayTile result;
  const std::int64_t skew = std::max(machine_.rows - 1 + machine_.columns - 1, machine_.accumulate_latency - 1);
  result.busy = all.vectors + static_cast<double>(skew);
  result.hazard = hazards(tile, starts);
  result.macs = all.macs;
  result.ibuf_reads = all.rows;
  result.bbuf_reads = program_.bias ? first.columns : 0;
  result.obuf_reads = all.columns - first.columns;
  result.obuf_writes = all.columns;
  return result;
}

ArrayModel::Work ArrayModel::work(const TilePosition& tile, bool starts_only) const {
  const auto last_rows = static_cast<double>(tile.trip(program_.rows.last));
  const auto last_columns = static_cast<double>(tile.trip(program_.columns.last));
  const auto all_rows = static_cast<double>(machine_.rows);
  const auto all_columns = static_cast<double>(machine_.columns);
  Work sum;
  if (program_.rows.loop == isa::kNoLoop) sum.rows = last_rows;
  if (program_.columns.loop == isa::kNoLoop) sum.columns = last_columns;
  sum.macs = sum.rows * sum.columns;
  for (std::size_t i = 0; i < program_.loops.size(); ++i) {
    const isa::ArrayLoop& loop = program_.loops[i];
    const bool row_loop = program_.rows.loop == static_cast<int>(i);
    const bool column_loop = program_.columns.loop == static_cast<int>(i);
    const auto trips = static_cast<double>(tile.trip(loop.trip));
    if (starts_only && loop.obuf_stride == 0) {  // only its iteration 0, which may also be its last
      if (row_loop) sum.rows *= trips > 1 ? all_rows : last_rows;
      if (column_loop) sum.columns *= trips > 1 ? all_columns : last_columns;
      continue;
    }
    sum.vectors *= trips;
    sum.rows *= row_loop ? lane_sum(trips, all_rows, last_rows) : trips;
    sum.columns *= column_loop ? lane_sum(trips, all_columns, last_columns) : trips;
    const double all = (row_loop ? all_rows : 1) * (column_loop ? all_columns : 1);
    const double last = (row_loop ? last_rows : 1) * (column_loop ? last_columns : 1);
    sum.macs *= lane_sum(trips, all, last);
  }
  return sum;
}

/// Do two vectors that follow one another have the same OBUF word? From one to the next a loop goes on and all inside
/// it begin again.
bool ArrayModel::repeats_word(const TilePosition& tile) const {
  std::int64_t back = 0;
  for (auto loop = program_.loops.rbegin(); loop != program_.loops.rend(); ++loop) {
    const std::int64_t trips = tile.trip(loop->trip);
    if (trips > 1 && loop->obuf_stride == back) return true;
    back += (trips - 1) * loop->obuf_stride;
  }
  return false;
}

/// A vector reads and writes its OBUF word; the first of a sum only writes it.
double ArrayModel::hazards(const TilePosition& tile, bool starts) const {
  constexpr std::int64_t kNextButOne = 2;  // cycles: the vector after the next finds the word written
  if (machine_.accumulate_latency <= kNextButOne && !repeats_word(tile)) return 0;
  Instruction vector;
  vector.delay = machine_.accumulate_latency;
  vector.reads = 1;
  std::vector<std::int64_t> trips;
  std::uint32_t reductions = 0;
  for (std::size_t i = 0; i < program_.loops.size(); ++i) {
    const isa::ArrayLoop& loop = program_.loops[i];
    trips.push_back(tile.trip(loop.trip));
    vector.write.stride[i] = loop.obuf_stride;
    if (loop.obuf_stride == 0) reductions |= 1U << i;
  }
  vector.read[0] = vector.write;
  if (starts) vector.no_reads_while_first = reductions;
  if (starts && reductions == 0) vector.reads = 0;
  return IssueModel().run(trips, {vector}).hazard;
}

SimdModel::SimdModel(const isa::SimdProgram& program, const MachineModel& machine)
    : program_(program), machine_(machine) {
  for (const isa::Nest& nest : program.nests) {
    classes_.depend_on(nest.when);
    classes_.depend_on(nest.lanes.last);
    for (const isa::Trip& trip : nest.loops) classes_.depend_on(trip);
  }
}

const SimdTile& SimdModel::at(const TilePosition& tile) {
  const std::uint32_t alike = classes_.of(tile);
  const auto known = known_.find(alike);
  return known != known_.end() ? known->second : known_.emplace(alike, compute(tile)).first->second;
}

SimdTile SimdModel::compute(const TilePosition& tile) const {
  SimdTile result;
  IssueModel pipeline;
  for (std::size_t n = 0; n < program_.nests.size(); ++n) {
    const isa::Nest& nest = program_.nests[n];
    if (nest.body.empty() || !tile.holds(nest.when)) continue;
    std::vector<std::int64_t> trips;
    for (const isa::Trip& trip : nest.loops) trips.push_back(tile.trip(trip));
    std::vector<Instruction> body;
    for (const isa::SimdInstruction& each : nest.body) body.push_back(instruction(each));
    NestTile nest_tile;
    nest_tile.nest = static_cast<int>(n);
    nest_tile.issue = pipeline.run(trips, body);
    count(nest, tile, nest_tile);
    result.nests.push_back(nest_tile);
  }
  if (!result.nests.empty()) result.fill = static_cast<double>(kSimdStages - 1 + machine_.columns - 1);
  return result;
}

void SimdModel::count(const isa::Nest& nest, const TilePosition& tile, NestTile& result) const {
  const auto last = static_cast<double>(tile.trip(nest.lanes.last));
  double iterations = 1;
  double lanes = nest.lanes.loop == isa::kNoLoop ? last : 1;
  for (std::size_t i = 0; i < nest.loops.size(); ++i) {
    const auto trips = static_cast<double>(tile.trip(nest.loops[i]));
    iterations *= trips;
    const bool tied = nest.lanes.loop == static_cast<int>(i);
    lanes *= tied ? lane_sum(trips, static_cast<double>(machine_.columns), last) : trips;
  }
  const auto space_of = [&](std::uint8_t iterator) {
    return static_cast<std::size_t>(program_.iterators[iterator].space);
  };
  for (const isa::SimdInstruction& each : nest.body) {
    std::vector<std::uint8_t> read{each.source1};
    const auto add = [&](std::uint8_t iterator) {
      if (std::find(read.begin(), read.end(), iterator) == read.end()) read.push_back(iterator);
    };
    if (reads_second_source(each.opcode)) add(each.source2);
    if (reads_destination(each.opcode)) add(each.destination);
    for (const std::uint8_t iterator : read) {
      const bool shared = program_.iterators[iterator].space == isa::Namespace::imm;  // one value for all lanes
      result.reads[space_of(iterator)] += shared ? iterations : lanes;
    }
    result.writes[space_of(each.destination)] += lanes;
    result.operations += lanes;
  }
}

Instruction SimdModel::instruction(const isa::SimdInstruction& instruction) const {
  Instruction result;
  result.latency = latency(instruction.opcode);
  result.delay = result.latency + (machine_.simd_hazards ? kReadAfterWrite : 0);
  result.write = operand(instruction.destination);
  const auto read = [&](std::uint8_t iterator) {
    result.read[static_cast<std::size_t>(result.reads++)] = operand(iterator);
  };
  read(instruction.source1);
  if (reads_second_source(instruction.opcode)) read(instruction.source2);
  if (reads_destination(instruction.opcode)) read(instruction.destination);
  return result;
}

/// Slots of different streams lie apart, and apart from fixed places.
Operand SimdModel::operand(std::uint8_t iterator) const {
  const isa::Iterator& self = program_.iterators[iterator];
  Operand result;
  const int space = static_cast<int>(self.space);
  result.region = space * (isa::kMaxStreams + 1) + self.stream + 1;
  result.space = self.space == isa::Namespace::imm || !machine_.bank_conflicts ? kFreePorts : space;
  result.address = self.base;
  std::copy(self.stride.begin(), self.stride.end(), result.stride.begin());
  return result;
}

std::int64_t SimdModel::latency(isa::SimdOpcode opcode) const {
  using Op = isa::SimdOpcode;
  switch (opcode) {
    case Op::exp:
      return machine_.exponential_latency;
    case Op::sqrt:
    case Op::inverse_sqrt:
      return machine_.inverse_sqrt_latency;
    case Op::reciprocal:
    case Op::divide:
      return machine_.divide_latency;
    default:
      return 1;
  }
}

}  // namespace systole::analytical
