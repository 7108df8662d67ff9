#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "isa/program.h"
#include "traces/result_folder.h"

namespace systole {

void run_compile(const std::vector<std::string>& arguments, std::ostream& out) {
  MachineOptions machine;
  ModelOptions model_choice;
  TalkOptions talk;
  std::string output;
  OptionGroup own("Output");
  own.add_options()("output,o", boost::program_options::value(&output)->required()->value_name("PROGRAM"),
                    "the file to write");
  CommandLine line(
      "compile", "MODEL -o PROGRAM",
      "Compiles MODEL (an ONNX file or a shipped network's name) to the instruction stream for a machine.");
  line.add(own).add(machine_options(machine)).add(model_options(model_choice)).add(talk_options(talk));
  const auto model = line.parse(arguments, out);
  if (!model) return;
  set_log_levels(talk.logs);
  std::error_code different;
  if (std::filesystem::equivalent(*model, output, different)) {
    throw UserError({output, 0, 0, "the program would replace the model", "give another name to -o"});
  }

  const ProgramSource source = program_from(*model, machine, model_choice, false);
  const std::string bytes = isa::to_bytes(source.program);
  write_file_atomically(output, bytes);
  if (!talk.quiet) {
    out << fmt::format("{}: {} blocks, {} words for {}, {} bytes\n", output, source.program.blocks_size(),
                       isa::word_count(source.program), source.program.machine(), bytes.size());
  }
}

}  // namespace systole
