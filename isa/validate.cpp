#include "isa/validate.h"

#include <algorithm>

#include "isa/decoder.h"
#include "isa/program.h"
#include "isa/validate_parts.h"

namespace systole::isa {

bool Context::loop(int loop, int scope, const std::string& where, const char* what) const {
  if (loop >= kNoLoop && loop <= std::min(scope, last_loop())) return true;
  if (loop > last_loop() || loop < kNoLoop) {
    faults.add(where, "{} names tile loop {}, the block has {}", what, loop, block.tile_loops.size());
  } else {
    faults.add(where, "{} names tile loop {}, which lies inside the scope {}", what, loop, scope);
  }
  return false;
}

bool Context::trip(const Trip& trip, int scope, const std::string& where, const std::string& what) const {
  bool right = loop(trip.tail_loop, scope, where, ("the tail of " + what).c_str());
  const std::int32_t least = trip.tail_loop == kNoLoop ? trip.count : std::min(trip.count, trip.tail);
  if (least < 1) {
    faults.add(where, "{} counts {}, the least is 1", what, least);
    right = false;
  }
  return right;
}

bool Context::condition(const Condition& condition, int scope, const std::string& where) const {
  if (condition.kind == Condition::Kind::always) return true;
  bool right = true;
  for (int l = 0; l < kMaxTileLoops; ++l) {
    if ((condition.mask >> l & 1) != 0) right = loop(l, scope, where, "the condition") && right;
  }
  return right;
}

bool Context::lanes(const Lanes& lanes, std::size_t loops, std::int64_t available, const std::string& where,
                    const char* what) const {
  bool right = trip(lanes.last, last_loop(), where, fmt::format("the number of active {}", what));
  if (largest(lanes.last) > available) {
    faults.add(where, "{} active {}, the machine has {}", largest(lanes.last), what, available);
    right = false;
  }
  if (lanes.loop < kNoLoop || lanes.loop >= static_cast<int>(loops)) {
    faults.add(where, "the number of active {} names loop {}, there are {}", what, lanes.loop, loops);
    right = false;
  }
  return right;
}

bool Context::inside(const Extent& extent, std::int64_t room, const std::string& where, const std::string& what) const {
  if (extent.low >= 0 && extent.high <= room) return true;
  faults.add(where, "reaches {} {}..{}, there are {}", what, extent.low, extent.high - 1, room);
  return false;
}

const char* name_of(Buffer buffer) {
  constexpr std::array<const char*, 6> names{"wbuf", "bbuf", "ibuf", "obuf", "vmem1", "vmem2"};
  return names.at(static_cast<std::size_t>(buffer));
}

std::string name_of_stream(const Block& block, int number) {
  const Stream& stream = block.streams.at(static_cast<std::size_t>(number));
  return fmt::format("stream {} ({} {})", number, stream.direction == Direction::load ? "load" : "store",
                     name_of(stream.buffer));
}

std::int64_t word_elements(Buffer buffer, const Target& target) {
  if (buffer == Buffer::wbuf) return std::int64_t{target.rows()} * target.columns();
  return buffer == Buffer::ibuf ? target.rows() : target.columns();
}

std::int64_t capacity(Buffer buffer, const Target& target) {
  switch (buffer) {
    case Buffer::wbuf:
      return 2 * target.wbuf_half_elements();
    case Buffer::bbuf:
      return 2 * target.bbuf_half_elements();
    case Buffer::ibuf:
      return 2 * target.ibuf_half_elements();
    case Buffer::obuf:
      return 2 * target.obuf_half_words() * target.columns();
    default:
      return target.vmem_words() * target.columns();
  }
}

Extent all_slots(const Extent& one, int depth, std::int64_t pitch) {
  const Extent starts = extent_of(0, {{depth, pitch}});
  return {one.low + starts.low, one.high + starts.high - 1};
}

std::vector<std::string> validate(const Block& block, const Target& target, const Regions& regions) {
  Faults faults;
  const Context context{block, target, regions, faults};
  for (std::size_t l = 0; l < block.tile_loops.size(); ++l) {
    if (block.tile_loops[l] < 1)
      faults.add(fmt::format("tile loop {}", l), "{} iterations, the least is 1", block.tile_loops[l]);
  }
  if (block.tile_loops.size() > kMaxTileLoops)
    faults.add("tile loops", "{}, at most {}", block.tile_loops.size(), kMaxTileLoops);
  if (!faults.items.empty()) return faults.items;  // the other rules count on the loops
  validate_streams(context);
  if (block.array.used) validate_array(context);
  if (block.simd.used) validate_simd(context);
  return faults.items;
}

namespace {

/// "block 3 (Conv_7): " with the name of the layer that the block is about.
std::string block_name(const Program& program, int number) {
  const EncodedBlock& block = program.blocks(number);
  const int layer =
      block.array_layer() >= 0 || block.nest_layers().empty() ? block.array_layer() : block.nest_layers(0);
  return layer < 0 ? fmt::format("block {}: ", number)
                   : fmt::format("block {} ({}): ", number, layer_name(program, layer));
}

void validate_target(const Target& target, std::vector<std::string>& faults) {
  constexpr std::int64_t kMost = std::int64_t{1} << 48;  // so that sizes can be multiplied by a few
  const auto need = [&](const char* name, std::int64_t value, std::int64_t most) {
    if (value < 0 || value > most) faults.push_back(fmt::format("target: {} is {}, not 0..{}", name, value, most));
  };
  need("rows", target.rows() - 1, 1 << 14);
  need("columns", target.columns() - 1, 1 << 14);
  need("wbuf_half_elements", target.wbuf_half_elements(), kMost);
  need("ibuf_half_elements", target.ibuf_half_elements(), kMost);
  need("bbuf_half_elements", target.bbuf_half_elements(), kMost);
  need("obuf_half_words", target.obuf_half_words(), kMost >> 15);
  need("vmem_words", target.vmem_words(), kMost >> 15);
  need("memory_bytes", target.memory_bytes(), kMost);
}

void validate_memory_plan(const Program& program, std::vector<std::string>& faults) {
  int instructions = 0;
  for (const Region& region : program.regions()) {
    const std::int64_t room = program.target().memory_bytes();
    if (region.address() < 0 || region.bytes() < 0 || region.bytes() > room ||
        region.address() > room - region.bytes()) {
      faults.push_back(fmt::format("region '{}': {} bytes at {:#x} do not lie in a memory of {}", region.name(),
                                   region.bytes(), region.address(), room));
    }
    if (static_cast<std::int64_t>(region.data().size()) > region.bytes()) {
      faults.push_back(
          fmt::format("region '{}': {} bytes of data, it has {}", region.name(), region.data().size(), region.bytes()));
    }
    if (region.kind() != Region::instruction) continue;
    ++instructions;
    if (region.bytes() != 4 * word_count(program)) {
      faults.push_back(
          fmt::format("region '{}': {} bytes for {} words", region.name(), region.bytes(), word_count(program)));
    }
  }
  if (instructions != 1)
    faults.push_back(fmt::format("the memory plan has {} regions of kind instruction, it needs one", instructions));
}

/// The block's words and everything they say.
void validate_block(const Program& program, int number, std::vector<std::string>& faults) {
  const EncodedBlock& encoded = program.blocks(number);
  const std::string where = block_name(program, number);
  const DecodeResult decoded = decode(encoded.words().data(), static_cast<std::size_t>(encoded.words_size()));
  for (const WordFault& fault : decoded.faults)
    faults.push_back(fmt::format("{}word {}: {}", where, fault.word, fault.message));
  if (!decoded.faults.empty()) return;
  if (decoded.words != static_cast<std::size_t>(encoded.words_size())) {
    faults.push_back(fmt::format("{}{} words behind BLOCK_END", where,
                                 static_cast<std::size_t>(encoded.words_size()) - decoded.words));
  }
  if (decoded.block.last != (number + 1 == program.blocks_size())) {
    faults.push_back(where + (decoded.block.last ? "BLOCK_END last=1, but blocks follow"
                                                 : "the program's last block has no BLOCK_END last=1"));
  }
  const std::int64_t simd = static_cast<std::int64_t>(decoded.simd_end - decoded.simd_begin);
  if (simd > program.target().simd_instruction_words()) {
    faults.push_back(fmt::format("{}{} words of SIMD instructions, the memory for them holds {}", where, simd,
                                 program.target().simd_instruction_words()));
  }
  for (const std::string& fault : validate(decoded.block, program.target(), program.regions()))
    faults.push_back(where + fault);
}

}  // namespace

std::vector<std::string> validate(const Program& program) {
  std::vector<std::string> faults;
  validate_target(program.target(), faults);
  if (!faults.empty()) return faults;
  validate_memory_plan(program, faults);
  if (program.blocks().empty()) faults.emplace_back("the program has no block");
  for (int b = 0; b < program.blocks_size(); ++b) validate_block(program, b, faults);
  return faults;
}

}  // namespace systole::isa
