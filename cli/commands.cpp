#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <ostream>

#include "base/errors.h"

namespace systole {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"run", "MODEL", "compile, simulate cycle by cycle, report", run_run},
      {"analyze", "MODEL", "the analytical model alone", run_analyze},
      {"validate", "MODEL", "both, layer by layer, with the causes of every difference", run_validate},
      {"compile", "MODEL -o PROGRAM", "the instruction stream for a machine", run_compile},
      {"disasm", "PROGRAM", "the instruction stream as text", run_disasm},
      {"asm", "TEXT -o PROGRAM", "the inverse of disasm", run_asm},
      {"dram", "TRACE", "the DRAM controller alone, on a request trace", run_dram},
      {"cosim", "MODEL", "vectors for RTL, and the lockstep run against it", run_cosim},
      {"trace", "FILE", "print, filter, count and convert an instruction trace", run_trace},
      {"explain", "DIR", "what bounds the layers of a run, and what would help, measured", run_explain},
      {"explore", "SPACE", "search a design space", run_explore},
      {"info", "[TOPIC]", "what is supported: operators, instructions, configuration keys, shipped files", run_info},
  };
  return all;
}

namespace {

std::string help() {
  std::string text =
      "systole: a cycle-accurate simulator of a systolic-array accelerator for neural networks\n\n"
      "systole COMMAND [ARGUMENT] [options]\n";
  for (const Command& command : commands()) {
    text += fmt::format("  {:<26} {}\n", fmt::format("{} {}", command.name, command.argument), command.summary);
  }
  return text +
         "\n`systole COMMAND --help` lists a command's options; `systole --version` prints the version.\n"
         "Exit codes: 0 done, 1 the input is at fault, 2 the environment is, 3 a bug in systole, 130 interrupted.\n";
}

UserError unknown_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  const std::string near = nearest(name, names);
  return UserError(
      {"", 0, 0, fmt::format("there is no command '{}'", name),
       near.empty() ? "`systole --help` lists the commands" : fmt::format("did you mean `systole {}`?", near)});
}

void dispatch(const std::vector<std::string>& arguments, std::ostream& out) {
  if (arguments.empty()) throw UserError({"", 0, 0, "a command is missing", "`systole --help` lists the commands"});
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    out << help();
  } else if (name == "--version") {
    out << "systole " << SYSTOLE_VERSION << "\n";
  } else {
    const auto command =
        std::find_if(commands().begin(), commands().end(), [&](const Command& one) { return one.name == name; });
    if (command == commands().end()) throw unknown_command(name);
    command->run({arguments.begin() + 1, arguments.end()}, out);
  }
  errno = 0;
  if (!out.flush())
    throw EnvironmentError(fmt::format("standard output: cannot be written ({})", std::strerror(errno)));
}

}  // namespace

int run_systole(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  try {
    dispatch(arguments, out);
    return 0;
  } catch (const UserError& error) {
    err << error.what() << "\n";
    return 1;
  } catch (const EnvironmentError& error) {
    err << "error: " << error.what() << "\n";
    return 2;
  } catch (const std::bad_alloc&) {
    err << "error: out of memory\n";
    return 2;
  } catch (const std::exception& error) {
    err << "internal error: " << error.what()
        << "\n  this is a bug in systole; please report it with the command that shows it\n";
    return 3;
  }
}

}  // namespace systole
