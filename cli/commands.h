#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace systole {

/// A command of the program. `run` gets the arguments behind the command's name, writes what the user asked for to
/// `out`, and throws UserError, EnvironmentError or InternalError (base/errors.h).
struct Command {
  const char* name;
  const char* argument;  ///< as help shows it
  const char* summary;
  void (*run)(const std::vector<std::string>& arguments, std::ostream& out);
};

void run_run(const std::vector<std::string>& arguments, std::ostream& out);
void run_analyze(const std::vector<std::string>& arguments, std::ostream& out);
void run_validate(const std::vector<std::string>& arguments, std::ostream& out);
void run_compile(const std::vector<std::string>& arguments, std::ostream& out);
void run_cosim(const std::vector<std::string>& arguments, std::ostream& out);
void run_disasm(const std::vector<std::string>& arguments, std::ostream& out);
void run_asm(const std::vector<std::string>& arguments, std::ostream& out);
void run_dram(const std::vector<std::string>& arguments, std::ostream& out);
void run_explain(const std::vector<std::string>& arguments, std::ostream& out);
void run_explore(const std::vector<std::string>& arguments, std::ostream& out);
void run_trace(const std::vector<std::string>& arguments, std::ostream& out);
void run_info(const std::vector<std::string>& arguments, std::ostream& out);

/// Every command of this version, in the order of the help.
const std::vector<Command>& commands();

/// The whole program: `arguments` are those behind its name. Errors are told on `err`, `error: ` in front of each.
/// Returns the exit code: 0 done, 1 the user's input is at fault, 2 the environment is, 3 a bug of ours.
int run_systole(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace systole
