#include "models/cycle/systolic_array.h"

#include <ostream>

#include "models/cycle/slot_places.h"

namespace systole {

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const ArrayParameters& parameters,
                             const AcceleratorClock& clock, RunningBlock& block, Ledger& ledger, Failure& failure)
    : sc_module(name),
      clock_(clock),
      block_(block),
      ledger_(ledger),
      failure_(failure),
      columns_(parameters.columns),
      timing_(parameters) {
  parameters.validate();
  SC_HAS_PROCESS(SystolicArray);
  SC_THREAD(run);
}

void SystolicArray::run() {
  failure_.guard([this] {
    for (;;) {
      wait(block_.started());
      if (block_.program().array.used) run_block();
      block_.finish();
    }
  });
}

void SystolicArray::run_block() {
  const Cycles start = clock_.now();
  find_loads();
  timing_.start(block_.program().array);
  first_tile_ = tiles_done_;
  account_.serve(start, ledger_.layer(block_.layers().array));
  TileWalker tile(block_.program().tile_loops);
  do {
    const Cycles arrived = clock_.now();
    for (const Load& load : loads_) {
      const isa::Stream& stream = block_.program().streams[static_cast<std::size_t>(load.stream)];
      if (tile.enters(stream.loop) && tile.holds(stream.when)) wait_for(block_.unit_gate(load.stream), load.reason);
    }
    if (tile.enters(block_.program().array.output_loop)) wait_for_obuf();
    const ArrayTile& work = timing_.tile(tile);
    present_ = {&tile, &work, arrived, clock_.now()};
    if (RunObserver* const observer = ledger_.observer()) tell(*observer);
    if (ValueModel* const values = block_.values()) values->begin_array();
    compute(work);
    present_.reset();
    if (ValueModel* const values = block_.values()) values->compute_array(block_, tile);
    release(tile);
  } while (tile.next());
  ledger_.array_work(start, clock_.now());
  account_.rest(clock_.now(), Activity::idle());
  account_.serve(clock_.now(), nullptr);
}

void SystolicArray::find_loads() {
  loads_.clear();
  const auto add = [this](isa::Buffer buffer, Stall reason) {
    for (const int stream : block_.unit_streams(isa::Direction::load, {buffer})) loads_.push_back({stream, reason});
  };
  add(isa::Buffer::wbuf, Stall::wbuf_load);
  add(isa::Buffer::bbuf, Stall::bbuf_load);
  add(isa::Buffer::ibuf, Stall::ibuf_load);
}

void SystolicArray::wait_for(const SlotGate& gate, Stall reason) {
  if (gate.ready()) return;
  account_.rest(clock_.now(), reason);
  while (!gate.ready()) wait(gate.changed());
}

/// While no slot is free the drains are to blame, afterwards the load of partial sums into it.
void SystolicArray::wait_for_obuf() {
  const SlotGate gate = block_.array_gate();
  while (!gate.ready()) {
    account_.rest(clock_.now(), block_.obuf_slot_free() ? Stall::psum_load : Stall::obuf_drain);
    wait(gate.changed());
  }
}

void SystolicArray::compute(const ArrayTile& tile) {
  const Cycles now = clock_.now();
  const Cycles drained = now + Cycles{tile.busy};
  const Cycles end = drained + Cycles{tile.hazard};
  account_.spend(now, Activity::busy(), drained);
  account_.spend(now, Stall::obuf_hazard, end);
  ledger_.add(block_.layers().array, tile.events);
  wait(clock_.until(end));
  ++tiles_done_;
}

void SystolicArray::introduce(RunObserver& newcomer) const {
  if (present_) tell(newcomer);
}

void SystolicArray::tell(RunObserver& observer) const {
  const auto& [tile, work, arrived, from] = *present_;
  TileSpan span;
  span.unit = Unit::systolic_array;
  span.layer = block_.layers().array;
  span.number = tiles_done_ - first_tile_;
  span.loops = static_cast<int>(block_.program().tile_loops.size());
  span.index = tile->index();
  span.arrived = arrived;
  span.from = from;
  span.word = block_.places().array;
  span.until = span.from + Cycles{work->busy + work->hazard};
  span.hazards = Cycles{work->hazard};
  const ArrayPlaces places = array_places(block_, *tile, columns_);
  span.places = {places.ibuf, places.wbuf, places.bbuf, places.obuf};
  observer.tile(span);
}

void SystolicArray::release(const TileWalker& tile) {
  for (const Load& load : loads_) {
    const isa::Stream& stream = block_.program().streams[static_cast<std::size_t>(load.stream)];
    if (tile.leaves(stream.loop) && tile.holds(stream.when)) block_.unit_gate(load.stream).pass();
  }
  if (tile.leaves(block_.program().array.output_loop)) block_.array_gate().pass();
}

void SystolicArray::dump(std::ostream& out) const {
  out << "  systolic_array: " << account_.to_string() << ", " << tiles_done_ << " tiles done\n";
}

}  // namespace systole
