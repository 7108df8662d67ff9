#include "cli/trace_vectors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "cli/program_source.h"
#include "cli/rtl_target.h"
#include "configs/idealize.h"
#include "configs/loader.h"
#include "models/cycle/configure.h"

namespace systole {

namespace {

config::Machine machine_of(const trace::Header& header) {
  config::Machine machine;
  Diagnostics diagnostics;
  parse_text(header.machine(), "the machine in the trace's header", machine, diagnostics);
  diagnostics.throw_if_any();
  check_rtl_machine(machine);
  return idealized(machine);
}

/// By block: does one of the layers take part?
std::vector<bool> blocks_of(const std::vector<int>& layers, const isa::Program& program) {
  std::vector<bool> blocks;
  for (const isa::EncodedBlock& block : program.blocks()) {
    const std::vector<int> here = layers_of(block);
    blocks.push_back(std::find_first_of(here.begin(), here.end(), layers.begin(), layers.end()) != here.end());
  }
  return blocks;
}

}  // namespace

TraceVectors::TraceVectors(const VectorRequest& request, const trace::Header& header, const isa::Program& program,
                           const std::vector<int>& layers)
    : folder_(request.folder, request.force, kVectorFolder), place_(request.folder), decoded_(load_program(program)) {
  const MachineParameters machine = machine_parameters(machine_of(header));
  writer_ = std::make_unique<RtlVectorWriter>(
      rtl_target(program.target(), machine),
      [this](const std::string& name, std::string_view text) { folder_.write(name, text); });
  replay_ = std::make_unique<TileReplay>(machine, decoded_, program, request.recorder, [this](const RtlTile& tile) {
    writer_->add(tile);
    ++tiles_;
  });
  if (!layers.empty()) replay_->keep(blocks_of(layers, program));
}

std::string TraceVectors::finish() {
  if (tiles_ == 0) {
    throw UserError({"", 0, 0, "the trace has no tile for the vectors: none that works on integers",
                     "`systole trace FILE --count opcode` shows its work"});
  }
  writer_->finish();
  folder_.commit();
  return fmt::format("{}: vectors of {} tiles\n", place_, tiles_);
}

}  // namespace systole
