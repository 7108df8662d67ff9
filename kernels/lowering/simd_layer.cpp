#include "kernels/lowering/simd_layer.h"

#include <algorithm>
#include <string>

#include "base/errors.h"
#include "isa/encoder.h"

namespace systole {

namespace {

using isa::Direction;
using isa::Namespace;
using Kind = isa::Condition::Kind;

bool contains(const std::vector<int>& dims, int dim) {
  return std::find(dims.begin(), dims.end(), dim) != dims.end();
}

}  // namespace

SimdLayer::SimdLayer(const Node& node, LoweringContext& context)
    : node_(node), context_(context), builder_(context.begin(node)), current_(context.id(node)) {}

int SimdLayer::dim(std::int64_t extent, bool tiled) {
  SpaceDim added;
  added.extent = added.tile = extent;
  added.tiled = tiled && extent > 1;
  space_.push_back(added);
  edges_.emplace_back(1, 1);
  return static_cast<int>(space_.size()) - 1;
}

void SimdLayer::keep_edges(int dim, std::int64_t first, std::int64_t last) {
  edges_.at(static_cast<std::size_t>(dim)) = {first, last};
}

int SimdLayer::pass(std::int64_t extent) {
  const int added = dim(extent, false);
  space_.back().tile = 1;
  return added;
}

int SimdLayer::plan(Planned operand) {
  operand.node = current_;
  operands_.push_back(std::move(operand));
  return static_cast<int>(operands_.size()) - 1;
}

int SimdLayer::load(Access access, Namespace space, When when) {
  Planned operand;
  operand.when = std::move(when);
  operand.access = std::move(access);
  operand.space = space;
  operand.direction = Direction::load;
  return plan(std::move(operand));
}

int SimdLayer::store(Access access, Namespace space, When when) {
  Planned operand;
  operand.access = std::move(access);
  operand.space = space;
  operand.direction = Direction::store;
  operand.when = std::move(when);
  return plan(std::move(operand));
}

int SimdLayer::scratch(const std::vector<int>& dims, Namespace space) {
  Planned operand;
  for (const int d : dims) operand.access.axes.push_back(plain_axis(d, 0));
  operand.space = space;
  return plan(std::move(operand));
}

int SimdLayer::table(std::int64_t words, std::vector<std::pair<int, std::int64_t>> strides, Namespace space) {
  Planned operand;
  operand.space = space;
  operand.table = words;
  operand.strides = std::move(strides);
  return plan(std::move(operand));
}

std::int64_t SimdLayer::words_of(const Planned& operand, const Space& space) const {
  if (operand.table > 0) return operand.table;
  return systole::words_of(operand.access, space, context_.machine().columns);
}

std::vector<std::int64_t> SimdLayer::strides_of(const Planned& operand) const {
  if (operand.table == 0) return word_strides(operand.access, space_, context_.machine().columns);
  std::vector<std::int64_t> strides(space_.size(), 0);
  for (const auto& [dim, words] : operand.strides) strides.at(static_cast<std::size_t>(dim)) = words;
  return strides;
}

Operand SimdLayer::refer(Reference reference) {
  for (const Reference& known : references_) {
    if (known.operand == reference.operand && known.at == reference.at && known.first == reference.first &&
        known.whole == reference.whole) {
      return known.iterator;
    }
  }
  isa::Iterator open;  // its number is final, its address is not: a base of its own keeps it apart from the others
  open.space = operands_.at(static_cast<std::size_t>(reference.operand)).space;
  open.base = -1 - static_cast<std::int32_t>(references_.size());
  reference.iterator = builder_.simd().iterator(open);
  references_.push_back(std::move(reference));
  return references_.back().iterator;
}

Operand SimdLayer::at(int operand, std::vector<std::pair<int, std::int64_t>> at) {
  Reference reference;
  reference.operand = operand;
  reference.at = std::move(at);
  return refer(std::move(reference));
}

Operand SimdLayer::entry(int table, std::int64_t first) {
  Reference reference;
  reference.operand = table;
  reference.first = first;
  return refer(std::move(reference));
}

void SimdLayer::sweep(const When& when, const std::vector<Over>& loops, const SimdBody& body) {
  Sweep sweep;
  sweep.when = when;
  sweep.loops = loops;
  sweep.body = body;
  sweep.node = current_;
  sweeps_.push_back(std::move(sweep));
}

void SimdLayer::nest(const When& when, const std::vector<Over>& loops, const SimdBody& body) {
  sweep(when, loops, body);
  sweeps_.back().together = true;
}

Operand SimdLayer::words(int operand) {
  Reference reference;
  reference.operand = operand;
  reference.whole = true;
  return refer(std::move(reference));
}

void SimdLayer::sweep_words(int operand, const SimdBody& body) {
  Sweep sweep;
  sweep.body = body;
  sweep.node = current_;
  sweep.words_of = operand;
  sweeps_.push_back(std::move(sweep));
}

void SimdLayer::belongs_to(const Node& node) {
  current_ = context_.id(node);
}

bool SimdLayer::never(const Sweep& sweep) const {
  const auto dim_of = [&](int d) { return space_.at(static_cast<std::size_t>(d)); };
  if (sweep.when.kind == Kind::not_first || sweep.when.kind == Kind::not_last) {
    const auto& dims = sweep.when.dims;
    if (std::all_of(dims.begin(), dims.end(), [&](int d) { return dim_of(d).loop == isa::kNoLoop; })) return true;
  }
  return std::any_of(sweep.loops.begin(), sweep.loops.end(),
                     [&](const Over& over) { return dim_of(over.dim).tile <= over.from; });
}

isa::Condition SimdLayer::condition(const When& when) const {
  isa::Condition result;
  for (const int d : when.dims) {
    const std::int8_t loop = space_.at(static_cast<std::size_t>(d)).loop;
    if (loop != isa::kNoLoop) result.mask = static_cast<std::uint8_t>(result.mask | 1u << loop);
  }
  if (result.mask != 0) result.kind = when.kind;
  return result;
}

std::vector<isa::Nest> SimdLayer::nests_of(const Sweep& sweep) const {
  const std::int64_t lanes = context_.machine().columns;
  isa::Nest nest;
  nest.when = condition(sweep.when);
  nest.loops.resize(static_cast<std::size_t>(*std::max_element(positions_.begin(), positions_.end()) + 1));
  if (sweep.words_of >= 0) {
    if (nest.loops.empty()) nest.loops.resize(1);
    const Planned& swept = operands_.at(static_cast<std::size_t>(sweep.words_of));
    nest.loops.front().count = nest.loops.front().tail = static_cast<std::int32_t>(words_of(swept, space_));
  }
  nest.lanes.last.count = nest.lanes.last.tail = static_cast<std::int32_t>(lanes);
  for (const Over& over : sweep.loops) {
    const SpaceDim& dim = space_.at(static_cast<std::size_t>(over.dim));
    const int position = positions_.at(static_cast<std::size_t>(over.dim));
    const bool along_lanes = over.dim + 1 == static_cast<int>(space_.size());
    isa::Trip trip = along_lanes ? lane_words(dim, lanes) : tile_trip(dim.extent, dim.tile, dim.loop);
    if (along_lanes) {
      nest.lanes.last = lane_tail(dim, lanes);
      nest.lanes.loop = static_cast<std::int8_t>(position);
    }
    if (position < 0) continue;
    if (sweep.when.kind == Kind::first && contains(sweep.when.dims, over.dim)) {
      trip.tail = trip.count;
      trip.tail_loop = isa::kNoLoop;
    }
    trip.count -= static_cast<std::int32_t>(over.from);
    trip.tail -= static_cast<std::int32_t>(over.from);
    check(trip.count > 0 && trip.tail > 0, "lowering", "a loop of a nest has no iteration");
    nest.loops[static_cast<std::size_t>(position)] = trip;
  }
  std::vector<isa::Nest> nests;
  const std::size_t group = sweep.together ? isa::kMaxSimdWords : 1;
  for (std::size_t i = 0; i < sweep.body.size(); i += group) {
    const auto begin = sweep.body.begin() + static_cast<std::ptrdiff_t>(i);
    nest.body.assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(group, sweep.body.size() - i)));
    nests.push_back(nest);
  }
  return nests;
}

