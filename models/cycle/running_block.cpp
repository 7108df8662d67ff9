#include "models/cycle/running_block.h"

#include <algorithm>
#include <ostream>

#include "base/errors.h"
#include "models/cycle/tile_walker.h"

namespace systole {

void RunningBlock::open(const ProgramBlock& block) {
  check(finished(), "controller", "a block starts while another is running");
  block_ = &block;
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    if (!stream(s).used || stream(s).from >= 0 || through_obuf(s)) continue;
    ring(s).reset(stream(s).depth, std::max(1, copies_of(s)));
  }
  open_obuf();
  if (values_ != nullptr) values_->open(block);
  left_ = units_;
  simd_finished_ = false;
  started_.notify(sc_core::SC_ZERO_TIME);
}

void RunningBlock::watch(RunObserver* observer, const AcceleratorClock& clock) {
  for (int s = 0; s < isa::kMaxStreams; ++s) ring(s).watch(observer, clock, s);
  obuf_.watch(observer, clock, isa::kMaxStreams);
}

void RunningBlock::introduce(RunObserver& newcomer) const {
  for (const SlotRing& ring : rings_) ring.introduce(newcomer);
  obuf_.introduce(newcomer);
}

void RunningBlock::finish() {
  check(left_ > 0, "controller", "a unit finished a block twice");
  if (--left_ == 0) all_finished_.notify(sc_core::SC_ZERO_TIME);
}

void RunningBlock::finish_simd() {
  simd_finished_ = true;
  simd_done_.notify(sc_core::SC_ZERO_TIME);
  finish();
}

SlotGate RunningBlock::dma_gate(int stream) {
  if (through_obuf(stream)) return {&obuf_, obuf_stages_[static_cast<std::size_t>(stream)]};
  const isa::Stream& self = this->stream(stream);
  if (self.from >= 0) return {&ring(self.from), copy_stage(stream)};
  return {&ring(stream), self.direction == isa::Direction::load ? 0 : 1};
}

SlotGate RunningBlock::unit_gate(int stream) {
  return {&ring(stream), this->stream(stream).direction == isa::Direction::load ? 1 : 0};
}

std::vector<int> RunningBlock::unit_streams(isa::Direction direction, const std::vector<isa::Buffer>& buffers) const {
  std::vector<int> result;
  for (const isa::Buffer buffer : buffers) {
    for (int s = 0; s < isa::kMaxStreams; ++s) {
      const bool here = stream(s).used && stream(s).direction == direction && stream(s).buffer == buffer;
      if (here && !in_copy(s)) result.push_back(s);
    }
  }
  return result;
}

int RunningBlock::copies_of(int stream) const {
  const auto& streams = program().streams;
  return static_cast<int>(
      std::count_if(streams.begin(), streams.end(), [&](const isa::Stream& s) { return s.used && s.from == stream; }));
}

bool RunningBlock::through_obuf(int stream) const {
  return this->stream(stream).buffer == isa::Buffer::obuf && !in_copy(stream);
}

/// Stores that drain the same load stand side by side, in the order of their numbers, behind the load.
int RunningBlock::copy_stage(int stream) const {
  int stage = 1;
  for (int s = 0; s < stream; ++s) {
    if (this->stream(s).used && this->stream(s).from == this->stream(stream).from) ++stage;
  }
  return stage;
}

void RunningBlock::open_obuf() {
  const isa::Condition never{isa::Condition::Kind::not_first, 0};
  std::vector<SlotRing::Stage> stages{obuf_stage(0, never), obuf_stage(1, {})};
  if (!program().array.used) stages[1] = obuf_stage(1, never);
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    if (!stream(s).used || !through_obuf(s)) continue;
    const bool load = stream(s).direction == isa::Direction::load;
    obuf_stages_[static_cast<std::size_t>(s)] = load ? 0 : static_cast<int>(stages.size());
    if (load) {
      stages[0] = obuf_stage(0, stream(s).when);
    } else {
      stages.push_back(obuf_stage(2, stream(s).when));
    }
  }
  simd_stage_ = static_cast<int>(stages.size());
  if (program().simd.used && program().simd.reads_obuf) stages.push_back(obuf_stage(2, program().simd.obuf_when));
  obuf_.reset(program().array.output_depth, std::move(stages));
}

/// Whether a condition holds in a generation depends only on the loops at and outside its scope.
SlotRing::Stage RunningBlock::obuf_stage(int step, const isa::Condition& when) const {
  std::vector<std::int32_t> outer = program().tile_loops;
  outer.resize(static_cast<std::size_t>(program().array.output_loop + 1));
  SlotRing::Stage stage{step, {}, 0};
  TileWalker generation(outer);
  do {
    ++stage.generations;
    if (when.kind != isa::Condition::Kind::always) stage.active.push_back(generation.holds(when) ? 1 : 0);
  } while (generation.next());
  return stage;
}

void RunningBlock::dump(std::ostream& out) const {
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    if (!stream(s).used || stream(s).from >= 0 || through_obuf(s)) continue;
    out << "  slots of stream " << s << ": " << rings_[static_cast<std::size_t>(s)].to_string() << '\n';
  }
  out << "  slots of OBUF (psum load, array, drains): " << obuf_.to_string() << '\n';
}

}  // namespace systole
