#include "models/cycle/machine.h"

#include <algorithm>
#include <sstream>

#include "models/cycle/advance.h"

namespace systole {

namespace {

constexpr std::array<const char*, 5> kEngineNames = {"dma_parambuf", "dma_ibuf", "dma_obuf", "dma_simd",
                                                     "dma_instruction"};
constexpr int kDataPorts = 4;
constexpr int kUnitsOfBlock = 2 + kDataPorts * DmaEngine::kSequencers;  // array, SIMD unit, sequencers

/// How long the kernel runs before the machine looks around: far longer than any wait without work, far shorter than a
/// second.
constexpr Cycles kSlice{1 << 18};
/// How long a burst may be at the memory without anything else going on: longer than any latency that can be
/// configured.
constexpr Cycles kPatience = kSlice * 64;
constexpr Cycles kSettleSlice{1 << 12};
/// The same while somebody watches: observers keep what units tell of the future, and put it in order.
constexpr Cycles kWatchedSlice{1 << 13};
/// An observer comes so much before its window, to be told of everything that happens in the window's first cycle.
constexpr Cycles kWatchLead{1};

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
      cycle_end_("cycle_end"),
      interconnect_("interconnect", interconnect_to(memory, parameters.interconnect), clock_, cycle_end_, failure_),
      array_("systolic_array", parameters.array, clock_, running_, ledger_, failure_),
      simd_("simd_unit", parameters.simd, clock_, running_, ledger_, failure_),
      controller_("controller", parameters.controller, clock_, program, running_, fetching_, ledger_, memory,
                  failure_) {
  interconnect_.memory.bind(memory.socket);
  for (std::size_t port = 0; port < dma_.size(); ++port) {
    const bool data = port < kDataPorts;
    dma_[port] = std::make_unique<DmaEngine>(kEngineNames[port], static_cast<isa::Port>(port), parameters.dma[port],
                                             clock_, cycle_end_, data ? running_ : fetching_, ledger_, failure_);
    dma_[port]->socket.bind(interconnect_.ports);
  }
}

RunCounters CycleMachine::run(const SimulationOptions& options) {
  running_.carry(options.values);
  watch_blocks(options.watches);
  try {
    run_to_end(options);
  } catch (const RunFailure&) {
    throw;
  } catch (const InternalError& error) {
    const Cycles now = clock_.next_edge();
    if (!onlookers_.none()) settle(now);
    throw RunFailure(report(now, error.what()), now);
  }
  for (const Watch& watch : options.watches) {
    if (onlookers_.has(watch.observer)) end_watch(watch.observer);
  }
  let_memory_settle();
  return collect();
}

void CycleMachine::run_to_end(const SimulationOptions& options) {
  std::int64_t work_before = -1;
  Cycles progress;  // when work was last seen to be done
  while (!controller_.finished()) {
    watch_cycles(options.watches);
    advance(clock_.duration(slice(options.watches)));
    failure_.rethrow_if_any();
    if (!onlookers_.none()) settle(clock_.next_edge());
    if (controller_.finished()) break;
    const bool starved = !sc_core::sc_pending_activity();
    if (work_done() != work_before) progress = clock_.next_edge();
    const Cycles patience = interconnect_.memory_works() ? kPatience : kSlice;
    const bool stuck = clock_.next_edge() - progress >= patience && !works_ahead();
    if (starved || stuck) throw Deadlock(report(last_change(), "deadlock: no unit can go on"), last_change());
    work_before = work_done();
    if (options.progress) {
      options.progress({ledger_.blocks_done(), program_.blocks.size(), clock_.next_edge()});
    }
    if (options.stop != nullptr && *options.stop) throw Interrupted("stopped by the user");
  }
}

void CycleMachine::begin_watch(RunObserver* observer) {
  settle(clock_.next_edge());
  if (onlookers_.none()) watch(&onlookers_);
  onlookers_.add(observer);
  introduce(*observer);
}

void CycleMachine::end_watch(RunObserver* observer) {
  settle(clock_.next_edge());
  observer->stops(clock_.next_edge());
  onlookers_.remove(observer);
  if (onlookers_.none()) watch(nullptr);
}

/// Every unit tells `observer` from now on; nullptr: nobody.
void CycleMachine::watch(RunObserver* observer) {
  ledger_.watch(observer);
  running_.watch(observer, clock_);
  interconnect_.watch(observer);
  memory_.watch(observer, period_ps_);
  for (const auto& engine : dma_) engine->watch(observer);
  for (UnitAccount* account : accounts()) account->watch(observer);
}

/// Every unit tells a newcomer how things stand.
void CycleMachine::introduce(RunObserver& newcomer) {
  const Cycles now = clock_.next_edge();
  newcomer.begins(now);
  if (!running_.finished()) newcomer.block_begins(controller_.block());
  running_.introduce(newcomer);
  interconnect_.introduce(newcomer);
  memory_.introduce(newcomer, now);
  for (const auto& engine : dma_) engine->introduce(newcomer);
  array_.introduce(newcomer);
  simd_.introduce(newcomer);
  for (const UnitAccount* account : accounts()) account->introduce(newcomer, now);
}

void CycleMachine::watch_blocks(const std::vector<Watch>& watches) {
  if (watches.empty()) return;
  controller_.on_block([this, watches](const BlockSpan& block, bool begins) {
    const auto wanted = [&](const Watch& watch) {
      return std::find(watch.blocks.begin(), watch.blocks.end(), block.block) != watch.blocks.end();
    };
    for (const Watch& watch : watches) {
      if (begins && wanted(watch)) begin_watch(watch.observer);
    }
    if (begins) {
      onlookers_.block_begins(block);
    } else {
      onlookers_.block_ends(block);
    }
    for (const Watch& watch : watches) {
      if (!begins && wanted(watch)) end_watch(watch.observer);
    }
  });
}

/// Begins and ends windows of cycles.
void CycleMachine::watch_cycles(const std::vector<Watch>& watches) {
  const Cycles now = clock_.next_edge();
  for (const Watch& watch : watches) {
    if (!watch.blocks.empty()) continue;
    const bool inside = now + kWatchLead >= watch.from && now < watch.until && !watch.observer->seen_all();
    const bool watches_now = onlookers_.has(watch.observer);
    if (inside && !watches_now) begin_watch(watch.observer);
    if (!inside && watches_now) end_watch(watch.observer);
  }
}

/// How long the kernel runs at once: to the next end of a window at most.
Cycles CycleMachine::slice(const std::vector<Watch>& watches) const {
  const Cycles now = clock_.next_edge();
  Cycles least = onlookers_.none() ? kSlice : kWatchedSlice;
  for (const Watch& watch : watches) {
    if (!watch.blocks.empty()) continue;
    for (const Cycles edge : {watch.from - kWatchLead, watch.until}) {
      if (edge > now) least = std::min(least, edge - now);
    }
  }
  return least;
}

/// Everything before `now` has happened and is told.
void CycleMachine::settle(Cycles now) {
  for (UnitAccount* account : accounts()) account->settle(now);
  memory_.settle();
  onlookers_.settled(now);
}

/// Writes that the memory has accepted but not yet moved count, too. The program has ended: this takes none of its
/// cycles.
void CycleMachine::let_memory_settle() const {
  for (int slice = 0; memory_.busy(); ++slice) {
    check(slice < 100, "machine", "the memory keeps writes for ever");
    advance(clock_.duration(kSettleSlice));
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

/// When a unit last did or waited for something else than before.
Cycles CycleMachine::last_change() {
  Cycles last;
  for (const UnitAccount* account : accounts()) last = std::max(last, account->resting_since());
  return last;
}

std::string CycleMachine::report(Cycles at, const std::string& what) {
  std::ostringstream text;
  text << "cycle " << at.count() << ": " << what << '\n';
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
