#include "models/cycle/dma_engine.h"

#include <algorithm>
#include <ostream>

#include "base/errors.h"
#include "models/cycle/slot_places.h"

namespace systole {

namespace {

Unit unit_of(isa::Port port) {
  switch (port) {
    case isa::Port::parambuf:
      return Unit::dma_parambuf;
    case isa::Port::ibuf:
      return Unit::dma_ibuf;
    case isa::Port::obuf:
      return Unit::dma_obuf;
    case isa::Port::simd:
      return Unit::dma_simd;
    case isa::Port::instruction:
      return Unit::dma_instruction;
  }
  fail_check("dma", "unknown port");
}

constexpr std::array<Sram, 6> kBufferSrams = {Sram::wbuf, Sram::bbuf, Sram::ibuf, Sram::obuf, Sram::vmem1, Sram::vmem2};

std::int64_t number_of(const tlm::tlm_generic_payload& burst) {
  return burst.get_extension<BurstTag>()->number;
}

}  // namespace

void DmaParameters::validate() const {
  check(width_bits >= 8 && width_bits % 8 == 0, "dma", "width_bits must be a positive multiple of 8");
  check(max_burst_bytes > 0, "dma", "max_burst_bytes must be positive");
  check(max_outstanding_bursts > 0, "dma", "max_outstanding_bursts must be positive");
  check(setup_cycles >= 0, "dma", "setup_cycles must not be negative");
}

DmaEngine::DmaEngine(const sc_core::sc_module_name& name, isa::Port port, const DmaParameters& parameters,
                     const AcceleratorClock& clock, CycleEnd& cycle_end, RunningBlock& block, Ledger& ledger,
                     Failure& failure)
    : sc_module(name),
      socket("socket"),
      port_(port),
      parameters_(parameters),
      clock_(clock),
      cycle_end_(cycle_end),
      crediting_(cycle_end.add(CycleEnd::Stage::credits, [this] { give_credits(); })),
      granting_(cycle_end.add(CycleEnd::Stage::bus, [this] { grant_bus(); })),
      block_(block),
      ledger_(ledger),
      failure_(failure),
      account_(unit_of(port)),
      pool_(port) {
  parameters.validate();
  socket.bind(*this);
  SC_HAS_PROCESS(DmaEngine);
  SC_THREAD(load_sequencer);
  SC_THREAD(store_sequencer);
  SC_METHOD(arrive);
  sensitive << arrival_;
  dont_initialize();
  SC_METHOD(ask_for_credits);
  sensitive << load_ended_;
  dont_initialize();
  SC_METHOD(send_stores);
  sensitive << store_sent_;
  dont_initialize();
}

void DmaEngine::run(Sequencer& sequencer) {
  failure_.guard([&] {
    for (;;) {
      wait(block_.started());
      run_block(sequencer);
      block_.finish();
    }
  });
}

void DmaEngine::run_block(Sequencer& sequencer) {
  const bool load = sequencer.direction == isa::Direction::load;
  const auto& streams = block_.program().streams;
  std::vector<int> mine;
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    const isa::Stream& stream = streams[static_cast<std::size_t>(s)];
    const bool here = port_ == isa::Port::instruction || isa::port_of(stream.buffer) == port_;
    if (stream.used && here && stream.direction == sequencer.direction) mine.push_back(s);
  }
  if (mine.empty()) return;
  TileWalker tile(block_.program().tile_loops);
  do {
    for (const int s : mine) {
      const isa::Stream& stream = streams[static_cast<std::size_t>(s)];
      const bool here = load ? tile.enters(stream.loop) : tile.leaves(stream.loop);
      if (!here || !tile.holds(stream.when)) continue;
      sequencer.stream = s;
      move(sequencer, tile);
    }
  } while (tile.next());
}

void DmaEngine::move(Sequencer& sequencer, const TileWalker& tile) {
  const SlotGate gate = block_.dma_gate(sequencer.stream);
  const Cycles arrived = clock_.now();
  wait_for_slot(sequencer, gate);
  const Cycles start = clock_.now();
  set_up(sequencer, tile);
  begin_span(sequencer, tile, arrived, start);
  ValueModel* const values = block_.values();
  const bool load = sequencer.direction == isa::Direction::load;
  if (values != nullptr && load) values->load(block_, sequencer.stream, sequencer.walker);
  issue_bursts(sequencer);
  wait_for_end(sequencer);
  enter(sequencer, Step::idle);
  book(sequencer, start);
  end_span(sequencer);
  if (values != nullptr && !load) values->store(block_, sequencer.stream, sequencer.walker);
  gate.pass();
}

