#include "kernels/lowering/fused_chain.h"

#include <algorithm>
#include <string>

#include "base/errors.h"

namespace systole {

namespace {

/// Words between neighbours along each dimension of an area that holds a whole output tile.
std::vector<std::int64_t> area_strides(const Space& space, std::int64_t lanes) {
  std::vector<std::int64_t> strides(space.size(), 1);
  std::int64_t words = (space.back().tile + lanes - 1) / lanes;
  for (std::size_t d = space.size() - 1; d-- > 0;) {
    strides[d] = words;
    words *= space[d].tile;
  }
  return strides;
}

std::int64_t area_words(const Space& space, std::int64_t lanes) {
  return area_strides(space, lanes).front() * space.front().tile;
}

}  // namespace

FusedChain::FusedChain(const ArrayJob& job, std::vector<NodeId> chain, LoweringContext& context)
    : job_(job), context_(context) {
  const Graph& graph = context.graph();
  check(!chain.empty(), "lowering", "a fused chain has a node");
  for (const NodeId id : chain) {
    const Node& node = graph.node(id);
    Step step;
    step.node = id;
    step.scratch = elementwise_scratch(graph, node);
    const TensorId running =
        steps_.empty() ? graph.node(job.node).outputs.front() : graph.node(steps_.back().node).outputs.front();
    step.overwrites = overwrites(graph, node, running);
    for (const TensorId tensor : ordered_inputs(node, running)) step.inputs.push_back(input_of(tensor, running));
    steps_.push_back(std::move(step));
  }
  result_ = context.layout(graph.node(chain.back()).outputs.front());
  choose_places();
}

FusedChain::Input FusedChain::input_of(TensorId tensor, TensorId running) const {
  Input input;
  if (tensor == running) {
    input.running = true;
    return input;
  }
  const Graph& graph = context_.graph();
  const Shape& shape = graph.shape(tensor);
  input.immediate = uniform_constant(graph.tensor(tensor));
  if (input.immediate) return input;
  const Order order = shape.size() == 4 ? channels_last(4) : row_major(shape.size());
  const Layout layout = graph.tensor(tensor).constant
                            ? context_.constant(tensor, order, context_.machine().accumulator_bits)
                            : context_.layout(tensor);
  input.layout = broadcast_to(shape, layout, graph.shape(running));
  return input;
}

/// From the last node back: a node may write over the value that it reads, or it needs another place.
void FusedChain::choose_places() {
  for (std::size_t s = steps_.size() - 1; s > 0; --s) {
    const Step& step = steps_[s];
    const Place other = step.destination == Place::result ? Place::spare : Place::result;
    steps_[s - 1].destination = step.overwrites ? step.destination : other;
  }
}

int FusedChain::most_scratch() const {
  int most = 0;
  for (const Step& step : steps_) most = std::max(most, step.scratch);
  return most;
}

bool FusedChain::uses_spare() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& s) { return s.destination == Place::spare; });
}

SimdBody FusedChain::body_of(const Step& step, const ElementwiseOperands& operands, SimdBuilder builder) const {
  return elementwise_body(context_.graph(), context_.graph().node(step.node), operands, builder);
}

FusedWork FusedChain::work() const {
  FusedWork work;
  work.store_bits = result_.element_bits;
  work.vmem1_areas = most_scratch() + (uses_spare() ? 1 : 0);
  work.vmem2_areas = 1;
  isa::SimdProgram counted;
  for (const Step& step : steps_) {
    for (const Input& input : step.inputs) {
      if (input.running || input.immediate) continue;
      ++work.vmem1_areas;
      const std::vector<std::int64_t> strides = output_strides(job_, input.layout);
      const bool whole = strides.back() != 0 && strides[strides.size() - 2] != 0;
      if (whole) work.load_bits += input.layout.element_bits;
    }
    const ElementwiseOperands operands{std::vector<Operand>(step.inputs.size(), 0), 0, {0, 0}};
    work.issue_cycles += static_cast<std::int64_t>(
        issue_cycles(body_of(step, operands, {counted, context_.simd_format()}), context_.machine()));
  }
  return work;
}

std::size_t FusedChain::instructions() const {
  isa::SimdProgram counted;
  std::size_t count = 0;
  for (const Step& step : steps_) {
    const ElementwiseOperands operands{std::vector<Operand>(step.inputs.size(), 0), 0, {0, 0}};
    count += body_of(step, operands, {counted, context_.simd_format()}).size();
  }
  return count;
}

/// Hands out places in VMEM and iterators over them while the chain is emitted.
struct FusedChain::Emission {
  const ArrayOutput& output;
  BlockBuilder& builder;
  const Machine& machine;
  std::array<std::int64_t, 2> used{};  ///< words of VMEM1, VMEM2
  std::vector<isa::Trip> loops;
  std::vector<int> loop_of;  ///< SIMD loop of each dimension, -1: a single iteration