isa::SimdProgram SimdLayer::program() {
  isa::SimdProgram program = builder_.block().simd;
  for (const Sweep& sweep : sweeps_) {
    if (never(sweep)) continue;
    const std::vector<isa::Nest> nests = nests_of(sweep);
    program.nests.insert(program.nests.end(), nests.begin(), nests.end());
  }
  return program;
}

bool SimdLayer::program_fits() {
  const isa::SimdProgram whole = program();
  return whole.nests.size() <= isa::kMaxNests &&
         static_cast<std::int64_t>(isa::simd_words(whole)) <= context_.machine().simd_instruction_words;
}

void SimdLayer::emit_streams() {
  const std::int64_t lanes = context_.machine().columns;
  std::int64_t next[3] = {0, 0, 0};
  for (Planned& operand : operands_) {
    std::int64_t& free = next[static_cast<std::size_t>(operand.space)];
    operand.base = free;
    const std::int64_t words = words_of(operand, space_);
    const int depth = depth_of(operand, space_);
    free += words * depth;
    if (!operand.direction) continue;
    isa::Stream stream = stream_of(operand.access, space_, lanes);
    stream.direction = *operand.direction;
    stream.buffer = operand.space == Namespace::vmem1 ? isa::Buffer::vmem1 : isa::Buffer::vmem2;
    stream.when = condition(operand.when);
    const bool inside = stream.loop + 1 < isa::kMaxTileLoops && stream.when.mask >> (stream.loop + 1) != 0;
    if (inside) stream.when = {};  // wanted in some tiles of its generation: loaded for all of them
    stream.on_chip_base = static_cast<std::int32_t>(operand.base * lanes);
    stream.depth = static_cast<std::uint8_t>(depth);
    stream.slot_pitch = depth > 1 ? static_cast<std::int32_t>(words * lanes) : 0;
    builder_.belongs_to(operand.node);
    operand.stream = builder_.stream(std::move(stream), operand.access.region);
  }
}

