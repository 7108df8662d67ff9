#include <algorithm>
#include <cstdlib>

#include "isa/validate_parts.h"

namespace systole::isa {

namespace {

constexpr std::size_t index_of(int number) {
  return static_cast<std::size_t>(number);
}

/// The one load stream that the array reads a buffer through; -1 and a fault when there is none, or more than one.
int array_stream(const Context& context, Buffer buffer) {
  int found = kNoStream;
  int streams = 0;
  for (int s = 0; s < kMaxStreams; ++s) {
    const Stream& stream = context.block.streams[index_of(s)];
    if (!stream.used || stream.buffer != buffer || stream.direction != Direction::load) continue;
    found = s;
    ++streams;
  }
  if (streams == 1) return found;
  context.faults.add("array", "{} streams load {}, it reads exactly one", streams, name_of(buffer));
  return kNoStream;
}

/// The words of a buffer that the array reads, in every slot of the stream.
void array_reads(const Context& context, Buffer buffer, const std::vector<Term>& terms) {
  const int number = array_stream(context, buffer);
  if (number == kNoStream) return;
  const Stream& stream = context.block.streams[index_of(number)];
  const std::int64_t word = word_elements(buffer, context.target);
  if (stream.on_chip_base % word != 0 || (stream.depth > 1 && stream.slot_pitch % word != 0)) {
    context.faults.add("array", "the slots of {} do not begin at whole words of {} elements",
                       name_of_stream(context.block, number), word);
    return;
  }
  const Extent words = all_slots(extent_of(stream.on_chip_base / word, terms), stream.depth, stream.slot_pitch / word);
  context.inside(words, capacity(buffer, context.target) / word, "array", fmt::format("word of {}", name_of(buffer)));
}

/// The rules of the SIMD unit's program.
class SimdRules {
 public:
  explicit SimdRules(const Context& context) : context_(context), simd_(context.block.simd), faults_(context.faults) {}

  void check() {
    if (simd_.reads_obuf) obuf();
    const std::int64_t imm_words = std::min<std::int64_t>(context_.target.imm_words(), kMaxImmediates);
    if (static_cast<std::int64_t>(simd_.immediates.size()) > imm_words) {
      faults_.add("simd", "{} IMM words, at most {}", simd_.immediates.size(), imm_words);
    }
    if (simd_.nests.size() > kMaxNests) faults_.add("simd", "{} nests, at most {}", simd_.nests.size(), kMaxNests);
    for (int i = 0; i < kMaxIterators; ++i) {
      if (simd_.iterators[index_of(i)].used) usable_[index_of(i)] = iterator(i);
    }
    for (std::size_t n = 0; n < simd_.nests.size(); ++n) nest(simd_.nests[n], fmt::format("nest {}", n));
  }

 private:
  void obuf() {
    if (!context_.block.array.used) return faults_.add("simd", "reads OBUF, but the array has no work in this block");
    context_.condition(simd_.obuf_when, context_.block.array.output_loop, "simd LOCK_NAMESPACE");
  }

  bool iterator(int number) {
    const Iterator& it = simd_.iterators[index_of(number)];
    const std::string where = fmt::format("iterator {}", number);
    if (it.space == Namespace::obuf && context_.block.array.used && !simd_.reads_obuf) {
      faults_.add(where, "addresses OBUF, which the unit does not lock");
      return false;
    }
    if (it.stream == kNoStream) return true;
    if (it.stream < 0 || it.stream >= kMaxStreams) {
      faults_.add(where, "names stream {}, there are {}", it.stream, kMaxStreams);
      return false;
    }
    const Stream& stream = context_.block.streams[index_of(it.stream)];
    const Buffer buffer = it.space == Namespace::vmem1 ? Buffer::vmem1 : Buffer::vmem2;
    const bool vmem = it.space == Namespace::vmem1 || it.space == Namespace::vmem2;
    if (!vmem || !stream.used || stream.buffer != buffer || stream.from != kNoStream) {
      faults_.add(where, "names stream {}, which fills or drains no slots of its namespace", it.stream);
      return false;
    }
    const std::int64_t word = context_.target.columns();
    if (stream.on_chip_base % word == 0 && (stream.depth == 1 || stream.slot_pitch % word == 0)) return true;
    faults_.add(where, "the slots of {} do not begin at whole words of {} elements",
                name_of_stream(context_.block, it.stream), word);
    return false;
  }