void DmaEngine::wait_for_slot(Sequencer& sequencer, const SlotGate& gate) {
  if (gate.ready()) return;
  enter(sequencer, Step::slot);
  while (!gate.ready()) wait(gate.changed());
}

void DmaEngine::set_up(Sequencer& sequencer, const TileWalker& tile) {
  enter(sequencer, Step::setup);
  sequencer.walker.start(stream_of(sequencer), tile, parameters_.max_burst_bytes);
  sequencer.beats = Cycles{sequencer.walker.on_chip_beats(parameters_.width_bits, parameters_.transposes)};
  sequencer.issued = 0;
  sequencer.answered = 0;
  sequencer.all_issued = false;
  sequencer.data_started = false;
  if (parameters_.setup_cycles > 0) wait(clock_.duration(Cycles{parameters_.setup_cycles}));
  sequencer.first_data = clock_.now();
}

void DmaEngine::issue_bursts(Sequencer& sequencer) {
  enter(sequencer, Step::moving);
  Segment burst;
  Cycles earliest = clock_.now();
  while (sequencer.walker.next(burst)) {
    if (clock_.now() < earliest) wait(clock_.until(earliest));
    wait_for_credit(sequencer);
    issue(sequencer, burst);
    earliest = clock_.now() + Cycles{1};
  }
  sequencer.all_issued = true;
}

/// Until fewer bursts are on their way than the port may have. With one for each sequencer there is nothing to decide.
void DmaEngine::wait_for_credit(Sequencer& sequencer) {
  if (free_credits() >= kSequencers) return;
  sequencer.wants_credit = true;
  sequencer.wants_since = clock_.now();
  ask_for_credits();
  wait(sequencer.credit);
}

std::int64_t DmaEngine::free_credits() {
  const Cycles now = clock_.now();
  while (!load_ends_.empty() && load_ends_.front() <= now) load_ends_.pop_front();
  return parameters_.max_outstanding_bursts - on_their_way();
}

void DmaEngine::ask_for_credits() {
  if (load_.wants_credit || store_.wants_credit) cycle_end_.ask(crediting_);
}

/// First come, first served; of two that came in one cycle the load sequencer.
void DmaEngine::give_credits() {
  std::int64_t free = free_credits();
  const bool store_first = store_.wants_credit && store_.wants_since < load_.wants_since;
  for (Sequencer* sequencer : {store_first ? &store_ : &load_, store_first ? &load_ : &store_}) {
    if (!sequencer->wants_credit || free <= 0) continue;
    --free;
    sequencer->wants_credit = false;
    sequencer->credit.notify(sc_core::SC_ZERO_TIME);
  }
  const bool any_waits = load_.wants_credit || store_.wants_credit;
  if (any_waits && !load_ends_.empty()) load_ended_.notify(clock_.until(load_ends_.front()));
}

/// All bursts answered and all beats done on chip.
void DmaEngine::wait_for_end(Sequencer& sequencer) {
  if (sequencer.issued > 0) {
    wait(sequencer.done);
    return;
  }
  const Cycles end = sequencer.first_data + sequencer.beats;
  account_.spend(clock_.now(), Activity::busy(), end);
  if (end > clock_.now()) wait(clock_.until(end));
}

void DmaEngine::book(const Sequencer& sequencer, Cycles start) {
  const isa::Stream& stream = stream_of(sequencer);
  const int layer = block_.layers().streams[static_cast<std::size_t>(sequencer.stream)];
  const std::int64_t elements = sequencer.walker.elements();
  EventCounts events;
  events.port_bytes = sequencer.walker.bytes();
  events.address_steps = sequencer.issued + sequencer.beats.count();
  SramCounts& sram = events.of(sram_of(stream));
  const bool load = sequencer.direction == isa::Direction::load;
  const std::int64_t bits = port_ == isa::Port::instruction
                                ? stream.element_bits
                                : parameters_.buffer_bits[static_cast<std::size_t>(stream.buffer)];
  (load ? sram.writes : sram.reads) += elements;
  (load ? sram.write_bytes : sram.read_bytes) += ceil_div(elements * bits, 8);
  ledger_.add(layer, events);
  if (port_ == isa::Port::instruction) return;
  ledger_.add_bytes(layer, sequencer.direction, Bytes{sequencer.walker.bytes()});
  ledger_.transfer(layer, port_ != isa::Port::simd, start, clock_.now());
}