void SimdLayer::emit_iterators() {
  for (const Reference& reference : references_) {
    const Planned& operand = operands_.at(static_cast<std::size_t>(reference.operand));
    const std::vector<std::int64_t> strides = strides_of(operand);
    isa::Iterator& iterator = builder_.block().simd.iterators.at(reference.iterator);
    std::int64_t base = (operand.direction ? 0 : operand.base) + reference.first;
    for (const auto& [dim, shift] : reference.at) {
      const std::int64_t from_end = shift < 0 ? space_.at(static_cast<std::size_t>(dim)).rest() : 0;
      base += (from_end + shift) * strides.at(static_cast<std::size_t>(dim));
    }
    iterator.base = static_cast<std::int32_t>(base);
    iterator.stream = operand.stream;
    if (reference.whole) {
      iterator.stride.front() = 1;
      continue;
    }
    for (std::size_t d = 0; d < strides.size(); ++d) {
      if (positions_[d] < 0) continue;
      iterator.stride.at(static_cast<std::size_t>(positions_[d])) = static_cast<std::int32_t>(strides[d]);
    }
  }
}

void SimdLayer::make_room() {
  while (!program_fits()) {
    Sweep* coldest = nullptr;
    for (Sweep& sweep : sweeps_) {
      if (sweep.together || sweep.body.size() < 2 || never(sweep)) continue;
      if (coldest == nullptr || iterations(sweep, space_, false) < iterations(*coldest, space_, false)) {
        coldest = &sweep;
      }
    }
    if (coldest == nullptr) return;
    coldest->together = true;
  }
}

void SimdLayer::emit_nests() {
  make_room();
  const isa::SimdProgram whole = program();
  check(whole.nests.size() <= isa::kMaxNests, "lowering", [&] { return node_.name + " needs too many nests"; });
  const auto words = static_cast<std::int64_t>(isa::simd_words(whole));
  const Machine& machine = context_.machine();
  if (words > machine.simd_instruction_words) {
    too_small(node_, "SIMD instruction memory", words, machine.simd_instruction_words, "words");
  }
  const auto immediates = static_cast<std::int64_t>(whole.immediates.size());
  if (immediates > machine.imm_words) too_small(node_, "IMM", immediates, machine.imm_words, "words");
  for (const Sweep& sweep : sweeps_) {
    if (never(sweep)) continue;
    builder_.belongs_to(sweep.node);
    for (const isa::Nest& nest : nests_of(sweep)) {
      builder_.simd().nest(nest.when, nest.loops, nest.lanes, nest.body);
    }
    context_.add_ops(sweep.node, iterations(sweep, space_, true) * static_cast<std::int64_t>(sweep.body.size()));
  }
}

bool SimdLayer::looped(int dim) const {
  return std::any_of(sweeps_.begin(), sweeps_.end(), [&](const Sweep& sweep) {
    return std::any_of(sweep.loops.begin(), sweep.loops.end(), [&](const Over& over) { return over.dim == dim; });
  });
}

void SimdLayer::finish() {
  choose_tiles();
  for (const int d : order_of_tiles()) {
    SpaceDim& dim = space_.at(static_cast<std::size_t>(d));
    dim.loop = builder_.tile_loop(dim.tiles());
  }
  int next = 0;
  for (std::size_t d = 0; d < space_.size(); ++d) {
    const std::int64_t lanes = d + 1 == space_.size() ? context_.machine().columns : 1;
    positions_.push_back(space_[d].tile > lanes && looped(static_cast<int>(d)) ? next++ : -1);
  }
  emit_streams();
  emit_iterators();
  emit_nests();
  context_.finish(builder_);
}

}  // namespace systole
