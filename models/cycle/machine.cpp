#include "models/cycle/machine.h"

#include <algorithm>
#include <sstream>

namespace systole {

namespace {

constexpr std::array<const char*, 5> kEngineNames = {"dma_parambuf", "dma_ibuf", "dma_obuf", "dma_simd",
                                                     "dma_instruction"};
constexpr int kDataPorts = 4;
constexpr int kUnitsOfBlock = 2 + kDataPorts * DmaEngine::kSequencers;  // array, SIMD unit, sequencers

/// How long the kernel runs before the machine looks around: far longer than any wait without work, far shorter than a
/// second.
constexpr Cycles kSlice{1 << 18};
constexpr Cycles kSettleSlice{1 << 12};
/// The same while somebody watches: observers keep what units tell of the future, and put it in order.
constexpr Cycles kWatchedSlice{1 << 13};
/// A watched window begins so much earlier, so that what a unit spends ahead has been told when it does.
constexpr Cycles kWatchLead{1 << 15};

InterconnectParameters interconnect_to(const Memory& memory, InterconnectParameters parameters) {
  parameters.transparent = memory.answers_at_once();
  return parameters;
}

}  // namespace

CycleMachine::CycleMachine(const sc_core::sc_module_name& name, const MachineParameters& parameters, Memory& memory,
                           const MachineProgram& program)
    : sc_module(name),
      clock_(parameters.clock_period_ps),
      period_ps_(parameters.clock_period_ps),
      memory_(memory),
      program_(program),
      ledger_(program.layers),
      running_(kUnitsOfBlock),
      fetching_(DmaEngine::kSequencers),
      interconnect_("interconnect", interconnect_to(memory, parameters.interconnect), clock_, failure_),
      array_("systolic_array", parameters.array, clock_, running_, ledger_, failure_),
      simd_("simd_unit", parameters.simd, clock_, running_, ledger_, failure_),
      controller_("controller", parameters.controller, clock_, program, running_, fetching_, ledger_, memory,
                  failure_) {
  interconnect_.memory.bind(memory.socket);
  for (std::size_t port = 0; port < dma_.size(); ++port) {
    const bool data = port < kDataPorts;
    dma_[port] = std::make_unique<DmaEngine>(kEngineNames[port], static_cast<isa::Port>(port), parameters.dma[port],
                                             clock_, data ? running_ : fetching_, ledger_, failure_);
    dma_[port]->socket.bind(interconnect_.ports);
  }
}

RunCounters CycleMachine::run(const SimulationOptions& options) {
  std::int64_t work_before = -1;
  Cycles progress;  // when work was last seen to be done
  running_.carry(options.values);
  watch_blocks(options.watch);
  while (!controller_.finished()) {
    observe_slice(options.watch);
    sc_core::sc_start(clock_.duration(slice_of(options.watch)));
    failure_.rethrow_if_any();
    if (observer_ != nullptr) settle(clock_.next_edge());
    if (controller_.finished()) break;
    const bool starved = !sc_core::sc_pending_activity();
    if (work_done() != work_before) progress = clock_.next_edge();
    const bool stuck = clock_.next_edge() - progress >= kSlice && !works_ahead();
    if (starved || stuck) throw Deadlock(report("deadlock: no unit can go on"));
    work_before = work_done();
    if (options.progress) {
      options.progress({ledger_.blocks_done(), program_.blocks.size(), clock_.next_edge()});
    }
    if (options.stop != nullptr && *options.stop) throw Interrupted("stopped by the user");
  }
  watch(nullptr);
  let_memory_settle();
  return collect();
}

/// Everyone tells `observer` from now on; nullptr: nobody.
void CycleMachine::watch(RunObserver* observer) {
  if (observer == observer_) return;
  settle(clock_.next_edge());
  if (observer_ != nullptr) observer_->stops(clock_.next_edge());
  observer_ = observer;
  ledger_.watch(observer);
  running_.watch(observer, clock_);
  interconnect_.watch(observer);
  memory_.watch(observer, period_ps_);
  for (const auto& engine : dma_) engine->watch(observer);
  for (UnitAccount* account : accounts()) account->watch(observer);
}

void CycleMachine::watch_blocks(const Watch& watch) {
  if (watch.observer == nullptr) return;
  controller_.on_block([this, watch](const BlockSpan& block, bool begins) {
    const auto& blocks = watch.blocks;
    const bool wanted = std::find(blocks.begin(), blocks.end(), block.block) != blocks.end();
    if (wanted && begins) this->watch(watch.observer);
    if (observer_ != nullptr && begins) observer_->block_begins(block);
    if (observer_ != nullptr && !begins) observer_->block_ends(block);
    if (wanted && !begins) this->watch(nullptr);
  });
}

/// Begins and ends a window of cycles. The lead shows what began before it.
void CycleMachine::observe_slice(const Watch& watch) {
  if (watch.observer == nullptr || !watch.blocks.empty()) return;
  const Cycles now = clock_.next_edge();
  const bool inside = now + kWatchLead >= watch.from && now < watch.until;
  if (inside && observer_ == nullptr) {
    this->watch(watch.observer);
    if (!running_.finished()) observer_->block_begins(controller_.block());
  }
  if (!inside) this->watch(nullptr);
}

Cycles CycleMachine::slice_of(const Watch& watch) const {
  const Cycles now = clock_.next_edge();
  if (observer_ != nullptr) {
    const Cycles left = watch.until - now;
    return watch.blocks.empty() && left < kWatchedSlice ? left : kWatchedSlice;
  }
  const Cycles lead = watch.from - kWatchLead - now;
  const bool ahead = watch.observer != nullptr && watch.blocks.empty() && lead > Cycles{};
  return ahead && lead < kSlice ? lead : kSlice;
}

/// Everything before `now` has happened and is told.
void CycleMachine::settle(Cycles now) {
  for (UnitAccount* account : accounts()) account->settle(now);
  memory_.settle();
  if (observer_ != nullptr) observer_->settled(now);
}

/// Writes that the memory has accepted but not yet moved count, too. The program has ended: this takes none of its
/// cycles.
void CycleMachine::let_memory_settle() const {
  for (int slice = 0; memory_.busy(); ++slice) {
    check(slice < 100, "machine", "the memory keeps writes for ever");
    sc_core::sc_start(clock_.duration(kSettleSlice));
  }
}

/// A number that grows with everything that a unit completes.
std::int64_t CycleMachine::work_done() {
  std::int64_t work = array_.tiles_done() + simd_.tiles_done() + static_cast<std::int64_t>(ledger_.blocks_done());
  for (const auto& engine : dma_) work += engine->bursts();
  return work;
}

/// A unit is in the middle of something whose end it knows.
bool CycleMachine::works_ahead() {
  bool ahead = false;
  for (const UnitAccount* account : accounts()) ahead = ahead || account->charged_until() > clock_.next_edge();
  return ahead;
}

std::string CycleMachine::report(const std::string& what) {
  std::ostringstream text;
  text << "cycle " << clock_.next_edge().count() << ": " << what << '\n';
  controller_.dump(text);
  array_.dump(text);
  simd_.dump(text);
  for (const auto& engine : dma_) engine->dump(text);
  interconnect_.dump(text);
  memory_.dump(text);
  if (ledger_.blocks_done() < program_.blocks.size() && !running_.finished()) running_.dump(text);
  return text.str();
}

RunCounters CycleMachine::collect() {
  RunCounters run = ledger_.take();
  run.clock_period_ps = period_ps_;
  for (UnitAccount* account : accounts()) {
    run.units[static_cast<std::size_t>(account->unit())] = account->close(run.cycles);
  }
  for (const auto& engine : dma_) run.bursts += engine->bursts();
  run.events.cycles = run.cycles.count();
  run.memory = memory_.counters();
  run.blocks.back().memory = run.memory;  // with what was moved after its end
  for (std::size_t b = 0; b + 1 < run.blocks.size(); ++b) run.blocks.back().memory -= run.blocks[b].memory;
  run.memory_peak_bytes_per_second = memory_.peak_bytes_per_second();
  check_identities(run);
  return run;
}

std::array<UnitAccount*, kUnits> CycleMachine::accounts() {
  return {&array_.account(),   &simd_.account(),       &dma_[0]->account(),
          &dma_[1]->account(), &dma_[2]->account(),    &dma_[3]->account(),
          &dma_[4]->account(), &controller_.account(), &interconnect_.account()};
}

RunCounters simulate(const MachineParameters& parameters, Memory& memory, const MachineProgram& program,
                     const SimulationOptions& options) {
  CycleMachine machine("machine", parameters, memory, program);
  return machine.run(options);
}

}  // namespace systole
