#pragma once

#include <string>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "traces/result_folder.h"

namespace systole {

/// What a failure leaves: two texts and what GTKWave opens them with.
struct FailureDump {
  std::string report;  ///< failure.txt: what each unit does and waits for, and the last 64 instructions
  std::string wave;    ///< failure.vcd: the last 10,000 cycles
  std::string save;    ///< failure.gtkw, for a wave in the folder given
};

/// Repeats a run that has failed, watched: runs are deterministic, so it fails in the same cycle, and one that does not
/// fail pays for nothing. Values do not ride along: they change no cycle.
FailureDump dump_of(const RunFailure& failure, const config::Machine& machine, const isa::Program& program,
                    const std::string& folder);

/// Writes failure.txt, failure.vcd and failure.gtkw: into `results`, which is committed, or where it is null into the
/// current folder. Returns a line that names them, or says why they could not be written.
std::string write_failure(const RunFailure& failure, const config::Machine& machine, const isa::Program& program,
                          ResultFolder* results, const std::string& folder);

}  // namespace systole