  Emission(const ArrayOutput& out, BlockBuilder& b, const Machine& m) : output(out), builder(b), machine(m) {
    const Space& space = output.space;
    for (std::size_t d = 0; d < space.size(); ++d) {
      const bool lanes = d + 1 == space.size();
      const isa::Trip trip =
          lanes ? lane_words(space[d], machine.columns) : tile_trip(space[d].extent, space[d].tile, space[d].loop);
      const bool one = trip.count == 1 && trip.tail == 1;
      loop_of.push_back(one ? -1 : static_cast<int>(loops.size()));
      if (!one) loops.push_back(trip);
    }
  }

  Operand over(isa::Namespace space, std::int8_t stream, std::int64_t base, const std::vector<std::int64_t>& strides) {
    isa::Iterator iterator;
    iterator.space = space;
    iterator.stream = stream;
    iterator.base = static_cast<std::int32_t>(base);
    for (std::size_t d = 0; d < strides.size(); ++d) {
      if (loop_of[d] >= 0)
        iterator.stride.at(static_cast<std::size_t>(loop_of[d])) = static_cast<std::int32_t>(strides[d]);
    }
    return builder.simd().iterator(iterator);
  }

  std::int64_t claim(isa::Namespace space, std::int64_t words) {
    std::int64_t& next = used.at(space == isa::Namespace::vmem1 ? 0 : 1);
    const std::int64_t base = next;
    next += words;
    check(next <= machine.vmem_words, "lowering", "a fused chain leaves VMEM");
    return base;
  }

  Operand area(isa::Namespace space) {
    return over(space, isa::kNoStream, claim(space, area_words(output.space, machine.columns)),
                area_strides(output.space, machine.columns));
  }

  /// A stream in VMEM and an iterator over its slots.
  Operand stream(const Access& access, isa::Buffer buffer, isa::Direction direction) {
    isa::Stream s = stream_of(access, output.space, machine.columns);
    const isa::Namespace space = buffer == isa::Buffer::vmem1 ? isa::Namespace::vmem1 : isa::Namespace::vmem2;
    const std::int64_t words = words_of(access, output.space, machine.columns);
    const int depth = machine.vmem_depth();
    s.buffer = buffer;
    s.direction = direction;
    if (direction == isa::Direction::store) s.loop = output.scope;
    // An operand that changes inside the reduction is wanted in its last pass only.
    const bool inside = s.loop != isa::kNoLoop && output.generation.mask >> (s.loop + 1) == 0;
    if (inside) s.when = output.generation;
    s.on_chip_base = static_cast<std::int32_t>(claim(space, words * depth) * machine.columns);
    s.depth = static_cast<std::uint8_t>(depth);
    s.slot_pitch = static_cast<std::int32_t>(words * machine.columns);
    const std::int8_t number = builder.stream(s, access.region);
    return over(space, number, 0, word_strides(access, output.space, machine.columns));
  }
};

void FusedChain::emit(const ArrayOutput& output, BlockBuilder& builder) {
  const Machine& machine = context_.machine();
  Emission e(output, builder, machine);
  isa::SimdProgram& simd = builder.block().simd;
  simd.reads_obuf = true;
  simd.obuf_when = output.generation;
  isa::Lanes lanes;
  lanes.loop = static_cast<std::int8_t>(e.loop_of.back());
  lanes.last = lane_tail(output.space.back(), machine.columns);

  builder.belongs_to(steps_.back().node);
  const Operand result = e.stream(output_access(job_, result_), isa::Buffer::vmem2, isa::Direction::store);
  const Operand obuf = e.over(isa::Namespace::obuf, isa::kNoStream, 0, area_strides(output.space, machine.columns));
  const Operand spare = uses_spare() ? e.area(isa::Namespace::vmem1) : result;
  std::vector<Operand> scratch;
  for (int i = 0; i < most_scratch(); ++i) scratch.push_back(e.area(isa::Namespace::vmem1));

  Operand running = obuf;
  for (const Step& step : steps_) {
    builder.belongs_to(step.node);
    ElementwiseOperands operands;
    for (const Input& input : step.inputs) {
      if (input.running) {
        operands.inputs.push_back(running);
      } else if (input.immediate) {
        operands.inputs.push_back(builder.simd().immediate(*input.immediate));
      } else {
        operands.inputs.push_back(
            e.stream(output_access(job_, input.layout), isa::Buffer::vmem1, isa::Direction::load));
      }
    }
    operands.result = step.destination == Place::result ? result : spare;
    operands.scratch = scratch;
    const SimdBody body = body_of(step, operands, builder.simd());
    builder.simd().sweep(output.tile, e.loops, lanes, body);
    context_.add_ops(step.node, element_count(context_.graph().shape(context_.graph().node(step.node).outputs[0])) *
                                    static_cast<std::int64_t>(body.size()));
    running = operands.result;
  }
}

bool can_fuse(const Graph& graph, const Uses& uses, const Node& node, TensorId running, NodeId root) {
  if (!is_elementwise(node) || graph.shape(node.outputs.front()) != graph.shape(running)) return false;
  const bool first_only = !is_broadcasting_elementwise(node.op) || node.op == OpKind::PRelu;
  if (first_only && node.inputs.front() != running) return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) {
    const std::optional<NodeId> producer = uses.producer(input);
    return input == running || !producer || *producer < root;
  });
}

}  // namespace systole
