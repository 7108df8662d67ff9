#include <filesystem>
#include <ostream>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "isa/program.h"
#include "isa/text.h"
#include "traces/result_folder.h"

namespace systole {

void run_asm(const std::vector<std::string>& arguments, std::ostream& out) {
  std::string output;
  OptionGroup own("Options");
  own.add_options()                                                                                                 //
      ("output,o", boost::program_options::value(&output)->required()->value_name("PROGRAM"), "the file to write")  //
      ("help", "this text")("version", "the program's version");
  CommandLine line("asm", "TEXT -o PROGRAM", "Makes a program of its text: the inverse of `systole disasm`.");
  line.add(own);
  const auto text = line.parse(arguments, out);
  if (!text) return;
  std::error_code different;
  if (std::filesystem::equivalent(*text, output, different)) {
    throw UserError({output, 0, 0, "the program would replace its text", "give another name to -o"});
  }
  write_file_atomically(output, isa::to_bytes(isa::assemble(read_file(*text), *text)));
}

}  // namespace systole
