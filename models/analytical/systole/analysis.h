#pragma once

#include <functional>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/block.h"
#include "isa/program.pb.h"
#include "models/analytical/systole/events.h"
#include "traces/results.h"

/// The corrected analytical model: a second reading of isa/manual.md and models/cycle/timing.md, made of closed forms
/// and not of events. What it averages or leaves out is in models/analytical/README.md.
namespace systole::analytical {

struct Analysis {
  RunResult run;
  std::vector<double> block_ends;  ///< cycles since the start of the run, by block
  Work work;                       ///< of the whole run, `cycles` among the events
};

/// Cycles, bytes and work of a compiled program on a machine whose every field is set, layer by layer. The program must
/// have passed isa::validate. The machine's idealizations (`without`) hold here as they do in the simulation.
Analysis analyze(const isa::Program& program, const config::Machine& machine);

/// Predicts how many cycles a block takes on the machine, from its start until every unit has finished it. The function
/// keeps what it needs of `machine`.
std::function<double(const isa::Block&)> block_predictor(const config::Machine& machine);

}  // namespace systole::analytical
