#pragma once

#include <memory>
#include <string>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "models/cycle/trace/instruction_tracer.h"
#include "traces/instructions/trace_writer.h"
#include "traces/result_folder.h"

namespace systole {

/// --trace: writes the instruction trace of a run.
class TraceRecorder {
 public:
  /// `path` empty: no trace. `program` must outlive the recorder. Throws EnvironmentError when the file cannot be
  /// written.
  TraceRecorder(const std::string& path, const isa::Program& program, const config::Machine& machine);

  /// For the simulation; nothing when no trace was asked for.
  [[nodiscard]] std::vector<Watch> watches() const;

  /// The run ended at `end`: completes the file. Returns what it lacks, because the disk was full say, or nothing.
  [[nodiscard]] std::string finish(Cycles end);

 private:
  MachineProgram decoded_;
  std::unique_ptr<StreamedFile> out_;
  std::unique_ptr<trace::TraceWriter> writer_;
  std::unique_ptr<InstructionTracer> tracer_;
};

}  // namespace systole
