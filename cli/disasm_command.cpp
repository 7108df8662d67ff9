#include <ostream>

#include "cli/commands.h"
#include "cli/options.h"
#include "isa/program.h"
#include "isa/text.h"

namespace systole {

void run_disasm(const std::vector<std::string>& arguments, std::ostream& out) {
  CommandLine line("disasm", "PROGRAM",
                   "Prints the instruction stream of a compiled program as text; `systole asm` is the inverse.");
  OptionGroup general("General");
  general.add_options()("help", "this text")("version", "the program's version");
  line.add(general);
  const auto program = line.parse(arguments, out);
  if (!program) return;
  out << isa::disassemble(isa::read_program(*program));
}

}  // namespace systole