  void nest(const Nest& nest, const std::string& where) {
    bool sound = context_.condition(nest.when, context_.last_loop(), where);
    if (nest.loops.size() > kMaxSimdLoops || nest.body.size() > kMaxSimdWords) {
      return faults_.add(where, "{} loops and {} instructions, at most {} and {}", nest.loops.size(), nest.body.size(),
                         kMaxSimdLoops, kMaxSimdWords);
    }
    for (std::size_t l = 0; l < nest.loops.size(); ++l) {
      sound = context_.trip(nest.loops[l], context_.last_loop(), where, fmt::format("loop {}", l)) && sound;
    }
    context_.lanes(nest.lanes, nest.loops.size(), context_.target.columns(), where, "lanes");
    for (std::size_t i = 0; sound && i < nest.body.size(); ++i) {
      const SimdInstruction& instruction = nest.body[i];
      const std::string at = fmt::format("{}, instruction {}", where, i);
      operand(nest, instruction.destination, at);
      const bool declared = instruction.destination < kMaxIterators;
      if (declared && simd_.iterators[instruction.destination].space == Namespace::imm)
        faults_.add(at, "writes to IMM");
      operand(nest, instruction.source1, at);
      if (reads_second(instruction.opcode)) operand(nest, instruction.source2, at);
    }
  }

  static bool reads_second(SimdOpcode opcode) {
    if (opcode < SimdOpcode::relu) return opcode != SimdOpcode::move;
    if (opcode >= SimdOpcode::equal) return opcode != SimdOpcode::cast;
    return opcode == SimdOpcode::leaky_relu || opcode == SimdOpcode::divide;
  }

  void operand(const Nest& nest, int number, const std::string& where) {
    if (number >= kMaxIterators || !simd_.iterators[index_of(number)].used) {
      return faults_.add(where, "iterator {} is not declared", number);
    }
    const Iterator& it = simd_.iterators[index_of(number)];
    if (!usable_[index_of(number)]) return;
    std::vector<Term> terms;
    for (std::size_t l = 0; l < nest.loops.size(); ++l) terms.push_back({largest(nest.loops[l]), it.stride[l]});
    const std::string what = fmt::format("word (iterator {}) of", number);
    const Target& target = context_.target;
    if (it.space == Namespace::imm) {
      context_.inside(extent_of(it.base, terms), static_cast<std::int64_t>(simd_.immediates.size()), where,
                      what + " imm");
    } else if (it.space == Namespace::obuf) {
      const ArrayProgram& array = context_.block.array;
      const Extent one = extent_of(it.base, terms);
      context_.inside(array.used ? all_slots(one, array.output_depth, array.output_pitch) : one,
                      2 * target.obuf_half_words(), where, what + " obuf");
    } else {
      Extent words = extent_of(it.base, terms);
      if (it.stream != kNoStream) {
        const Stream& stream = context_.block.streams[index_of(it.stream)];
        words = all_slots(extent_of(it.base + stream.on_chip_base / target.columns(), terms), stream.depth,
                          stream.slot_pitch / target.columns());
      }
      context_.inside(words, target.vmem_words(), where, what + (it.space == Namespace::vmem1 ? " vmem1" : " vmem2"));
    }
  }

  const Context& context_;
  const SimdProgram& simd_;
  Faults& faults_;
  std::array<bool, kMaxIterators> usable_{};
};

}  // namespace

void validate_array(const Context& context) {
  const ArrayProgram& array = context.block.array;
  const Target& target = context.target;
  if (array.loops.size() > kMaxArrayLoops) {
    return context.faults.add("array", "{} loops, at most {}", array.loops.size(), kMaxArrayLoops);
  }
  bool sound = context.loop(array.output_loop, context.last_loop(), "array", "output_loop");
  context.condition(array.start, context.last_loop(), "array");
  for (std::size_t l = 0; l < array.loops.size(); ++l) {
    sound = context.trip(array.loops[l].trip, context.last_loop(), "array", fmt::format("loop {}", l)) && sound;
  }
  context.lanes(array.rows, array.loops.size(), target.rows(), "array", "rows");
  context.lanes(array.columns, array.loops.size(), target.columns(), "array", "columns");
  if (!sound) return;

  const auto terms = [&](std::int32_t ArrayLoop::*stride) {
    std::vector<Term> all;
    for (const ArrayLoop& loop : array.loops) all.push_back({largest(loop.trip), loop.*stride});
    return all;
  };
  array_reads(context, Buffer::ibuf, terms(&ArrayLoop::ibuf_stride));
  array_reads(context, Buffer::wbuf, terms(&ArrayLoop::wbuf_stride));
  if (array.bias) array_reads(context, Buffer::bbuf, terms(&ArrayLoop::bbuf_stride));
  const Extent output = extent_of(0, terms(&ArrayLoop::obuf_stride));
  if (array.output_depth < 1) return context.faults.add("array", "no OBUF slot");
  const Extent slots = all_slots(output, array.output_depth, array.output_pitch);
  if (context.inside(slots, 2 * target.obuf_half_words(), "array", "word of obuf") && array.output_depth > 1 &&
      std::abs(array.output_pitch) < output.high - output.low) {
    context.faults.add("array", "OBUF slots of {} words lie {} apart, so they overlap", output.high - output.low,
                       array.output_pitch);
  }
}

void validate_simd(const Context& context) {
  SimdRules(context).check();
}

}  // namespace systole::isa
