#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "test/kernels/block_interpreter.h"

/// The array and the SIMD unit of the interpreter.
namespace systole::test {

namespace {

using isa::Buffer;
using isa::SimdOpcode;

constexpr int kForwardingDistance = 2;  ///< cycles after a result before it can be read (timing.md, section 6)

/// Calls `body` for every combination of the loop indices, the last one fastest.
template <std::size_t Max, typename Body>
void for_each_index(const std::vector<int>& counts, Body body) {
  std::array<int, Max> at{};
  for (const int n : counts) {
    if (n == 0) return;
  }
  while (true) {
    body(at);
    std::size_t l = counts.size();
    while (l > 0 && ++at[l - 1] == counts[l - 1]) at[--l] = 0;
    if (l == 0) return;
  }
}

Buffer buffer_of(isa::Namespace space) {
  if (space == isa::Namespace::obuf) return Buffer::obuf;
  return space == isa::Namespace::vmem1 ? Buffer::vmem1 : Buffer::vmem2;
}

double number(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

double sign_of(double a) {
  return a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0;
}

double integer(SimdOpcode opcode, double a, double b) {
  const auto i = static_cast<std::int32_t>(a);
  const auto j = static_cast<std::int32_t>(b);
  switch (opcode) {
    case SimdOpcode::shift_left:
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(i) << j);
    case SimdOpcode::shift_right:
      return i >> j;
    case SimdOpcode::bit_and:
      return i & j;
    case SimdOpcode::bit_or:
      return i | j;
    default:
      return i ^ j;
  }
}

double compute(SimdOpcode opcode, double d, double a, double b) {
  switch (opcode) {
    case SimdOpcode::add:
      return a + b;
    case SimdOpcode::sub:
      return a - b;
    case SimdOpcode::mul:
      return a * b;
    case SimdOpcode::mac:
      return d + a * b;
    case SimdOpcode::max:
      return std::max(a, b);
    case SimdOpcode::min:
      return std::min(a, b);
    case SimdOpcode::shift_left:
    case SimdOpcode::shift_right:
    case SimdOpcode::bit_and:
    case SimdOpcode::bit_or:
    case SimdOpcode::bit_xor:
      return integer(opcode, a, b);
    case SimdOpcode::move:
      return a;
    case SimdOpcode::conditional_move:
      return b != 0 ? a : d;
    case SimdOpcode::relu:
      return std::max(a, 0.0);
    case SimdOpcode::leaky_relu:
      return a < 0 ? a * b : a;
    case SimdOpcode::sigmoid:
      return 1 / (1 + std::exp(-a));
    case SimdOpcode::tanh:
      return std::tanh(a);
    case SimdOpcode::exp:
      return std::exp(a);
    case SimdOpcode::log:
      return std::log(a);
    case SimdOpcode::sqrt:
      return std::sqrt(a);
    case SimdOpcode::inverse_sqrt:
      return 1 / std::sqrt(a);
    case SimdOpcode::reciprocal:
      return 1 / a;
    case SimdOpcode::divide:
      return a / b;
    case SimdOpcode::floor:
      return std::floor(a);
    case SimdOpcode::absolute:
      return std::fabs(a);
    case SimdOpcode::negate:
      return -a;
    case SimdOpcode::sign:
      return sign_of(a);
    case SimdOpcode::equal:
      return a == b ? 1 : 0;
    case SimdOpcode::not_equal:
      return a != b ? 1 : 0;
    case SimdOpcode::greater:
      return a > b ? 1 : 0;
    case SimdOpcode::greater_equal:
      return a >= b ? 1 : 0;
    case SimdOpcode::less:
      return a < b ? 1 : 0;
    case SimdOpcode::less_equal:
      return a <= b ? 1 : 0;
    case SimdOpcode::cast:
      return std::clamp(std::nearbyint(a), -128.0, 127.0);
    case SimdOpcode::requantize:
      return std::nearbyint(std::ldexp(d * a, -static_cast<int>(b)));
  }
  throw std::logic_error("unknown opcode");
}

int latency(SimdOpcode opcode, const InterpreterMachine& machine) {
  switch (opcode) {
    case SimdOpcode::divide:
    case SimdOpcode::reciprocal:
      return machine.divide_latency;
    case SimdOpcode::exp:
      return machine.exponential_latency;
    case SimdOpcode::sqrt:
    case SimdOpcode::inverse_sqrt:
      return machine.inverse_sqrt_latency;
    default:
      return 1;
  }
}

bool reads_destination(SimdOpcode opcode) {
  return opcode == SimdOpcode::mac || opcode == SimdOpcode::conditional_move || opcode == SimdOpcode::requantize;
}

}  // namespace

void BlockInterpreter::run_array(const isa::TileIndex& index) {
  const isa::ArrayProgram& array = block_->array;
  if (!array.used) return;
  const auto base = [&](Buffer buffer) -> std::int64_t {
    for (int s = 0; s < isa::kMaxStreams; ++s) {
      const isa::Stream& stream = block_->streams[static_cast<std::size_t>(s)];
      const int current = states_[static_cast<std::size_t>(s)].current;
      if (stream.used && stream.buffer == buffer && current >= 0) return slot_base(s, current);
    }
    return 0;
  };
  const std::int64_t ibuf = base(Buffer::ibuf);
  const std::int64_t wbuf = base(Buffer::wbuf);
  const std::int64_t bbuf = base(Buffer::bbuf);
  const std::int64_t obuf = static_cast<std::int64_t>(output_ % array.output_depth) * array.output_pitch;
  const bool starts = holds(array.start, index);
  std::vector<int> counts;
  for (const isa::ArrayLoop& loop : array.loops) counts.push_back(count(loop.trip, index));
  const auto active = [&](const isa::Lanes& lanes, int all, const std::array<int, isa::kMaxArrayLoops>& at) {
    const auto loop = static_cast<std::size_t>(lanes.loop);
    const bool last = lanes.loop == isa::kNoLoop || at.at(loop) == counts.at(loop) - 1;
    return last ? count(lanes.last, index) : all;
  };
  for_each_index<isa::kMaxArrayLoops>(counts, [&](const std::array<int, isa::kMaxArrayLoops>& at) {
    std::int64_t i = 0;
    std::int64_t w = 0;
    std::int64_t o = obuf;
    std::int64_t b = 0;
    bool first = starts;
    for (std::size_t l = 0; l < counts.size(); ++l) {
      const isa::ArrayLoop& loop = array.loops[l];
      i += static_cast<std::int64_t>(loop.ibuf_stride) * at[l];
      w += static_cast<std::int64_t>(loop.wbuf_stride) * at[l];
      o += static_cast<std::int64_t>(loop.obuf_stride) * at[l];
      b += static_cast<std::int64_t>(loop.bbuf_stride) * at[l];
      first = first && (loop.obuf_stride != 0 || at[l] == 0);
    }
    const int rows = active(array.rows, machine_.rows, at);
    const int columns = active(array.columns, machine_.columns, at);
    for (int c = 0; c < columns; ++c) {
      double sum = !first       ? read(Buffer::obuf, o * machine_.columns + c)
                   : array.bias ? read(Buffer::bbuf, bbuf + b * machine_.columns + c)
                                : 0.0;
      for (int r = 0; r < rows; ++r) {
        const std::int64_t weight = wbuf + w * machine_.rows * machine_.columns + r * machine_.columns + c;
        sum += read(Buffer::ibuf, ibuf + i * machine_.rows + r) * read(Buffer::wbuf, weight);
      }
      cell(Buffer::obuf, o * machine_.columns + c) = sum;
    }
    macs += static_cast<std::int64_t>(rows) * columns;
  });
}

void BlockInterpreter::run_simd(const isa::TileIndex& index) {
  if (!block_->simd.used) return;
  ready_.clear();
  for (const isa::Nest& nest : block_->simd.nests) {
    if (!holds(nest.when, index)) continue;
    std::vector<int> counts;
    for (const isa::Trip& trip : nest.loops) counts.push_back(count(trip, index));
    for_each_index<isa::kMaxSimdLoops>(counts, [&](const std::array<int, isa::kMaxSimdLoops>& at) {
      const auto loop = static_cast<std::size_t>(nest.lanes.loop);
      const bool last = nest.lanes.loop == isa::kNoLoop || at.at(loop) == counts.at(loop) - 1;
      const int lanes = last ? count(nest.lanes.last, index) : machine_.columns;
      for (const isa::SimdInstruction& instruction : nest.body) execute(instruction, at, lanes);
    });
  }
}

std::int64_t BlockInterpreter::word_address(const isa::Iterator& iterator,
                                            const std::array<int, isa::kMaxSimdLoops>& at) const {
  if (!iterator.used) throw std::logic_error("an instruction names an unused iterator");
  std::int64_t word = iterator.base;
  for (std::size_t l = 0; l < at.size(); ++l) word += static_cast<std::int64_t>(iterator.stride[l]) * at[l];
  if (iterator.space == isa::Namespace::obuf && block_->array.used) {
    return word + static_cast<std::int64_t>(output_ % block_->array.output_depth) * block_->array.output_pitch;
  }
  if (iterator.stream == isa::kNoStream || iterator.space == isa::Namespace::imm) return word;
  const int current = states_.at(static_cast<std::size_t>(iterator.stream)).current;
  if (current < 0) throw std::logic_error("an iterator addresses a stream that has no generation at this tile");
  const std::int64_t base = slot_base(iterator.stream, current);
  if (base % machine_.columns != 0) throw std::logic_error("a slot does not begin at a word");
  return word + base / machine_.columns;
}

void BlockInterpreter::execute(const isa::SimdInstruction& instruction, const std::array<int, isa::kMaxSimdLoops>& at,
                               int lanes) {
  const std::array<std::uint8_t, 3> numbers = {instruction.destination, instruction.source1, instruction.source2};
  std::array<const isa::Iterator*, 3> iterators{};
  std::array<std::int64_t, 3> words{};
  for (std::size_t i = 0; i < 3; ++i) {
    iterators[i] = &block_->simd.iterators.at(numbers[i]);
    words[i] = word_address(*iterators[i], at);
  }
  const auto operand = [&](std::size_t i, int lane) {
    if (iterators[i]->space == isa::Namespace::imm) {
      return number(block_->simd.immediates.at(static_cast<std::size_t>(words[i])));
    }
    return read(buffer_of(iterators[i]->space), words[i] * machine_.columns + lane);
  };
  if (iterators[0]->space == isa::Namespace::imm) throw std::logic_error("an instruction writes to IMM");
  for (int lane = 0; lane < lanes; ++lane) {
    const double d = reads_destination(instruction.opcode) ? operand(0, lane) : 0.0;
    const double result = compute(instruction.opcode, d, operand(1, lane), operand(2, lane));
    cell(buffer_of(iterators[0]->space), words[0] * machine_.columns + lane) = result;
  }
  issue(instruction, words);
}

void BlockInterpreter::issue(const isa::SimdInstruction& instruction, const std::array<std::int64_t, 3>& words) {
  const std::array<std::uint8_t, 3> numbers = {instruction.destination, instruction.source1, instruction.source2};
  std::vector<std::pair<int, std::int64_t>> reads;
  for (std::size_t i = reads_destination(instruction.opcode) ? 0 : 1; i < 3; ++i) {
    const isa::Namespace space = block_->simd.iterators[numbers[i]].space;
    const std::pair<int, std::int64_t> word = {static_cast<int>(space), words[i]};
    if (space != isa::Namespace::imm && std::count(reads.begin(), reads.end(), word) == 0) reads.push_back(word);
  }
  std::int64_t start = issue_cycles;
  std::int64_t conflicts = 0;
  for (std::size_t r = 0; r < reads.size(); ++r) {
    if (const auto written = ready_.find(reads[r]); written != ready_.end()) start = std::max(start, written->second);
    std::int64_t same = 0;
    for (std::size_t other = 0; other < r; ++other) same += reads[other].first == reads[r].first ? 1 : 0;
    conflicts += same > 0 ? 1 : 0;
  }
  hazard_cycles += start - issue_cycles;
  issue_cycles = start + latency(instruction.opcode, machine_) + conflicts;
  const auto space = static_cast<int>(block_->simd.iterators[numbers[0]].space);
  ready_[{space, words[0]}] = issue_cycles + kForwardingDistance;
  ++instructions;
}

}  // namespace systole::test