void DmaEngine::introduce(RunObserver& newcomer) const {
  for (const Sequencer* sequencer : {&load_, &store_}) {
    if (sequencer->transfer) newcomer.transfer_begins(*sequencer->transfer);
  }
  tell_outstanding(newcomer);
  const Cycles now = clock_.now();
  newcomer.level({Level::bus, static_cast<int>(port_), now, bus_free_ > now ? 1 : 0});
  if (bus_free_ > now) newcomer.level({Level::bus, static_cast<int>(port_), bus_free_, 0});
}

void DmaEngine::begin_span(Sequencer& sequencer, const TileWalker& tile, Cycles arrived, Cycles start) const {
  TransferSpan& span = sequencer.transfer.emplace();
  span.unit = account_.unit();
  span.load = sequencer.direction == isa::Direction::load;
  span.stream = sequencer.stream;
  span.word = block_.places().streams[static_cast<std::size_t>(sequencer.stream)];
  span.layer = block_.layers().streams[static_cast<std::size_t>(sequencer.stream)];
  span.address = sequencer.walker.address();
  span.on_chip = transfer_place(block_, sequencer.stream, parameters_.columns);
  span.index = tile.index();
  span.arrived = arrived;
  span.from = start;
  if (observer_ != nullptr) observer_->transfer_begins(span);
}

void DmaEngine::end_span(Sequencer& sequencer) const {
  TransferSpan& span = *sequencer.transfer;
  span.bytes = sequencer.walker.bytes();
  span.elements = sequencer.walker.elements();
  span.bursts = sequencer.issued;
  span.until = clock_.now();
  if (observer_ != nullptr) observer_->transfer_ends(span);
  sequencer.transfer.reset();
}

void DmaEngine::tell_outstanding(RunObserver& observer) const {
  observer.level({Level::outstanding, static_cast<int>(port_), clock_.now(), on_their_way()});
}

/// What the engine rests on when its bus does not move: see the table of timing.md, section 7.
void DmaEngine::enter(Sequencer& sequencer, Step step) {
  sequencer.step = step;
  const auto any = [this](Step s) { return load_.step == s || store_.step == s; };
  Activity activity = Activity::idle();
  if (any(Step::slot)) activity = Stall::slot;
  if (any(Step::setup)) activity = Stall::setup;
  if (any(Step::moving)) activity = Stall::memory;
  account_.rest(clock_.now(), activity);
}

void DmaEngine::issue(Sequencer& sequencer, const Segment& segment) {
  const bool load = sequencer.direction == isa::Direction::load;
  tlm::tlm_generic_payload& burst =
      pool_.take(load ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND, segment.address, segment.bytes);
  burst.get_extension<BurstTag>()->number = bursts_;
  ++sequencer.issued;
  ++unanswered_;
  ++bursts_;
  if (observer_ != nullptr) tell_outstanding(*observer_);
  TransferSpan& span = *sequencer.transfer;
  span.low = sequencer.issued == 1 ? segment.address : std::min(span.low, segment.address);
  span.high = std::max(span.high, segment.address + segment.bytes);
  if (load) {
    request(burst);
  } else {
    stores_for_bus_.push_back(&burst);
    cycle_end_.ask(granting_);
  }
}

void DmaEngine::request(tlm::tlm_generic_payload& burst) {
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = socket->nb_transport_fw(burst, phase, delay);
  if (status == tlm::TLM_COMPLETED) {
    accept(burst);
  } else {
    check(status == tlm::TLM_UPDATED && phase == tlm::END_REQ, name(), "the interconnect did not take a request");
  }
}

/// The response comes `delay` from now, on an edge.
tlm::tlm_sync_enum DmaEngine::nb_transport_bw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                              sc_core::sc_time& delay) {
  check(phase == tlm::BEGIN_RESP, name(), "unexpected phase from the interconnect");
  if (arriving_.empty()) arrival_.notify(delay);
  arriving_.push_back({clock_.at(sc_core::sc_time_stamp() + delay), &burst});
  return tlm::TLM_COMPLETED;
}

