#include "models/cycle/simd_unit.h"

#include <ostream>

#include "models/cycle/slot_places.h"

namespace systole {

SimdUnit::SimdUnit(const sc_core::sc_module_name& name, const SimdParameters& parameters, const AcceleratorClock& clock,
                   RunningBlock& block, Ledger& ledger, Failure& failure)
    : sc_module(name),
      clock_(clock),
      block_(block),
      ledger_(ledger),
      failure_(failure),
      lanes_(parameters.lanes),
      timing_(parameters) {
  parameters.validate();
  SC_HAS_PROCESS(SimdUnit);
  SC_THREAD(run);
}

void SimdUnit::run() {
  failure_.guard([this] {
    for (;;) {
      wait(block_.started());
      if (block_.program().simd.used) run_block();
      block_.finish_simd();
    }
  });
}

void SimdUnit::run_block() {
  prepare();
  TileWalker tile(block_.program().tile_loops);
  do {
    const Cycles arrived = clock_.now();
    const SimdTile& work = timing_.tile(tile);
    const int first = work.nests.empty() ? 0 : work.nests.front().nest;
    account_.serve(arrived, ledger_.served_by_simd(layer_of(first)));
    acquire(tile);
    present_ = {&tile, &work, arrived, clock_.now()};
    if (RunObserver* const observer = ledger_.observer()) tell(*observer);
    if (ValueModel* const values = block_.values()) values->begin_simd();
    execute(work, arrived);
    present_.reset();
    if (ValueModel* const values = block_.values()) values->compute_simd(block_, tile);
    release(tile);
  } while (tile.next());
  account_.rest(clock_.now(), Activity::idle());
  account_.serve(clock_.now(), nullptr);
}

void SimdUnit::prepare() {
  const std::vector<isa::Buffer> vmem{isa::Buffer::vmem1, isa::Buffer::vmem2};
  loads_ = block_.unit_streams(isa::Direction::load, vmem);
  stores_ = block_.unit_streams(isa::Direction::store, vmem);
  timing_.start(block_.program().simd);
  first_tile_ = tiles_done_;
}

void SimdUnit::acquire(const TileWalker& tile) {
  const isa::SimdProgram& program = block_.program().simd;
  const auto entered = [&](int s) { return tile.enters(stream(s).loop) && tile.holds(stream(s).when); };
  for (const int load : loads_) {
    if (entered(load)) wait_for(block_.unit_gate(load), Stall::vmem_load);
  }
  const bool obuf_entered = tile.enters(block_.program().array.output_loop) && tile.holds(program.obuf_when);
  if (program.reads_obuf && obuf_entered) wait_for(block_.simd_obuf_gate(), Stall::obuf_wait);
  for (const int store : stores_) {
    if (entered(store)) wait_for(block_.unit_gate(store), Stall::vmem_store);
  }
}

void SimdUnit::wait_for(const SlotGate& gate, Stall reason) {
  if (gate.ready()) return;
  account_.rest(clock_.now(), reason);
  while (!gate.ready()) wait(gate.changed());
}

void SimdUnit::execute(const SimdTile& tile, Cycles waited_since) {
  const Cycles start = clock_.now();
  Cycles end = start;
  for (const SimdNestTime& nest : tile.nests) {
    const int layer = layer_of(nest.nest);
    const bool last = &nest == &tile.nests.back();
    const Cycles begin = end;
    account_.serve(start, ledger_.served_by_simd(layer));
    end += Cycles{nest.issue.busy + (last ? tile.fill : 0)};
    account_.spend(start, Activity::busy(), end);
    end += Cycles{nest.issue.hazard};
    account_.spend(start, Stall::hazard, end);
    end += Cycles{nest.issue.conflicts()};
    account_.spend(start, Stall::bank_conflict, end);
    ledger_.simd_work(layer, begin == start ? waited_since : begin, begin, end);
    EventCounts events = nest.events;
    events.simd_cycles = nest.issue.total() + (last ? tile.fill : 0);
    ledger_.add(layer, events);
  }
  if (tile.nests.empty() && waited_since < start) ledger_.simd_work(layer_of(0), waited_since, start, start);
  if (end > start) wait(clock_.until(end));
  ++tiles_done_;
}

void SimdUnit::release(const TileWalker& tile) {
  const isa::SimdProgram& program = block_.program().simd;
  for (const std::vector<int>* streams : {&loads_, &stores_}) {
    for (const int s : *streams) {
      if (tile.leaves(stream(s).loop) && tile.holds(stream(s).when)) block_.unit_gate(s).pass();
    }
  }
  const bool obuf_left = tile.leaves(block_.program().array.output_loop) && tile.holds(program.obuf_when);
  if (program.reads_obuf && obuf_left) block_.simd_obuf_gate().pass();
}

void SimdUnit::introduce(RunObserver& newcomer) const {
  if (present_) tell(newcomer);
}

void SimdUnit::tell(RunObserver& observer) const {
  const auto& [tile, work, arrived, from] = *present_;
  TileSpan span;
  span.unit = Unit::simd_unit;
  span.layer = layer_of(work->nests.empty() ? 0 : work->nests.front().nest);
  span.number = tiles_done_ - first_tile_;
  span.loops = static_cast<int>(block_.program().tile_loops.size());
  span.index = tile->index();
  span.arrived = arrived;
  span.from = from;
  std::int64_t cycles = work->fill;
  for (const SimdNestTime& nest : work->nests) {
    cycles += nest.issue.total();
    span.hazards += Cycles{nest.issue.hazard};
    for (std::size_t memory = 0; memory < span.conflicts.size(); ++memory) {
      span.conflicts[memory] += Cycles{nest.issue.conflict[memory]};
    }
  }
  span.until = span.from + Cycles{cycles};
  const auto& iterators = block_.program().simd.iterators;
  for (std::size_t i = 0; i < iterators.size(); ++i) {
    if (iterators[i].used) span.places[i] = iterator_place(block_, iterators[i], lanes_);
  }
  observer.tile(span);
  if (observer.wants_instructions()) tell_instructions(observer);
}

void SimdUnit::tell_instructions(RunObserver& observer) const {
  const auto& words = block_.places().simd;
  if (words.empty()) return;
  timing_.unroll(*present_->tile, [&](const SimdTiming::Execution& execution) {
    observer.instruction(
        {words.at(execution.nest).at(execution.instruction), present_->from + Cycles{execution.issue}});
  });
}

int SimdUnit::layer_of(int nest) const {
  const std::vector<int>& layers = block_.layers().nests;
  return static_cast<std::size_t>(nest) < layers.size() ? layers[static_cast<std::size_t>(nest)] : -1;
}

const isa::Stream& SimdUnit::stream(int index) const {
  return block_.program().streams[static_cast<std::size_t>(index)];
}

void SimdUnit::dump(std::ostream& out) const {
  out << "  simd_unit: " << account_.to_string() << ", " << tiles_done_ << " tiles done\n";
}

}  // namespace systole
