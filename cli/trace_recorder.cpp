#include "cli/trace_recorder.h"

#include "configs/idealize.h"
#include "configs/loader.h"
#include "isa/program.h"
#include "models/cycle/configure.h"

namespace systole {

namespace {

/// The program without what memory holds: that is no instruction, and weights are there only in some runs.
isa::Program without_data(isa::Program program) {
  for (isa::Region& region : *program.mutable_regions()) region.clear_data();
  return program;
}

}  // namespace

TraceRecorder::TraceRecorder(const std::string& path, const isa::Program& program, const config::Machine& machine) {
  if (path.empty()) return;
  trace::Header header;
  header.set_model(program.model());
  header.set_hardware(machine.name());
  header.set_memory(machine.memory_description().name());
  header.set_machine(to_text(machine));
  header.set_program(isa::to_bytes(without_data(program)));
  decoded_ = load_program(program);
  out_ = std::make_unique<StreamedFile>(path);
  writer_ = std::make_unique<trace::TraceWriter>(out_->stream(), header);
  tracer_ = std::make_unique<InstructionTracer>(decoded_, program, machine_parameters(idealized(machine)), *writer_);
}

std::vector<Watch> TraceRecorder::watches() const {
  if (!tracer_) return {};
  Watch watch;
  watch.observer = tracer_.get();
  return {watch};
}

std::string TraceRecorder::finish(Cycles end) {
  if (!tracer_) return "";
  writer_->close(end.count());
  return out_->keep();
}

}  // namespace systole