void DmaEngine::arrive() {
  failure_.guard([this] {
    const Cycles now = clock_.now();
    while (!arriving_.empty() && arriving_.front().cycle <= now) {
      accept(*arriving_.front().burst);
      arriving_.pop_front();
    }
    if (!arriving_.empty()) arrival_.notify(clock_.until(arriving_.front().cycle));
  });
}

/// A response is here: a load's data want the bus, a store is done.
void DmaEngine::accept(tlm::tlm_generic_payload& burst) {
  if (burst.is_read()) {
    loads_for_bus_.push_back(&burst);
    cycle_end_.ask(granting_);
    return;
  }
  --unanswered_;
  burst.release();
  answer(store_, clock_.now());
  ask_for_credits();
}

/// Who asked in this cycle gets the bus for the next free cycles: loads before stores, each in the order of issue.
void DmaEngine::grant_bus() {
  failure_.guard([this] {
    std::sort(loads_for_bus_.begin(), loads_for_bus_.end(),
              [](const auto* a, const auto* b) { return number_of(*a) < number_of(*b); });
    for (tlm::tlm_generic_payload* burst : loads_for_bus_) {
      grant(load_, burst->get_data_length());
      burst->release();
      --unanswered_;
      load_ends_.push_back(bus_free_);
      answer(load_, bus_free_);
    }
    if (!loads_for_bus_.empty()) ask_for_credits();
    loads_for_bus_.clear();
    for (tlm::tlm_generic_payload* burst : stores_for_bus_) {
      grant(store_, burst->get_data_length());
      if (sending_.empty()) store_sent_.notify(clock_.until(bus_free_));
      sending_.push_back({bus_free_, burst});
    }
    stores_for_bus_.clear();
  });
}

void DmaEngine::grant(Sequencer& sequencer, std::int64_t bytes) {
  const Cycles now = clock_.now();
  const Cycles start = std::max(now, bus_free_);
  bus_free_ = start + Cycles{ceil_div(bytes * 8, parameters_.width_bits)};
  account_.spend(now, Activity::busy(), bus_free_);
  if (observer_ != nullptr) {
    observer_->level({Level::bus, static_cast<int>(port_), start, 1});
    observer_->level({Level::bus, static_cast<int>(port_), bus_free_, 0});
  }
  if (!sequencer.data_started) sequencer.first_data = start;
  sequencer.data_started = true;
}

void DmaEngine::send_stores() {
  failure_.guard([this] {
    const Cycles now = clock_.now();
    while (!sending_.empty() && sending_.front().cycle <= now) {
      tlm::tlm_generic_payload& burst = *sending_.front().burst;
      sending_.pop_front();
      request(burst);
    }
    if (!sending_.empty()) store_sent_.notify(clock_.until(sending_.front().cycle));
  });
}

/// One burst is over at `end`. After the last one the transfer ends when its beats on chip do, too.
void DmaEngine::answer(Sequencer& sequencer, Cycles end) {
  ++sequencer.answered;
  if (observer_ != nullptr) tell_outstanding(*observer_);
  if (!sequencer.all_issued || sequencer.answered < sequencer.issued) return;
  const Cycles now = clock_.now();
  const Cycles last_beat = std::max(end, sequencer.first_data + sequencer.beats);
  if (last_beat > end) account_.spend(now, Activity::busy(), last_beat);
  sequencer.done.notify(clock_.until(last_beat));
}

const isa::Stream& DmaEngine::stream_of(const Sequencer& sequencer) const {
  return block_.program().streams[static_cast<std::size_t>(sequencer.stream)];
}

Sram DmaEngine::sram_of(const isa::Stream& stream) const {
  return port_ == isa::Port::instruction ? Sram::inst : kBufferSrams[static_cast<std::size_t>(stream.buffer)];
}

void DmaEngine::dump(std::ostream& out) const {
  static constexpr std::array<const char*, 4> kSteps = {"idle", "waits for a slot", "sets up", "moves data"};
  for (const Sequencer* sequencer : {&load_, &store_}) {
    const bool load = sequencer->direction == isa::Direction::load;
    out << "  " << name() << (load ? " load: " : " store: ") << kSteps[static_cast<std::size_t>(sequencer->step)];
    if (sequencer->step != Step::idle) out << ", stream " << sequencer->stream;
    if (sequencer->step == Step::slot) out << " (port: " << account_.to_string() << ')';
    if (sequencer->step == Step::moving) out << ", " << sequencer->answered << " of " << sequencer->issued << " bursts";
    out << '\n';
  }
}

}  // namespace systole
