#include "cli/program_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "cli/log.h"
#include "cli/network_source.h"
#include "cli/training_options.h"
#include "configs/resolver.h"
#include "isa/program.h"
#include "isa/validate.h"
#include "kernels/compiler.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/capacity.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/systole/analysis.h"
#include "models/cycle/dram/config.h"

namespace systole {

namespace fs = std::filesystem;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool begins_like_a_program(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(8, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return isa::is_program(std::string_view(start.data(), static_cast<std::size_t>(file.gcount())));
}

/// Every reason why the program cannot run on the machine.
void check_program(const std::string& path, const isa::Program& program, const config::Machine& machine) {
  Diagnostics diagnostics;
  for (const std::string& difference : isa::differences(program.target(), target_of(machine_of(machine)))) {
    diagnostics.add({path, 0, 0, difference,
                     fmt::format("it was compiled for {}; compile it for this machine", program.machine())});
  }
  diagnostics.throw_if_any();
  for (const std::string& fault : isa::validate(program)) diagnostics.add({path, 0, 0, fault, ""});
  diagnostics.throw_if_any();
}

ProgramSource read_program(const std::string& path, const MachineOptions& machine, const ModelOptions& options) {
  ProgramSource source;
  source.program = isa::read_program(path);
  const char* const option = options.batch ? "--batch" : !options.fusion ? "--no-fusion" : "--tiling";
  if (options.batch || !options.fusion || options.tiling) {
    throw UserError({path, 0, 0, fmt::format("{} is for a network, and this is a compiled program", option),
                     "give it to `systole compile`"});
  }
  const std::vector<std::string> shipped = shipped_names(kHardware);
  const std::string& made_for = source.program.machine();
  if (machine.hardware.empty() && std::find(shipped.begin(), shipped.end(), made_for) == shipped.end()) {
    throw UserError({path, 0, 0, fmt::format("it was compiled for '{}', which is no shipped machine", made_for),
                     "name the machine's file with --hw"});
  }
  source.machine = machine_from(machine, made_for);
  check_program(path, source.program, source.machine);
  return source;
}

Training training_of(const std::string& path, const Graph& graph, const config::Machine& machine,
                     const ModelOptions& options) {
  if (machine.simd_unit().number_format() != config::float32) {
    throw UserError({"", 0, 0, fmt::format("training needs a float32 SIMD unit, and {} has none", machine.name()),
                     "--hw training_64x64, or --set simd_unit.number_format=float32"});
  }
  try {
    return expand_training(graph, options.training);
  } catch (const UserError& error) {
    std::vector<Diagnostic> faults = error.diagnostics();
    for (Diagnostic& fault : faults) fault.file = path;
    throw UserError(std::move(faults));
  }
}

std::string notes_of(const Training& training) {
  std::string notes = training.notes + "\n";
  for (const std::string& warning : training.warnings) notes += "warning: " + warning + "\n";
  return notes;
}

/// The network in the mode asked for, in `source`, and its program; `predicted`: the corrected model decides between
/// tilings. Throws MemoryTooSmall among others.
Compilation compile_graph(const std::string& path, Graph graph, const ModelOptions& options, bool predicted,
                          ProgramSource& source) {
  CompileOptions compile_options;
  compile_options.fusion = options.fusion;
  compile_options.integers = options.integers;
  compile_options.gradient = options.gradient;
  compile_options.mode = options.mode;
  compile_options.tiling = options.tiling.value_or(TilingRule::search);
  if (predicted) compile_options.block_cycles = analytical::block_predictor(source.machine);
  compile_options.model = fs::path(path).stem().string();
  compile_options.batch = static_cast<std::uint32_t>(batch_of(graph));
  if (options.mode == "training") {
    source.training = training_of(path, graph, source.machine, options);
    source.notes = notes_of(*source.training);
    graph = source.training->graph;
  }
  source.graph = std::move(graph);
  return compile_network(*source.graph, machine_of(source.machine), compile_options);
}

/// The largest batch whose program the memory has room for; 0: none. Activations grow with the batch, so a guess from
/// what a larger one needs is near. Tilings make no difference but in instructions: time for them is saved.
std::int64_t fitting_batch(const std::string& path, const ModelOptions& options, ProgramSource source,
                           std::int64_t batch, MemoryTooSmall fault) {
  for (std::int64_t tried = batch;;) {
    const std::int64_t room = machine_of(source.machine).memory_bytes - fault.fixed_bytes;
    const auto per_image = static_cast<double>(fault.needed_bytes - fault.fixed_bytes) / static_cast<double>(tried);
    tried = std::min(tried - 1, static_cast<std::int64_t>(static_cast<double>(room) / per_image) + 1);
    if (tried <= 0) return 0;
    ImportOptions import;
    import.batch = tried;
    try {
      static_cast<void>(compile_graph(path, import_onnx(path, import), options, false, source));
      return tried;
    } catch (const MemoryTooSmall& next) {
      fault = next;
    }
  }
}

ProgramSource compile_model(const std::string& path, const MachineOptions& machine, const ModelOptions& options,
                            const CheckOptions& check) {
  ProgramSource source;
  const bool training = options.mode == "training";
  source.machine = machine_from(machine, training ? kTrainingHardware : kDefaultHardware, training);
  auto start = std::chrono::steady_clock::now();
  ImportOptions import;
  import.batch = options.batch;
  Graph graph = import_onnx(path, import);
  if (check.check) prepare_for_check(path, check, graph);
  source.import_seconds = seconds_since(start);
  logger("import")->info("{}: {} nodes, {} tensors", path, graph.nodes.size(), graph.tensors.size());

  start = std::chrono::steady_clock::now();
  const std::int64_t batch = batch_of(graph);
  Compilation compilation;
  try {
    compilation = compile_graph(path, std::move(graph), options, true, source);
  } catch (const MemoryTooSmall& fault) {
    Diagnostic diagnostic = fault.diagnostics().front();
    const std::int64_t fits = fitting_batch(path, options, source, batch, fault);
    diagnostic.file = path;
    diagnostic.hint = fits > 0 ? fmt::format("batch {} fits, or a memory with more capacity", fits)
                               : "a memory with more capacity: not even one image fits";
    throw UserError(diagnostic);
  }
  if (check.check) add_constants(compilation);
  source.program = std::move(compilation.program);
  if (!check.check) {
    source.graph.reset();
    source.training.reset();
  }
  source.compile_seconds = seconds_since(start);
  logger("compile")->info("{} blocks, {} words", source.program.blocks_size(), isa::word_count(source.program));
  for (const isa::EncodedBlock& block : source.program.blocks()) {
    const std::vector<int> layers = layers_of(block);
    logger("compile")->debug("{}: {} words, {} layers",
                             isa::layer_name(source.program, layers.empty() ? -1 : layers.front()), block.words_size(),
                             layers.size());
  }
  return source;
}

}  // namespace

config::Machine machine_from(const MachineOptions& options, const std::string& otherwise, bool training) {
  MachineRequest request;
  request.hardware = options.hardware.empty() ? otherwise : options.hardware;
  request.memory = options.memory;
  request.overrides = options.overrides;
  request.training = training;
  Diagnostics diagnostics;
  Loaded<config::Machine> loaded = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  const config::Memory& memory = loaded.message.memory_description();
  if (memory.has_dram()) dram::make_dram_config(memory, loaded.source, "memory_description.", diagnostics);
  diagnostics.throw_if_any();
  return std::move(loaded.message);
}

ProgramSource program_from(const std::string& model, const MachineOptions& machine, const ModelOptions& options,
                           bool accepts_program, const CheckOptions& check) {
  check_training_options(options);
  const std::string path = find_model(model);
  if (!begins_like_a_program(path)) return compile_model(path, machine, options, check);
  if (!options.training_given.empty() || options.mode == "training") {
    throw UserError({path, 0, 0, "--mode and the options of training are for a network, and this is a compiled program",
                     "give them to `systole compile`"});
  }
  if (!accepts_program) throw UserError({path, 0, 0, "it is a compiled program already", "give an ONNX file"});
  if (check.check) {
    throw UserError({path, 0, 0, "--check compares with a network, and this is a compiled program",
                     "give the ONNX file that it was compiled from"});
  }
  return read_program(path, machine, options);
}

}  // namespace systole
