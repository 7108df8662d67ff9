#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/errors.h"
#include "models/cycle/controller.h"
#include "models/cycle/dma_engine.h"
#include "models/cycle/interconnect.h"
#include "models/cycle/onlookers.h"
#include "models/cycle/simd_unit.h"
#include "models/cycle/systolic_array.h"
#include "traces/run_counters.h"

namespace systole {

/// Everything that the machine is built from but its memory.
struct MachineParameters {
  std::int64_t clock_period_ps = 800;
  ArrayParameters array;
  SimdParameters simd;
  std::array<DmaParameters, 5> dma;  ///< by isa::Port
  InterconnectParameters interconnect;
  ControllerParameters controller;
};

/// How far a run is.
struct Progress {
  std::size_t blocks_done = 0;
  std::size_t blocks = 0;
  Cycles cycle;
};

/// What an observer gets to see of a run: a window of cycles, or the cycles in which some blocks run.
struct Watch {
  RunObserver* observer = nullptr;
  Cycles from;
  Cycles until{std::numeric_limits<std::int64_t>::max()};
  std::vector<int> blocks;  ///< not empty: while these run, whatever `from` and `until`
};

struct SimulationOptions {
  std::function<void(const Progress&)> progress;  ///< called every few hundred thousand cycles; may be empty
  const std::atomic<bool>* stop = nullptr;        ///< when it becomes true the run ends with Interrupted
  std::vector<Watch> watches;                     ///< who watches what
  ValueModel* values = nullptr;                   ///< carried along when not null; the cycles are the same
};

/// The user stopped the run.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The machine cannot go on: one of its checks failed. The text says so, and what each unit does and waits for.
class RunFailure : public InternalError {
 public:
  RunFailure(const std::string& what, Cycles at) : InternalError(what), at_(at) {}
  /// The cycle after which nothing happened any more.
  [[nodiscard]] Cycles at() const { return at_; }

 private:
  Cycles at_;
};

/// The program waits for itself: no unit can go on. Programs that isa::validate() lets pass never do that.
class Deadlock : public RunFailure {
 public:
  using RunFailure::RunFailure;
};

/// The accelerator: its units, wired to one another and to a memory. One machine runs one program once, and a process
/// elaborates one machine: it belongs to the SystemC kernel's current context.
class CycleMachine : public sc_core::sc_module {
 public:
  /// `memory` and `program` must outlive the machine.
  CycleMachine(const sc_core::sc_module_name& name, const MachineParameters& parameters, Memory& memory,
               const MachineProgram& program);

  /// Runs the program to its end. Throws Deadlock, RunFailure, Interrupted, or what a unit threw that is no
  /// InternalError.
  RunCounters run(const SimulationOptions& options);

 private:
  void run_to_end(const SimulationOptions& options);
  [[nodiscard]] Cycles last_change();
  void let_memory_settle() const;
  void begin_watch(RunObserver* observer);
  void end_watch(RunObserver* observer);
  void watch(RunObserver* observer);
  void introduce(RunObserver& newcomer);
  void watch_blocks(const std::vector<Watch>& watches);
  void watch_cycles(const std::vector<Watch>& watches);
  [[nodiscard]] Cycles slice(const std::vector<Watch>& watches) const;
  void settle(Cycles now);
  [[nodiscard]] std::int64_t work_done();
  [[nodiscard]] bool works_ahead();
  [[nodiscard]] std::string report(Cycles at, const std::string& what);
  [[nodiscard]] RunCounters collect();
  [[nodiscard]] std::array<UnitAccount*, kUnits> accounts();

  AcceleratorClock clock_;
  std::int64_t period_ps_;
  Memory& memory_;
  const MachineProgram& program_;
  Failure failure_;
  Ledger ledger_;
  RunningBlock running_;
  RunningBlock fetching_;
  Onlookers onlookers_;
  CycleEnd cycle_end_;
  Interconnect interconnect_;
  SystolicArray array_;
  SimdUnit simd_;
  std::array<std::unique_ptr<DmaEngine>, 5> dma_;  ///< by isa::Port
  Controller controller_;
};

/// Elaborates a machine and runs the program on it.
RunCounters simulate(const MachineParameters& parameters, Memory& memory, const MachineProgram& program,
                     const SimulationOptions& options = {});

}  // namespace systole
